package oracle_test

import (
	"math/rand/v2"
	"testing"

	"winback/schemas"
	"winback/scorer/oracle"
)

// What is late tells later or is refused, but every user's decisions still make one story.
func TestDecisionsMakeAStory(t *testing.T) {
	seen := &tally{}
	eachRun(t, func(t *testing.T, cfg oracle.Config, rng *rand.Rand) {
		arrivals := oracle.Disorder(rng, oracle.Random(rng, cfg, users, days), 2*cfg.ReachOf("page"))
		out := oracle.JudgeArrivals(cfg, arrivals, oracle.Clock{Lateness: 5 * minute}, until)
		if len(out.Refused) == 0 || len(out.Refused) == len(arrivals) {
			t.Errorf("%d of %d events refused", len(out.Refused), len(arrivals))
		}
		stories := map[string]*story{}
		for _, d := range out.Decisions {
			if stories[d.User] == nil {
				stories[d.User] = &story{}
			}
			if problem := stories[d.User].next(d, cfg.Grain); problem != "" {
				t.Errorf("%s: %s", oracle.Render([]schemas.Decision{d}, nil), problem)
			}
		}
		seen.add(arrivals, out)
	})
	t.Logf("counts: %v", seen)
}

// story follows one user's decisions.
type story struct {
	last      schemas.Decision
	lifecycle string
	episodes  uint32
	open      bool
}

// next returns what cannot be, empty if all is well.
func (s *story) next(d schemas.Decision, grain int64) string {
	last := s.last
	s.last = d
	switch {
	case d.At%grain != 0 || d.At < last.At:
		return "not at a later border"
	case d.At == last.At && (last.Kind != schemas.KindLifecycle || d.Kind == schemas.KindLifecycle):
		return "a second change at one border"
	case d.Kind == schemas.KindLifecycle:
		return s.change(d)
	case d.Kind == schemas.KindEntered:
		s.episodes++
		if s.open || d.Episode != s.episodes || s.lifecycle == "new" || s.lifecycle == "churned" || d.Base <= 0 || d.Drop < 0.3 {
			return "no episode can begin"
		}
		s.open = true
	default:
		lost := d.Kind == schemas.KindLost
		if !s.open || d.Episode != s.episodes || lost != (s.lifecycle == "churned") && (!lost || s.lifecycle != "") {
			return "no episode can end so"
		}
		s.open = false
	}
	return ""
}

// change follows the lifecycle. Who is forgotten begins anew.
func (s *story) change(d schemas.Decision) string {
	from := s.lifecycle
	s.lifecycle = d.To
	switch {
	case d.From != from || d.To == from || d.To == "":
		return "does not follow from " + from
	case d.To == "forgotten" && (from != "churned" || s.open):
		return "nobody is forgotten so"
	case d.Returned && (from == "" || from == "new" || from == "active" || from == "casual"):
		return "nobody returns so"
	}
	if d.To == "forgotten" {
		s.lifecycle = ""
	}
	return ""
}

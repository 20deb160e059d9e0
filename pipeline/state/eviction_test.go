package state_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
)

const dayMs = int64(86_400_000)

// turnover is a partition whose users come, stay for some days and leave; some come back after they have been forgotten.
type turnover struct {
	tb         testing.TB
	p          *state.Partition
	vocabulary *schemas.Vocabulary
	rng        *rand.Rand
	out        state.Outbox
	now        int64
	came       int       // users so far, those who came back apart
	present    []visitor // those who come daily, and some who have left lately
	gone       []string  // ids to come back

	triggers               map[schemas.TriggerID]bool
	episodes               map[string]uint32
	forgotten, again, lost int // lost are passersby
}

// visitor lives daily from one day to another; passersby are never active, but can slip, since stays are a core metric.
type visitor struct {
	id     string
	until  int64
	passes bool
}

func newTurnover(t *testing.T) *turnover {
	rules, vocabulary := rulesOf(t, configs()["short without a model"]) // a model would spare the passersby
	return &turnover{
		tb: t, p: newOf(t, rules, vocabulary), vocabulary: vocabulary, rng: rand.New(rand.NewPCG(6, 6)), now: 20_000 * dayMs,
		triggers: map[schemas.TriggerID]bool{}, episodes: map[string]uint32{},
	}
}

// day lets some come, and everybody do what they do, less at the end.
func (w *turnover) day(newcomers int) {
	for range newcomers {
		v := visitor{id: fmt.Sprintf("visitor-%d", w.came), until: w.now + (1+w.rng.Int64N(12))*dayMs, passes: w.rng.IntN(8) == 0}
		if w.came++; v.passes {
			v.id = "passer-" + v.id
		} else if len(w.gone) > 0 && w.rng.IntN(4) == 0 {
			v.id, w.gone = w.gone[0], w.gone[1:]
			w.again++
		}
		w.present = append(w.present, v)
	}
	staying := w.present[:0]
	for _, v := range w.present {
		if w.live(v); v.until > w.now {
			staying = append(staying, v)
		} else if !v.passes && w.rng.IntN(3) == 0 && w.now > v.until+20*dayMs {
			w.gone = append(w.gone, v.id)
		} else if !v.passes && w.now <= v.until+20*dayMs {
			staying = append(staying, v)
		}
	}
	w.present = staying
	w.now += dayMs
	w.p.Advance(w.now, &w.out)
	w.checkDecisions()
}

func (w *turnover) live(v visitor) {
	if v.until <= w.now {
		return
	}
	n, types := 8, []string{"visit", "order", "visit"}
	if v.until <= w.now+2*dayMs {
		n = 1
	}
	if v.passes {
		types = []string{"search", "view"}
	}
	for range n {
		e := schemas.Event{User: []byte(v.id), Time: w.now + w.rng.Int64N(dayMs), Type: w.vocabulary.Lookup([]byte(types[w.rng.IntN(len(types))])), Amount: 500}
		if reason := w.p.Add(&e, &w.out); reason != schemas.Accepted && reason != schemas.Late {
			w.tb.Fatal(reason)
		}
	}
}

// checkDecisions looks at what was decided since the last call, and lets go of it.
func (w *turnover) checkDecisions() {
	for _, t := range w.out.Triggers {
		if w.triggers[t.ID] {
			w.tb.Fatalf("trigger %s of %s was made twice", t.ID, t.User)
		}
		w.triggers[t.ID] = true
		if t.Episode <= w.episodes[t.User] {
			w.tb.Fatalf("%s: episode %d after %d", t.User, t.Episode, w.episodes[t.User])
		}
		w.episodes[t.User] = t.Episode
	}
	for _, d := range w.out.Decisions {
		switch passes := strings.HasPrefix(d.User, "passer"); {
		case passes && d.Kind == schemas.KindLifecycle:
			w.tb.Fatalf("%s was never active, and is %s", d.User, d.To)
		case passes && d.Kind == schemas.KindLost:
			w.lost++
		case d.To == "forgotten":
			w.forgotten++
		}
	}
	w.out.Reset()
}

// members is how many there are in all lifecycle cohorts together.
func members(p *state.Partition) (n uint64) {
	for s := scorer.New; s < scorer.States; s++ {
		n += p.Cohorts().Lifecycle(s).GetCardinality()
	}
	return n
}

// TestMemoryIsBoundedByWhoIsThere bounds what a partition takes by who is there, not by who ever was.
func TestMemoryIsBoundedByWhoIsThere(t *testing.T) {
	const newcomers, settled = 24, 90
	days := 365
	if testing.Short() {
		days = 150
	}
	w := newTurnover(t)
	early, late := uint64(0), uint64(0) // bytes
	for day := range days {
		w.day(newcomers)
		m := w.p.Footprint()
		if taken := m.Sum() - m.EpisodeCounters - m.Spare; day < settled {
			early = max(early, taken)
		} else {
			late = max(late, taken)
		}
		if m.Spare > 1<<19 { // the first pages come in powers of two
			t.Fatalf("%d bytes of pages that nobody needs", m.Spare)
		}
		if w.p.Cohorts().Lifecycle(scorer.Forgotten).GetCardinality() > 0 {
			t.Fatal("the forgotten are in a cohort")
		}
	}
	m := w.p.Footprint()
	there, slots := w.p.Users(), (m.Slots+m.FreeSlots)/64
	if late > early+early/10 || slots >= 2048 {
		t.Errorf("%d bytes at the most, %d in the first %d days; %d users in %d slots: what is forgotten is not reused", late, early, settled, there, slots)
	}
	if w.again < 100 || w.forgotten < w.came/2 || w.lost < w.came/20 || len(w.triggers) < 1000 {
		t.Errorf("%d came back, %d were forgotten, %d passersby lost, %d triggers: the run shows nothing", w.again, w.forgotten, w.lost, len(w.triggers))
	}
	t.Logf("%d lives, %d of them second ones, %d forgotten, %d triggers, %d passersby lost; %d users at the end, %d bytes at the most, %d in the first %d days",
		w.came, w.again, w.forgotten, len(w.triggers), w.lost, there, late, early, settled)
	w.leave(t)
}

// leave makes sure that nothing is left of anybody once all have gone, but the numbers of their episodes.
func (w *turnover) leave(t *testing.T) {
	if got := members(w.p); got > uint64(w.p.Users()) {
		t.Errorf("%d members of cohorts, %d users", got, w.p.Users())
	}
	w.now += 60 * dayMs
	w.p.Advance(w.now, &w.out)
	w.checkDecisions()
	c, m := w.p.Cohorts(), w.p.Footprint()
	left := members(w.p) + c.PreChurn().GetCardinality() + c.HighRisk().GetCardinality()
	for tier := range scorer.Tiers {
		left += c.Tier(tier).GetCardinality()
	}
	for i := range scorer.MaxTags {
		left += c.Tag(i).GetCardinality()
	}
	if w.p.Users() != 0 || left != 0 || m.IDs+m.Tracks+m.Slack+m.Headers != 0 {
		t.Errorf("after all have gone: %d users, %d members of cohorts, %+v", w.p.Users(), left, m)
	}
	restored := mustRestore(t, w.p, configs()["short without a model"], state.Config{Lateness: 5 * schemas.Minute, Journey: "winback"})
	w.p = restored
	for _, id := range []string{"visitor-1", "visitor-2", "visitor-3"} {
		w.present = append(w.present, visitor{id: id, until: w.now + 8*dayMs})
	}
	before := len(w.triggers)
	for range 15 {
		w.day(0)
	}
	if len(w.triggers) == before {
		t.Error("nobody who came back after a restore entered an episode")
	}
}

// TestTheForgottenLeaveTheirCohortsEvenIfTheyAreBack has an event of a user's new life come before the border at which the old one ends is
// judged: nothing of the old one stays in any cohort.
func TestTheForgottenLeaveTheirCohortsEvenIfTheyAreBack(t *testing.T) {
	rules, vocabulary := rulesOf(t, configs()["short without a model"]) // a model would spare the passersby
	p := newOf(t, rules, vocabulary)
	var out state.Outbox
	at := 20_000 * dayMs
	for i := range int64(10) {
		p.Add(&schemas.Event{User: []byte("u"), Time: at + i, Type: vocabulary.Lookup([]byte("order")), Amount: 90_000}, &out)
	}
	p.Add(&schemas.Event{User: []byte("u"), Time: at + 30*dayMs, Type: vocabulary.Lookup([]byte("visit"))}, &out) // moves the watermark over all of it
	p.Advance(at+31*dayMs, &out)
	lives := 0
	for _, d := range out.Decisions {
		if d.To == "forgotten" {
			lives++
		}
	}
	person, found := p.View("u", at+31*dayMs)
	if lives != 1 || !found || person.User.State == scorer.Nobody {
		t.Fatalf("%d lives, %v: %+v", lives, found, out.Decisions)
	}
	for s := scorer.New; s < scorer.States; s++ {
		if in := p.Cohorts().Lifecycle(s).GetCardinality() > 0; in != (s == person.User.State) {
			t.Errorf("a user who is %v is in cohort %v: %v", person.User.State, s, in)
		}
	}
	for tier := range scorer.Tiers {
		if in := p.Cohorts().Tier(tier).GetCardinality() > 0; in != (tier == person.User.Tier && tier != scorer.Unassessed) {
			t.Errorf("a user of tier %v is in tier %v: %v", person.User.Tier, tier, in)
		}
	}
}

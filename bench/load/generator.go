package load

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Generator hands out a population's events in event-time order. It is not safe for concurrent use.
type Generator struct {
	cfg    Config
	rng    *rand.Rand
	rhythm rhythm
	users  alias
	unit   float64 // sessions a day of a user of weight 1

	candidate float64 // when the next session may start, milliseconds after Start
	gap       float64 // mean milliseconds between candidates
	steps     float64 // 1 / ln(1/(1-p)) of the geometric number of events between visit and session_end
	expected  float64

	open   queue[uint32] // sessions under way, by their next event's time
	slots  []session
	free   []uint32
	faults faults
}

// largestWeight bounds a user's rate, in multiples of the mean: a shop's heaviest customers, not its robots.
const largestWeight = 50

// New builds the population. It takes some 100 ns a user and keeps eight bytes of each.
func New(cfg Config) (*Generator, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("load generator: %w", err)
	}
	g := &Generator{
		cfg: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 0x77696e6261636b)), rhythm: newRhythm(),
		steps: 1 / math.Log1p(1/(cfg.EventsPerSession-2)),
	}
	g.faults = newFaults(cfg)
	g.populate()
	g.drawCandidate()
	return g, nil
}

// populate draws the users' rates and scales them to the configured mean.
func (g *Generator) populate() {
	weights := make([]float32, g.cfg.Users)
	sum, left := 0.0, 0.0
	for user := range weights {
		h := userHash(g.cfg.Seed, user)
		w := g.weight(h)
		weights[user] = float32(w)
		sum += w
		f := g.cfg.pattern(h)
		left += w * f.mean(g.cfg.Start, g.cfg.End)
	}
	perDay := float64(g.cfg.Users) * g.cfg.EventsPerUserDay / g.cfg.EventsPerSession
	g.unit = perDay / sum
	g.gap = float64(day) * g.rhythm.mean / perDay
	g.expected = g.unit * left * g.cfg.EventsPerSession * float64(g.cfg.End-g.cfg.Start) / float64(day)
	g.users = newAlias(weights, sum)
}

// weight is a user's rate in proportion to the others': log-normal with mean 1.
func (g *Generator) weight(h hash) float64 {
	s := g.cfg.Spread
	return min(largestWeight, math.Exp(s*h.normal(drawRate, drawRateAngle)-s*s/2))
}

// Next fills e with the next event and reports false at the stream's end. It does not allocate, except while the number
// of sessions at once grows. Events come in time order; those with a Fault may not.
func (g *Generator) Next(e *Event) bool {
	if g.cfg.Faults == 0 {
		return g.next(e)
	}
	return g.faults.next(g, e)
}

// next merges the starts of sessions with the sessions under way.
func (g *Generator) next(e *Event) bool {
	for {
		start := g.cfg.Start + int64(g.candidate)
		if !g.open.empty() && g.open.next() <= start {
			return g.nextOfSession(e)
		}
		if start >= g.cfg.End {
			return false
		}
		g.tryCandidate(start)
		g.drawCandidate()
	}
}

// drawCandidate draws when the next session may start.
func (g *Generator) drawCandidate() { g.candidate += g.rng.ExpFloat64() * g.gap }

// tryCandidate draws a user by rate and opens a session, with the probability that the user's local hour and pattern leave.
func (g *Generator) tryCandidate(at int64) {
	user := g.users.draw(g.rng.Uint64())
	h := userHash(g.cfg.Seed, user)
	u := g.rng.Float64()
	chance := g.rhythm.at(at + h.zone().offset)
	if u >= chance {
		return
	}
	if f := g.cfg.pattern(h); u >= chance*f.Rate(at) {
		return
	}
	slot := g.slot()
	g.slots[slot] = session{id: g.rng.Uint64(), start: at, user: uint32(user), left: uint32(g.rng.ExpFloat64() * g.steps)}
	g.open.push(at, slot)
}

func (g *Generator) slot() uint32 {
	if n := len(g.free); n > 0 {
		slot := g.free[n-1]
		g.free = g.free[:n-1]
		return slot
	}
	g.slots = append(g.slots, session{})
	return uint32(len(g.slots) - 1)
}

// nextOfSession hands out the earliest event due of all sessions.
func (g *Generator) nextOfSession(e *Event) bool {
	at, slot := g.open.next(), g.open.items[0].value
	if at >= g.cfg.End {
		return false
	}
	s := &g.slots[slot]
	s.event(e, at, g.cfg.Seed, g.rng)
	if s.next == SessionEnd {
		g.open.pop()
		g.free = append(g.free, slot)
		return true
	}
	g.open.postpone(at + s.plan(g.rng))
	return true
}

// Pattern returns what truly happens to a user's activity.
func (g *Generator) Pattern(user int) Pattern { return g.cfg.pattern(userHash(g.cfg.Seed, user)) }

// SessionsPerDay returns a user's own rate, before the pattern reduces it.
func (g *Generator) SessionsPerDay(user int) float64 {
	return g.unit * g.weight(userHash(g.cfg.Seed, user))
}

// Expected returns the mean number of events, faults left out, of a stream with this configuration.
func (g *Generator) Expected() float64 { return g.expected }

package oracle

import "math/rand/v2"

// BreakClocks returns arrivals as they would be with broken clocks and after outages. Some users' clocks break for a while: either they are
// ahead by up to twenty maxJump, one alone or some together, or each stands still at a future time of its own. Now and then nothing arrives
// for up to six maxJump. The arrivals are in order of time, and stay in the order in which they arrive.
func BreakClocks(rng *rand.Rand, arrivals []Event, maxJump int64) []Event {
	if len(arrivals) == 0 {
		return nil
	}
	b := breaker{rng: rng, maxJump: maxJump, stand: rng.IntN(2) == 0, share: []int{1, 3, 5, 9}[rng.IntN(4)], last: arrivals[len(arrivals)-1].Time, clocks: map[string]*clock{}}
	var out []Event
	until := int64(0) // nothing arrives before
	for _, e := range arrivals {
		if rng.IntN(120) == 0 {
			until = e.Time + rng.Int64N(6*maxJump)
		}
		c := b.clock(e.User)
		switch {
		case e.Time < until:
			continue
		case c.stands:
			e.Time = c.future
		default:
			e.Time += c.ahead
		}
		out = append(out, e)
	}
	return out
}

type breaker struct {
	rng     *rand.Rand
	maxJump int64
	stand   bool  // broken clocks stand still
	share   int   // so many users in ten have a broken clock at a time
	last    int64 // the time of the last arrival
	clocks  map[string]*clock
}

// clock is a user's.
type clock struct {
	ahead  int64
	future int64 // where it stands if it does
	stands bool
}

// clock is the user's at their next event: mostly as at the one before.
func (b *breaker) clock(user string) *clock {
	c := b.clocks[user]
	if c != nil && b.rng.IntN(12) > 0 {
		return c
	}
	if c == nil {
		c = &clock{future: b.last + 3*b.maxJump*int64(len(b.clocks))}
		b.clocks[user] = c
	}
	broken := b.rng.IntN(10) < b.share
	c.ahead, c.stands = 0, broken && b.stand
	if broken && !b.stand {
		c.ahead = b.ahead()
	}
	return c
}

// ahead is by how much a clock is wrong: just as much as is believed, or a little more, or less; as much as another one; or anything.
func (b *breaker) ahead() int64 {
	far := 7 * b.maxJump
	return []int64{
		b.maxJump + b.rng.Int64N(3) - 1, b.maxJump + b.rng.Int64N(b.maxJump), far, far + b.rng.Int64N(2*b.maxJump), b.rng.Int64N(20 * b.maxJump),
	}[b.rng.IntN(5)]
}

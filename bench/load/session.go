package load

import (
	"math"
	"math/rand/v2"
)

// session is one visit under way. Its next event is known, the ones after are drawn when that one is handed out.
type session struct {
	id    uint64
	start int64
	user  uint32
	left  uint32 // events still to come between the next and the session_end
	step  uint32
	next  Type
}

// What follows within a session: an order after three of ten add_to_cart, else one of these; support is the rest.
const (
	orderAfterCart = 0.30
	upToView       = 0.74
	upToSearch     = 0.89
	upToCart       = 0.985
	meanPause      = 40 * second
	longestPause   = 20 * minute
)

// event fills e with what the session does next, at its time.
func (s *session) event(e *Event, at int64, seed uint64, rng *rand.Rand) {
	*e = Event{User: int(s.user), Type: s.next, Time: at, Session: s.id, Step: s.step}
	switch s.next {
	case Order:
		e.Amount = amount(userHash(seed, e.User), rng)
	case SessionEnd:
		e.Duration = at - s.start
	}
}

// plan draws what comes after the event just handed out and how long it lets wait, in milliseconds.
func (s *session) plan(rng *rand.Rand) int64 {
	s.step++
	switch u := rng.Float64(); {
	case s.left == 0:
		s.next = SessionEnd
	case s.next == AddToCart && u < orderAfterCart:
		s.next = Order
	default:
		s.next = browse(rng.Float64())
	}
	if s.left > 0 {
		s.left--
	}
	return 200 + min(int64(rng.ExpFloat64()*float64(meanPause)), longestPause)
}

func browse(u float64) Type {
	switch {
	case u < upToView:
		return View
	case u < upToSearch:
		return Search
	case u < upToCart:
		return AddToCart
	default:
		return Support
	}
}

// amount draws an order's value: log-normal around the user's own usual basket, 5.00 to 200.00.
func amount(h hash, rng *rand.Rand) int64 {
	usual := 500 * math.Pow(40, h.unit(drawBasket))
	return max(100, int64(usual*math.Exp(0.4*rng.NormFloat64())))
}

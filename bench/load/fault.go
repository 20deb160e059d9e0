package load

import (
	"math/rand/v2"

	"winback/schemas"
)

// Fault says what is wrong with a record.
type Fault uint8

// The faults. All but OutOfOrder are additional records: the events themselves are the same whatever Config.Faults is.
const (
	Sound      Fault = iota
	OutOfOrder       // up to 290 s behind the newest event before it: within the lateness of 5 min
	Duplicate        // the record before it once more
	Malformed        // JSON cut off in the middle
	Late             // 400 days behind: older than any window reaches
	Future           // ten years ahead: a device with a broken clock
	faultCount
)

var faultNames = [faultCount]string{"sound", "out_of_order", "duplicate", "malformed", "late", "future"}

// String returns the fault's name.
func (f Fault) String() string { return faultNames[f] }

// Reason returns why a pipeline that runs live must refuse the record; Accepted if it must not.
func (f Fault) Reason() schemas.Reason {
	switch f {
	case Malformed:
		return schemas.Malformed
	case Late:
		return schemas.Late
	case Future:
		return schemas.Future
	default:
		return schemas.Accepted
	}
}

// How far the times of faulty records are from those of the events.
const (
	longestDelay = 290 * second
	lateBy       = 400 * day
	futureBy     = 3650 * day
)

// faults mixes faulty records into a stream. It has a random generator of its own, so that the events stay the same.
type faults struct {
	share    float64
	rng      *rand.Rand
	upcoming Event
	begun    bool // upcoming has been asked for
	more     bool // upcoming holds the stream's next event
	extra    Event
	delayed  queue[Event]
}

func newFaults(cfg Config) faults {
	return faults{share: cfg.Faults, rng: rand.New(rand.NewPCG(cfg.Seed, 0x6661756c7473))}
}

func (f *faults) next(g *Generator, e *Event) bool {
	if !f.begun {
		f.begun, f.more = true, g.next(&f.upcoming)
	}
	if f.extra.Fault != Sound {
		*e, f.extra.Fault = f.extra, Sound
		return true
	}
	for {
		if !f.delayed.empty() && (!f.more || f.delayed.next() < f.upcoming.Time) {
			*e = f.delayed.pop()
			return true
		}
		if !f.more {
			return false
		}
		*e = f.upcoming
		f.more = g.next(&f.upcoming)
		if f.rng.Float64() >= f.share || !f.addFault(*e) {
			return true
		}
	}
}

// addFault draws a fault for an event and reports whether the event itself comes later.
func (f *faults) addFault(e Event) bool {
	e.Fault = OutOfOrder + Fault(f.rng.IntN(int(faultCount-OutOfOrder)))
	switch e.Fault {
	case OutOfOrder:
		f.delayed.push(e.Time+second+f.rng.Int64N(longestDelay-second), e)
		return true
	case Late:
		e.Time -= lateBy
	case Future:
		e.Time += futureBy
	}
	f.extra = e
	return false
}

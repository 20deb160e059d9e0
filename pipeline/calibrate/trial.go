package calibrate

import (
	"slices"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
)

// Trial watches an engine that runs by a pair's rules: who is in an open episode at the weekly cut-offs, and whether they stay away.
type Trial struct {
	pair    Pair
	plan    *Plan
	history *History

	entered map[uint64]int64 // when the open episode of a user began, by the hash of the id
	hashes  []uint64         // of the users of the history
	next    []uint32         // by user, how many of their active grains lie before the cut-off
	told    []uint32         // by user, the value of next for which a loss that was told is counted already
	leads   []int64          // milliseconds
	outcome Outcome
}

// Outcome is what a pair's rule told. A row is a user at a cut-off.
type Outcome struct {
	Pair
	Rows    int
	Flagged int // in an open episode
	Lost    int // without activity for the horizon from the cut-off on
	Hits    int // both
	// Lead is the median time in days, over losses that were told, from the episode's beginning to the end of the horizon behind the last
	// activity, which is when the loss is certain.
	Lead float64
}

// Trial prepares to watch a pair.
func (p *Plan) Trial(h *History, pair Pair) *Trial {
	t := &Trial{pair: pair, plan: p, history: h, entered: map[uint64]int64{}}
	t.hashes, t.next, t.told = make([]uint64, len(h.users)), make([]uint32, len(h.users)), make([]uint32, len(h.users))
	for hash, n := range h.byHash {
		t.hashes[n] = hash
	}
	t.outcome.Pair = pair
	return t
}

// Decided notes what the engine decided.
func (t *Trial) Decided(decisions []schemas.Decision) error {
	for i := range decisions {
		switch d := &decisions[i]; d.Kind {
		case schemas.KindEntered:
			t.entered[xxhash.Sum64String(d.User)] = d.At
		case schemas.KindRecovered, schemas.KindSettled, schemas.KindLost:
			delete(t.entered, xxhash.Sum64String(d.User))
		}
	}
	return nil
}

// Look takes the rows of a cut-off; everything before it is decided, and nothing after it.
func (t *Trial) Look(at int64) {
	if at < t.plan.From || at >= t.plan.Until {
		return
	}
	h := t.history
	border, asked, horizon := uint32(at/h.grain), uint32(int64(t.plan.Active)/h.grain), uint32(int64(t.plan.Horizon)/h.grain)
	for n, grains := range h.users {
		next := t.next[n]
		for int(next) < len(grains) && grains[next] < border {
			next++
		}
		t.next[n] = next
		if next == 0 || grains[next-1]+asked < border {
			continue
		}
		lost := int(next) == len(grains) || grains[next] >= border+horizon
		t.row(n, lost, int64(grains[next-1]+1)*h.grain)
	}
}

// row counts a user at a cut-off; last is the end of the last active grain.
func (t *Trial) row(n int, lost bool, last int64) {
	t.outcome.Rows++
	began, flagged := t.entered[t.hashes[n]]
	if flagged {
		t.outcome.Flagged++
	}
	if lost {
		t.outcome.Lost++
	}
	if !flagged || !lost {
		return
	}
	t.outcome.Hits++
	if t.told[n] != t.next[n] {
		t.told[n] = t.next[n]
		t.leads = append(t.leads, last+int64(t.plan.Horizon)-began)
	}
}

// Outcome is what was told, once the engine has run.
func (t *Trial) Outcome() Outcome {
	o := t.outcome
	if n := len(t.leads); n > 0 {
		slices.Sort(t.leads)
		o.Lead = float64(t.leads[(n-1)/2]+t.leads[n/2]) / 2 / float64(schemas.Day)
	}
	return o
}

// Recall is the share of the lost that was flagged.
func (o *Outcome) Recall() float64 { return ratio(o.Hits, o.Lost) }

// Precision is the share of the flagged that was lost.
func (o *Outcome) Precision() float64 { return ratio(o.Hits, o.Flagged) }

// Lift is how many times likelier than anybody the flagged are to be lost.
func (o *Outcome) Lift() float64 {
	if o.Hits == 0 {
		return 0
	}
	return o.Precision() / ratio(o.Lost, o.Rows)
}

// J is Youden's: the recall less the share of those who stay that was flagged. It is 0 for a rule that flags by chance, however many, and 1 for one
// that is never wrong, so it holds recall and lift in one figure (W. J. Youden, Index for rating diagnostic tests, Cancer 3, 1950).
func (o *Outcome) J() float64 { return o.Recall() - ratio(o.Flagged-o.Hits, o.Rows-o.Lost) }

func ratio(part, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(part) / float64(of)
}

package scorer

import (
	"math"
	"math/bits"

	"winback/schemas"
	"winback/scorer/track"
)

// Tier is a user's worth by recency, frequency and monetary value.
type Tier uint8

// The tiers. Unassessed is a user not yet looked at, or a configuration without orders and spend.
const (
	Unassessed Tier = iota
	High
	Potential
	Low
	Standard
	Tiers // how many there are
)

var tierNames = [Tiers]string{"", "high", "potential", "low", "standard"}

// String returns the name that stands in profiles, empty for Unassessed.
func (t Tier) String() string { return tierNames[t] }

// tiers are the RFM configuration in grains.
type tiers struct {
	orders, spend          uint8  // metrics
	orderLanes, spendLanes uint64 // the lanes that they read, a bit each
	window, recent, lapsed uint32
	highOrders             int64
	highSpend, potential   int64
}

func newTiers(c *Config, in func(schemas.Duration) uint32) *tiers {
	orders, spend := c.worth()
	if orders < 0 {
		return nil
	}
	f := &c.RFM
	return &tiers{
		orders: uint8(orders), spend: uint8(spend), window: in(f.Window),
		recent: uint32(f.Recent / c.Grain), lapsed: in(f.Lapsed), // an age in grains is at most Recent if it is at most Recent rounded down
		highOrders: f.HighOrders, highSpend: f.HighSpend, potential: f.PotentialSpend,
	}
}

// worth is what the tiers look at.
type worth struct {
	orders, spend int64
	last          uint32 // one past the last order's grain, 0 if there is none
	leaves        uint32 // the first border at which a cell has left the window, Never if there is none
}

// worthAt adds up what lies before border h, as far back as border last sees, which is h or earlier.
func (t *tiers) worthAt(cells []track.Cell, last, h uint32) (w worth) {
	from := track.GrainsBefore(last, t.window)
	w.leaves = Never
	for i := len(cells) - 1; i >= 0 && cells[i].Grain >= from; i-- {
		c := &cells[i]
		if (t.orderLanes|t.spendLanes)>>(c.Lane&63)&1 == 0 || c.Grain >= h {
			continue
		}
		if t.orderLanes>>(c.Lane&63)&1 == 1 {
			w.orders += int64(c.Count)
			w.last = max(w.last, c.Grain+1)
		}
		if t.spendLanes>>(c.Lane&63)&1 == 1 {
			w.spend = track.AddSaturated(w.spend, c.Sum)
		}
		w.leaves = c.Grain + 1 + t.window
	}
	return w
}

// tierOf is the tier at border h.
func (t *tiers) tierOf(w *worth, h uint32) Tier {
	recent := w.last > 0 && h-w.last <= t.recent
	switch {
	case recent && w.orders >= t.highOrders && w.spend >= t.highSpend:
		return High
	case recent && w.orders < t.highOrders && w.spend >= t.potential && w.spend <= t.highSpend:
		return Potential
	case w.last > 0 && h-w.last >= t.lapsed && w.orders == 1 && w.spend < t.potential:
		return Low
	}
	return Standard
}

// nextChange is the first border after last at which the tier can differ by time alone.
func (t *tiers) nextChange(w *worth, last uint32) uint32 {
	due := w.leaves
	if w.last == 0 {
		return due
	}
	for _, border := range [...]uint32{w.last + t.recent + 1, w.last + t.lapsed} {
		if border > last {
			due = min(due, border)
		}
	}
	return due
}

// tierBudget is how many orders more, and how much spend with them, leave the tier as it is: an order within it need not be looked at.
type tierBudget struct {
	orders uint8
	spend  roundedAmount
}

// budgetUntil is what leaves a tier as it is wherever it comes until a border.
func (t *tiers) budgetUntil(w *worth, tier Tier, until uint32) (b tierBudget) {
	again := worth{orders: w.orders, spend: w.spend, last: until}
	if w.leaves <= until || w.spend < 0 || t.tierOf(&again, until) != tier {
		return tierBudget{}
	}
	b.orders = math.MaxUint8
	if w.orders < t.highOrders {
		b.orders = uint8(min(t.highOrders-1-w.orders, math.MaxUint8))
	}
	left := int64(math.MaxInt64)
	for _, border := range [...]int64{t.potential, t.highSpend, t.highSpend + 1} {
		if border > w.spend {
			left = min(left, border-1-w.spend)
		}
	}
	b.spend = roundDown(left)
	return b
}

// after is what some orders and an amount leave of the budget. It reports whether the budget covered them.
func (b tierBudget) after(orders uint32, amount int64) (left tierBudget, covered bool) {
	spend := b.spend.atLeast() - amount
	if orders > uint32(b.orders) || amount < 0 || spend < 0 {
		return tierBudget{}, false
	}
	return tierBudget{b.orders - uint8(orders), roundDown(spend)}, true
}

// orderCount is how many orders an event is.
func orderCount(order bool) uint32 {
	if order {
		return 1
	}
	return 0
}

// afterCells is what cells that lie ahead of the border leave of the budget: Step has let their events through by an older one.
func (t *tiers) afterCells(b tierBudget, ahead []track.Cell) tierBudget {
	for i := range ahead {
		c := &ahead[i]
		orders, spend := uint32(0), int64(0)
		if t.orderLanes>>(c.Lane&63)&1 == 1 {
			orders = c.Count
		}
		if t.spendLanes>>(c.Lane&63)&1 == 1 {
			spend = c.Sum
		}
		left, covered := b.after(orders, spend)
		if !covered {
			return tierBudget{}
		}
		b = left
	}
	return b
}

// roundedAmount is an amount, rounded down, of which the three highest bits are known.
type roundedAmount uint8

func roundDown(amount int64) roundedAmount {
	if amount < 4 {
		return roundedAmount(amount)
	}
	n := bits.Len64(uint64(amount))
	return roundedAmount((n-2)<<2 | int(amount>>(n-3)&3))
}

// atLeast is the smallest amount that it may be.
func (c roundedAmount) atLeast() int64 {
	if c < 4 {
		return int64(c)
	}
	return int64(4+c&3) << (c>>2 - 1)
}

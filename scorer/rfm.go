package scorer

import (
	"math"
	"math/bits"

	"winback/schemas"
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
	ordering, spending     uint64 // the lanes that they read, a bit each
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

// read takes note of a lane's metrics.
func (t *tiers) read(lane int, metrics []read) {
	if t == nil {
		return
	}
	for _, rd := range metrics {
		switch rd.metric {
		case t.orders:
			t.ordering |= 1 << lane
		case t.spend:
			t.spending |= 1 << lane
		}
	}
}

// worth is what the tiers look at.
type worth struct {
	orders, spend int64
	last          uint32 // one past the last order's grain, 0 if there is none
	leaves        uint32 // the first border at which a cell has left the window, none if there is none
}

// look adds up what lies before border h, as far back as border last sees, which is h or earlier.
func (t *tiers) look(w *worth, cells []Cell, last, h uint32) {
	from := back(last, t.window)
	w.leaves = none
	for i := len(cells) - 1; i >= 0 && cells[i].Grain >= from; i-- {
		c := &cells[i]
		if (t.ordering|t.spending)>>(c.lane&63)&1 == 0 || c.Grain >= h {
			continue
		}
		if t.ordering>>(c.lane&63)&1 == 1 {
			w.orders += int64(c.count)
			w.last = max(w.last, c.Grain+1)
		}
		if t.spending>>(c.lane&63)&1 == 1 {
			w.spend = addSaturated(w.spend, c.Sum)
		}
		w.leaves = c.Grain + 1 + t.window
	}
}

func (t *tiers) tier(w *worth, h uint32) Tier {
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

// room is how many orders more, and how much spend with them, leave a tier as it is wherever they come until a border.
func (t *tiers) room(w *worth, tier Tier, until uint32) (orders uint8, spend coarse) {
	again := worth{orders: w.orders, spend: w.spend, last: until}
	if w.leaves <= until || w.spend < 0 || t.tier(&again, until) != tier {
		return 0, 0
	}
	orders = math.MaxUint8
	if w.orders < t.highOrders {
		orders = uint8(min(t.highOrders-1-w.orders, math.MaxUint8))
	}
	left := int64(math.MaxInt64)
	for _, border := range [...]int64{t.potential, t.highSpend, t.highSpend + 1} {
		if border > w.spend {
			left = min(left, border-1-w.spend)
		}
	}
	return orders, coarseOf(left)
}

// affords takes an event's amount, and the order if it is one, out of what leaves the tier as it is. It reports whether that sufficed.
func (u *User) affords(order bool, amount int64) bool {
	left, n := u.spend.atLeast()-amount, int(u.orders)
	if order {
		n--
	}
	if u.orders = uint8(max(n, 0)); n < 0 || amount < 0 || left < 0 {
		u.orders = 0
		return false
	}
	u.spend = coarseOf(left)
	return true
}

// coarse is an amount of which the three highest bits are known.
type coarse uint8

func coarseOf(amount int64) coarse {
	if amount < 4 {
		return coarse(amount)
	}
	n := bits.Len64(uint64(amount))
	return coarse((n-2)<<2 | int(amount>>(n-3)&3))
}

// atLeast is the smallest amount that it may be.
func (c coarse) atLeast() int64 {
	if c < 4 {
		return int64(c)
	}
	return int64(4+c&3) << (c>>2 - 1)
}

// next is the first border after last at which the tier can differ by time alone.
func (t *tiers) next(w *worth, last uint32) uint32 {
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

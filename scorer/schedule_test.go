package scorer

import (
	"math/rand/v2"
	"testing"

	"winback/scorer/track"
)

// sumsAt adds up a metric as border h sees it.
func (r *Rules) sumsAt(s *Scratch, cells []track.Cell, h uint32, metric int) sums {
	r.addUp(&s.windows, cells, h)
	return s.metrics[metric]
}

// nextDropSlowly is the first border at which a metric may have dropped, found by looking at each: what no border of the engine's may lie
// behind. The baseline counts as if nothing left it, which only makes a drop easier.
func (r *Rules) nextDropSlowly(s *Scratch, cells []track.Cell, h uint32, metric int) uint32 {
	for at := h + 1; at <= h+r.window; at++ {
		now := r.sumsAt(s, cells, at, metric)
		if r.mayDrop(&now) {
			return at
		}
	}
	return Never
}

// drawPast draws cells, most of them of lanes that the metric reads, some days with many and some with none.
func drawPast(rng *rand.Rand, r *Rules, metric int, h, newest uint32) (cells []track.Cell) {
	var lanes []int
	for i := range r.lanes {
		if r.lanes[i].takes[metric] != nothing {
			lanes = append(lanes, i)
		}
	}
	if rng.IntN(2) == 0 {
		lanes = append(lanes, rng.IntN(len(r.lanes)))
	}
	most, spread := []uint32{1, 3, 30, 1000}[rng.IntN(4)], []uint32{1, 5, 24}[rng.IntN(3)]
	drawn := map[[2]uint32]track.Cell{}
	for range 1 + rng.IntN(150) {
		ago := 24*rng.Uint32N((r.window+r.baseline)/24+5) + 1 + rng.Uint32N(spread)
		c := track.Cell{Grain: newest - ago, Count: 1 + rng.Uint32N(most), Lane: uint8(lanes[rng.IntN(len(lanes))])}
		if adds := r.lanes[c.Lane].sum; adds == Amount || adds == Duration {
			c.Sum = rng.Int64N(1 << (1 + rng.IntN(40)))
		} else if adds == Sessions {
			c.Count = 1
		}
		drawn[[2]uint32{c.Grain, uint32(c.Lane)}] = c
	}
	for grain := h - r.window - r.baseline - 200; grain < h+30; grain++ {
		for lane := range r.lanes {
			if c, found := drawn[[2]uint32{grain, uint32(lane)}]; found {
				cells = append(cells, c)
			}
		}
	}
	return cells
}

// dropRules are rules whose metrics add all there is to add, on little evidence and on more.
func dropRules(t *testing.T) []*Rules {
	c := Defaults()
	c.Drop.MinBaseline = 2
	c.Metrics = append(c.Metrics,
		Metric{Name: "active days", Types: []string{"visit", "view"}, Adds: Days, Core: true}, Metric{Name: "sittings", Types: []string{"view"}, Adds: Sessions, Core: true})
	many := c
	many.Drop.MinBaseline = 30
	return []*Rules{defaultRules(t), compile(t, c), compile(t, many)}
}

// pasts tries many pasts of metrics of all kinds, seen from a border.
func pasts(t *testing.T, newest func(h uint32) uint32, try func(r *Rules, s *Scratch, metric int, cells []track.Cell, h uint32)) {
	all, rng := dropRules(t), rand.New(rand.NewPCG(21, 22))
	for range 6000 {
		r, h := all[rng.IntN(len(all))], 400_000+rng.Uint32N(24)
		s, metric := r.NewScratch(), int(r.core[rng.IntN(len(r.core))].metric)
		s.setFactors(len(r.metrics), nil)
		try(r, s, metric, drawPast(rng, r, metric, h, newest(h)), h)
	}
}

func TestNoMetricDropsBeforeTheBorderThatIsNamedForIt(t *testing.T) {
	drops, nevers := map[Aggregate]int{}, 0
	pasts(t, func(h uint32) uint32 { return h + 2 }, func(r *Rules, s *Scratch, metric int, cells []track.Cell, h uint32) {
		now := r.sumsAt(s, cells, h, metric)
		if r.mayDrop(&now) {
			return
		}
		named := r.nextDropOf(metric, &s.view, cells, h)
		switch dropped := r.nextDropSlowly(s, cells, h, metric); {
		case named > dropped:
			t.Fatalf("%s: named border %d, but it may have dropped at %d, after %d: %v", r.metrics[metric].Name, named, dropped, h, cells)
		case dropped == Never:
			nevers++
		default:
			drops[r.metrics[metric].Adds]++
		}
	})
	t.Logf("drops: %v, %d times none", drops, nevers)
	if len(drops) < 5 || nevers == 0 {
		t.Error("the sample shows little")
	}
}

func TestNoMetricRisesBeforeTheBorderThatIsNamedForIt(t *testing.T) {
	rises := map[Aggregate]int{}
	pasts(t, func(h uint32) uint32 { return h }, func(r *Rules, s *Scratch, metric int, cells []track.Cell, h uint32) {
		now := r.sumsAt(s, cells, h, metric)
		down := []*loss{&r.entering, &r.leaving}[h%2]
		if !down.of(&now, whole) {
			return
		}
		named := r.nextRiseOf(down, metric, &s.view, cells, h, 0)
		for at := h + 1; at < h+r.window+r.baseline+2; at++ {
			if then := r.sumsAt(s, cells, at, metric); down.of(&then, whole) {
				continue
			}
			if rises[r.metrics[metric].Adds]++; named > at {
				t.Fatalf("%s: named border %d, but it is no longer down at %d, after %d: %v", r.metrics[metric].Name, named, at, h, cells)
			}
			return
		}
	})
	t.Logf("rises: %v", rises)
	if len(rises) < 5 {
		t.Error("the sample shows little")
	}
}

func TestDaysAreDividedExactly(t *testing.T) {
	for _, n := range []uint32{1, 2, 24, 48, 96, 1440} {
		x := newReciprocal(n)
		for _, around := range []uint32{0, n, 1000 * n, 30_000_000, 1 << 31, ^uint32(0) - 2*n} {
			for g := around - min(around, n); g < around+n; g++ {
				if got := x.quotient(g); got != g/n {
					t.Fatalf("%d / %d = %d, want %d", g, n, got, g/n)
				}
			}
		}
	}
}

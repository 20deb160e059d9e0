package scorer

import (
	"testing"

	"pgregory.net/rapid"
)

// nextDropSlowly is nextDropOf as it is meant: cells leave the current window one by one, and after each the metric is asked.
func (r *Rules) nextDropSlowly(metric int, v *view, cells []Cell, h, more uint32) uint32 {
	s := v.metrics[metric]
	if v.negative || r.metrics[metric].Adds == Days || r.looming(&s) {
		return r.nextTurn(metric, v, cells, h)
	}
	s.nCur += int64(more)
	if r.metrics[metric].Adds == Count {
		s.cur += int64(more)
	}
	for i := range cells {
		c := &cells[i]
		if take := r.lanes[c.lane].takes[metric]; take != nothing && back(h, r.window) <= c.Grain && c.Grain < h {
			s.cur, s.base = s.cur-c.value(take), addSaturated(s.base, c.value(take))
			s.nCur, s.nBase = s.nCur-int64(c.count), s.nBase+int64(c.count)
			if r.looming(&s) {
				return c.Grain + r.window + 1
			}
		}
	}
	return none
}

// What the guard can never find unlikely is not asked for, and nothing else comes of it.
func TestTheNextDropIsWhereCellsThatLeaveMakeIt(t *testing.T) {
	c := Defaults()
	c.Drop.MinBaseline = 2
	c.Metrics = append(c.Metrics, Metric{Name: "active days", Types: []string{"visit"}, Adds: Days, Core: true})
	unguarded := Defaults()
	unguarded.Drop.Alpha = 1
	all := []*Rules{defaultRules(t), compile(t, c), compile(t, unguarded)}
	drops, nothings := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SampledFrom(all).Draw(t, "rules")
		s, h := r.NewScratch(), uint32(400_000)
		most := rapid.SampledFrom([]uint32{1, 3, 30, tabled}).Draw(t, "most events")
		var cells []Cell
		for range rapid.IntRange(1, 80).Draw(t, "cells") {
			c := Cell{
				Grain: h + 20 - rapid.Uint32Range(1, r.window+r.baseline+100).Draw(t, "ago"), count: rapid.Uint32Range(1, most).Draw(t, "count"),
				lane: uint8(rapid.IntRange(0, len(r.lanes)-1).Draw(t, "lane")),
			}
			if r.sums[c.lane] != noSum {
				c.Sum = rapid.Int64Range(0, 1<<40).Draw(t, "sum")
			}
			cells = add(cells, c)
		}
		r.setFactors(&s.view, nil)
		r.addUp(s, cells, h)
		metric := rapid.SampledFrom(r.core).Draw(t, "metric").metric
		more := rapid.SampledFrom([]uint32{0, 0, 1, 5, 100}).Draw(t, "more")
		want := r.nextDropSlowly(int(metric), &s.view, cells, h, more)
		if got := r.nextDropOf(int(metric), &s.view, cells, h, more); got != want {
			t.Fatalf("due at %d, want %d, after %d", got, want, h)
		}
		if want == none {
			nothings++
		} else {
			drops++
		}
	})
	t.Logf("%d drops, %d times none", drops, nothings)
	if drops == 0 || nothings == 0 {
		t.Error("the sample shows little")
	}
}

package main

import (
	"cmp"
	"slices"
	"time"

	"winback/bench/measure"
)

// stretch is some events measured together. Records are made in between, while no time is taken.
type stretch struct {
	events int
	work
	cost measure.Cost
}

// work is what events brought.
type work struct{ judged, decisions, profiles, activity uint64 }

func (w work) minus(before work) work {
	return work{w.judged - before.judged, w.decisions - before.decisions, w.profiles - before.profiles, w.activity - before.activity}
}

func (s *stretch) add(t stretch) {
	s.events += t.events
	s.judged += t.judged
	s.decisions += t.decisions
	s.profiles += t.profiles
	s.activity += t.activity
	s.cost.Wall += t.cost.Wall
	s.cost.CPU += t.cost.CPU
	s.cost.Allocated += t.cost.Allocated
	s.cost.Objects += t.cost.Objects
}

// rate is in events a second of wall time.
func (s *stretch) rate() float64 { return s.cost.Rate(int64(s.events)) }

// wall and cpu are nanoseconds an event.
func (s *stretch) wall() float64 { return s.each(float64(s.cost.Wall)) }
func (s *stretch) cpu() float64  { return s.each(float64(s.cost.CPU)) }

func (s *stretch) each(of float64) float64 { return of / float64(max(1, s.events)) }

func sum(all []stretch) (whole stretch) {
	for _, s := range all {
		whole.add(s)
	}
	return whole
}

// median is the stretch with the middle rate, of two middle ones the slower.
func median(all []stretch) stretch {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b stretch) int { return cmp.Compare(a.rate(), b.rate()) })
	return sorted[(len(sorted)-1)/2]
}

// quantile is the smallest of sorted numbers that this share of them does not exceed.
func quantile(sorted []uint32, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return time.Duration(sorted[min(len(sorted)-1, int(share*float64(len(sorted))))])
}

package scorer

import "math/bits"

// evidence is what the baseline must hold for a drop to count.
type evidence struct {
	events int64 // at least
	weeks  int   // so many of its weeks with events, at least
}

func (e *evidence) enough(s *sums) bool {
	return s.nBase >= e.events && bits.OnesCount64(s.weeks) >= e.weeks
}

// loss is how far a metric must have dropped, and on what evidence.
type loss struct {
	least   ratio // where the population stands as it did
	lenient ratio // where it makes the drop easiest: without this there is none
	strict  ratio // where it makes the drop hardest: with this there is one, whatever the population does
	evidence
}

func newLoss(least ratio, population bounds, asked evidence) loss {
	return loss{least, least.scaledBy(population.ceiling), least.scaledBy(population.floor), asked}
}

// of reports whether a metric has dropped so far, where the population's factor is as given.
func (l *loss) of(s *sums, factor uint32) bool {
	return s.dropped(l.least.scaledBy(factor)) && l.enough(s)
}

package risk

import (
	"cmp"
	"math"
	"slices"

	"winback/schemas"
)

// Base is what the reasons call what everybody has alike: the bias, and the base rate.
const Base = "base"

// MaxReasons is how many reasons a score can have; none without a model.
func (s *Scorer) MaxReasons() int {
	if s == nil {
		return 0
	}
	return len(s.subjects) + 1
}

// Reasons appends those of the last Score to terms: every subject that moves the risk, the largest first, and at last Base. Tables of one
// subject are one reason, their points added; the points of a pair belong to its two subjects, half and half. Points are log-odds
// against the average user of the training; above 0 raises the risk. Those of all reasons add up to Scratch.LogOdds, to the last digit.
func (s *Scorer) Reasons(scratch *Scratch, terms []schemas.Term) []schemas.Term {
	from := len(terms)
	for _, name := range s.subjects {
		terms = append(terms, schemas.Term{Feature: name})
	}
	own := terms[from:]
	for i := range s.axes {
		a := &s.axes[i]
		own[a.subject].Points += a.points[scratch.bins[i]]
	}
	for i := range s.pairs {
		p := &s.pairs[i]
		half := p.of(scratch) / 2
		own[s.axes[p.axes[0]].subject].Points += half
		own[s.axes[p.axes[1]].subject].Points += half
	}
	own = slices.DeleteFunc(own, func(t schemas.Term) bool { return t.Points == 0 })
	slices.SortStableFunc(own, func(a, b schemas.Term) int { return cmp.Compare(math.Abs(b.Points), math.Abs(a.Points)) })
	return append(terms[:from+len(own)], schemas.Term{Feature: Base, Points: s.base})
}

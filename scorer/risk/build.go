package risk

import (
	"fmt"
	"slices"

	"winback/schemas"
)

// builder adds the tables of a model to a Scorer.
type builder struct {
	*Scorer
	expressions compiler
	faults      *schemas.Faults
	latest      map[int16]int16 // the newest axis of each step
	whole       []bool          // of each axis, whether its values are whole numbers
}

func (b *builder) build(m *Model) {
	for i := range m.Features {
		b.axisFor(m.Features[i].Name, m.Features[i].Cuts, fmt.Sprintf("features[%d]", i))
	}
	sides := make([][2]int16, len(m.Pairs))
	for i := range m.Pairs {
		for k := range sides[i] {
			sides[i][k] = b.axisFor(m.Pairs[i].Features[k], m.Pairs[i].Cuts[k], fmt.Sprintf("pairs[%d].features[%d]", i, k))
		}
	}
	if b.faults.Err() != nil {
		return
	}
	for i := range m.Features {
		a := &b.axes[i] // features come first, each with an axis of its own
		for _, bin := range binsOf(a.cuts, m.Features[i].Cuts) {
			a.points = append(a.points, exact(m.Features[i].Points[bin]))
		}
	}
	for i := range m.Pairs {
		b.addPair(&m.Pairs[i], sides[i])
	}
	for i := range b.axes {
		b.axes[i].prepare(b.whole[i])
	}
	b.vector = b.expressions.vector
}

func (b *builder) addPair(m *Pair, axes [2]int16) {
	p := pair{axes: axes}
	for k, s := range [2]slope{slopeOf(transposed(m.Points)...), slopeOf(m.Points...)} {
		b.axes[axes[k]].slope = b.axes[axes[k]].slope.joined(s)
		copy(p.bins[k][:], binsOf(b.axes[axes[k]].cuts, m.Cuts[k]))
	}
	p.width = len(m.Cuts[1]) + 1
	for _, row := range m.Points {
		for _, x := range row {
			p.points = append(p.points, exact(x))
		}
	}
	b.pairs = append(b.pairs, p)
}

// binsOf returns, for each bin of an axis, the bin by some of its cuts.
func binsOf(axis, cuts []float64) []uint8 {
	bins := []uint8{0}
	for _, cut := range axis {
		bins = append(bins, uint8(binOf(cuts, cut)))
	}
	return bins
}

// axisFor finds or makes the axis of an expression, and cuts it. Tables of one expression share one, as long as it holds their cuts.
func (b *builder) axisFor(text string, cuts []float64, at string) int16 {
	var step int16
	e, err := parse(text)
	if err == nil {
		step, err = b.expressions.place(e)
	}
	if err != nil {
		b.faults.Add(at, "%q: %v", text, err)
		return 0
	}
	if i, found := b.latest[step]; found {
		a := &b.axes[i]
		if merged := merge(a.cuts, cuts); len(merged) <= MaxCuts {
			a.cuts = merged
			return i
		}
	}
	i := int16(len(b.axes))
	b.axes = append(b.axes, axis{step: step, subject: b.subject(e.subject()), cuts: slices.Clone(cuts)})
	b.whole = append(b.whole, e.whole())
	b.latest[step] = i
	return i
}

func merge(a, b []float64) []float64 {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}

func (b *builder) subject(name string) int16 {
	if i := slices.Index(b.subjects, name); i >= 0 {
		return int16(i)
	}
	b.subjects = append(b.subjects, name)
	return int16(len(b.subjects) - 1)
}

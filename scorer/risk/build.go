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
	known       map[string]int16 // binnings by their step and cuts
}

func (b *builder) addFeature(f *Feature, at string) {
	first, subject, ok := b.bin(f.Name, f.Cuts, at)
	if !ok {
		return
	}
	b.tables = append(b.tables, table{int32(len(b.points)), 1, first, noBinning, subject, subject})
	b.addPoints(f.Points)
}

func (b *builder) addPair(p *Pair, at string) {
	first, firstSubject, ok := b.bin(p.Features[0], p.Cuts[0], at+".features[0]")
	second, secondSubject, also := b.bin(p.Features[1], p.Cuts[1], at+".features[1]")
	if !ok || !also {
		return
	}
	b.tables = append(b.tables, table{int32(len(b.points)), int32(len(p.Cuts[1]) + 1), first, second, firstSubject, secondSubject})
	for _, row := range p.Points {
		b.addPoints(row)
	}
}

func (b *builder) addPoints(points []float64) {
	for _, x := range points {
		b.points = append(b.points, exact(x))
	}
}

// bin finds or makes the binning of an expression by some cuts; tables that bin alike share one.
func (b *builder) bin(text string, cuts []float64, at string) (binning, subject int16, ok bool) {
	var step int16
	e, err := parse(text)
	if err == nil {
		step, err = b.expressions.place(e)
	}
	if err != nil {
		b.faults.Add(at, "%q: %v", text, err)
		return 0, 0, false
	}
	key := fmt.Sprint(step, cuts)
	binning, found := b.known[key]
	if !found {
		binning = int16(len(b.binnings))
		b.known[key] = binning
		b.binnings = append(b.binnings, newBinning(step, cuts, e.whole()))
	}
	return binning, b.subject(e.subject()), true
}

func (b *builder) subject(name string) int16 {
	if i := slices.Index(b.subjects, name); i >= 0 {
		return int16(i)
	}
	b.subjects = append(b.subjects, name)
	return int16(len(b.subjects) - 1)
}

package risk

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// plainBin is the rule of the file.
func plainBin(cuts []float64, x float64) (bin uint8) {
	for _, cut := range cuts {
		if cut <= x {
			bin++
		}
	}
	return bin
}

// drawNumber has whole and other numbers, near and far, and the ends of what there is.
func drawNumber(t *rapid.T, name string) float64 {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(-3, 260), func(n int) float64 { return float64(n) }), rapid.Float64Range(0, 2), rapid.Float64Range(-1e3, 1e6),
		rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64),
		rapid.SampledFrom([]float64{math.Copysign(0, -1), math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, math.MaxFloat64, -math.MaxFloat64, 1 << 63, -1 << 63}),
	).Draw(t, name)
}

func drawAxis(t *rapid.T) []float64 {
	numbers := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) float64 { return drawNumber(t, "cut") }), 0, MaxCuts).Draw(t, "cuts")
	return merge(numbers, nil)
}

func TestABinIsHowManyCutsAreNotAboveTheValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cuts := drawAxis(t)
		a := axis{cuts: cuts}
		a.prepare(false)
		for _, x := range append(slices.Clone(cuts), drawNumber(t, "x"), 0) {
			for _, x := range []float64{x, math.Nextafter(x, 0), math.Nextafter(x, 2*x)} {
				if got, want := a.bin(x), plainBin(cuts, x); !math.IsInf(x, 0) && got != want {
					t.Fatalf("%v is in bin %d of %v, want %d", x, got, cuts, want)
				}
			}
		}
	})
}

func TestABinOfAWholeValueIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cut := rapid.OneOf(rapid.Float64Range(-0.5, 254), rapid.Map(rapid.IntRange(0, 254), func(n int) float64 { return float64(n) }))
		cuts := merge(rapid.SliceOfN(cut, 0, MaxCuts).Draw(t, "cuts"), nil)
		a := axis{cuts: cuts}
		if a.prepare(true); !a.whole {
			t.Fatalf("the bins of %v are not read off", cuts)
		}
		for x := -3.0; x < 300; x++ {
			if got, want := a.bin(x), plainBin(cuts, x); got != want {
				t.Fatalf("%v is in bin %d of %v, want %d", x, got, cuts, want)
			}
		}
		for _, x := range []float64{-1 << 63, 1 << 63, math.MaxInt64 - 512, 1e300, -1e300} {
			if got, want := a.bin(x), plainBin(cuts, x); got != want {
				t.Fatalf("%v is in bin %d of %v, want %d", x, got, cuts, want)
			}
		}
	})
}

// Where cuts lie closer together than cells can tell apart, the cell that holds them all is passed through.
func TestCutsNextToEachOther(t *testing.T) {
	cuts := []float64{-1e9, 0, 1}
	for len(cuts) < MaxCuts-1 {
		cuts = append(cuts, math.Nextafter(cuts[len(cuts)-1], 2))
	}
	cuts = append(cuts, 1e9)
	a := axis{cuts: cuts}
	a.prepare(false)
	for _, x := range append(slices.Clone(cuts), -2e9, -1, 0.5, 1.5, 2e9) {
		if got, want := a.bin(x), plainBin(cuts, x); got != want {
			t.Errorf("%v is in bin %d, want %d", x, got, want)
		}
	}
}

// Of a table with more cuts than an axis holds beside those of the feature, the axis is one of its own.
func TestTablesOfOneExpressionShareAnAxisAsLongAsItHoldsTheirCuts(t *testing.T) {
	cuts := func(from float64, n int) (cuts []float64) {
		for i := range n {
			cuts = append(cuts, from+float64(i))
		}
		return cuts
	}
	pair := func(other string, first []float64) Pair {
		p := Pair{Features: [2]string{"recency", other}, Cuts: [2][]float64{first, {1}}}
		for i := range len(first) + 1 {
			p.Points = append(p.Points, []float64{float64(i), float64(-i)})
		}
		return p
	}
	m := &Model{
		Format: Format, Name: "crowded", HorizonDays: 30, ActiveDays: 28, Features: []Feature{{Name: "recency", Cuts: cuts(1, 250), Points: make([]float64, 251)}},
		Pairs: []Pair{pair("tenure", cuts(3, 3)), pair("gap", cuts(0.5, 60))},
	}
	s, err := Compile(m, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.axes) != 4 || s.pairs[0].axes[0] != 0 || s.pairs[1].axes[0] == 0 {
		t.Errorf("%d axes, pairs on %v and %v", len(s.axes), s.pairs[0].axes, s.pairs[1].axes)
	}
	scratch := new(Scratch)
	s.Score(&Past{Age: 4 * day, Tenure: 4 * day}, scratch)
	if want := float64(-2 - 4); scratch.LogOdds() != want { // bin 2 of 3, 4, 5, and bin 4 of 0.5, 1.5, ...; tenure and gap are above 1
		t.Errorf("log-odds %v, want %v", scratch.LogOdds(), want)
	}
}

package additive

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"winback/schemas"
)

// The test counts cuts one by one.
func TestABinIsHowManyCutsAreAtOrBelow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cuts := rapid.SliceOfNDistinct(rapid.Float64Range(-5, 5), 0, 9, rapid.ID).Draw(t, "cuts")
		slices.Sort(cuts)
		x := rapid.OneOf(rapid.Float64Range(-6, 6), rapid.SampledFrom(append(cuts, 0))).Draw(t, "x")
		want := 0
		for _, c := range cuts {
			if c <= x {
				want++
			}
		}
		if got := bin(cuts, x); got != want {
			t.Fatalf("%v in %v: got %d, want %d", x, cuts, got, want)
		}
	})
}

func TestQuantilesSeparateValuesIntoEvenBins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float32Range(-1e6, 1e6), rapid.Map(rapid.IntRange(0, 5), func(n int) float32 { return float32(n) })), 1, 300).Draw(t, "values")
		bins := rapid.IntRange(2, 40).Draw(t, "bins")
		cuts := quantiles(values, bins)
		if len(cuts) >= bins || !slices.IsSorted(cuts) || len(slices.Compact(slices.Clone(cuts))) != len(cuts) {
			t.Fatalf("%d bins: got cuts %v", bins, cuts)
		}
		distinct := slices.Compact(slices.Sorted(slices.Values(values)))
		if len(distinct) <= bins && len(values) <= bins && len(cuts) != len(distinct)-1 {
			t.Fatalf("%v have %d values: got cuts %v", values, len(distinct), cuts)
		}
		held := make([]map[float32]int, len(cuts)+1)
		for i, code := range encode(values, cuts) {
			if held[code] == nil {
				held[code] = map[float32]int{}
			}
			held[code][values[i]]++
		}
		for code, of := range held {
			rows := 0
			for _, n := range of {
				rows += n
			}
			if most := max(1, len(values)/bins) * 2 * bins; rows == 0 || len(of) > 1 && rows > most {
				t.Fatalf("bin %d holds %v", code, of)
			}
		}
	})
}

// Training sees a value rounded to float32, serving does not.
func TestACutTellsApartWhatRoundsToEitherSide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float32Range(-1e6, 1e6).Draw(t, "low")
		high := math.Nextafter32(low, float32(math.Inf(1)))
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			high += high - low
		}
		cut := between(low, high)
		rapidX := rapid.Float64Range(float64(low)-1, float64(high)+1).Draw(t, "x")
		for _, x := range []float64{rapidX, float64(low), float64(high)} {
			switch rounded := float32(x); {
			case rounded <= low && x >= cut && x != float64(low)/2+float64(high)/2:
				t.Fatalf("%v rounds to %v and is at or above the cut %v of %v and %v", x, rounded, cut, low, high)
			case rounded >= high && x < cut:
				t.Fatalf("%v rounds to %v and is below the cut %v of %v and %v", x, rounded, cut, low, high)
			}
		}
	})
	for want, sides := range map[float64][2]float32{3.5: {3, 4}, 0.3: {0.25, 0.34}, 100: {70, 130}, -0.5: {-1, 0}} {
		if got := between(sides[0], sides[1]); got != want {
			t.Errorf("%v: got %v, want %v", sides, got, want)
		}
	}
}

func TestCoarseBinsAreWholeBins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cuts := make([]float64, rapid.IntRange(1, 50).Draw(t, "cuts"))
		for i := range cuts {
			cuts[i] = float64(i)
		}
		codes := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, len(cuts)), func(n int) uint8 { return uint8(n) }), 1, 200).Draw(t, "codes")
		bins := rapid.IntRange(2, 16).Draw(t, "bins")
		coarse, in := coarsen(codes, cuts, bins)
		if len(coarse) >= bins {
			t.Fatalf("%d cuts for %d bins", len(coarse), bins)
		}
		for b := range in {
			x := float64(b) - 0.5 // within bin b
			if want := bin(coarse, x); int(in[b]) != want {
				t.Fatalf("bin %d is put into %d, want %d by the cuts %v", b, in[b], want, coarse)
			}
		}
	})
}

func TestConfigNamesEveryFault(t *testing.T) {
	if err := Defaults().Validate(); err != nil {
		t.Error(err)
	}
	var fields []string
	for _, f := range schemas.FaultsOf(Config{Bins: 257, Pairs: -1, PairBins: 17, Rate: math.NaN(), Ridge: -1}.Validate()) {
		fields = append(fields, f.Field)
	}
	if want := []string{"bins", "leaves", "min_leaf", "rounds", "patience", "bags", "pairs", "pair_bins", "pairs_at_once", "rate", "ridge", "kept_back"}; !slices.Equal(fields, want) {
		t.Errorf("got %v, want %v", fields, want)
	}
}

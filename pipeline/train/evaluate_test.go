package train

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"winback/scorer/risk"
)

func drawnRows(t *rapid.T) []scored {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) scored {
		return scored{float64(rapid.IntRange(0, 8).Draw(t, "score")) / 8, rapid.Bool().Draw(t, "lost")}
	}), 1, 60).Draw(t, "rows")
}

func same(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) < 1e-12
}

func TestAUCIsTheShareOfPairsRankedRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := drawnRows(t)
		right, pairs := 0.0, 0.0
		for _, a := range rows {
			for _, b := range rows {
				if !a.lost || b.lost {
					continue
				}
				pairs++
				switch {
				case a.score > b.score:
					right++
				case a.score == b.score:
					right += 0.5
				}
			}
		}
		if got := rank(rows).AUC; !same(got, right/pairs) {
			t.Fatalf("%v: got %v, want %v", rows, got, right/pairs)
		}
	})
}

// The test adds up, row by row, the chance to come into the top tenth.
func TestLiftIsThatOfARandomOrderOfEqualScores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := drawnRows(t)
		var ten []scored
		lost := 0.0
		for _, r := range rows {
			for range 10 {
				ten = append(ten, r)
			}
			if r.lost {
				lost++
			}
		}
		n := len(rows) // the top tenth of ten
		want := 0.0
		for _, r := range ten {
			if !r.lost {
				continue
			}
			above, equal := 0, 0
			for _, other := range ten {
				if other.score > r.score {
					above++
				} else if other.score == r.score {
					equal++
				}
			}
			want += min(1, max(0, float64(n-above)/float64(equal))) // the chance to be in it
		}
		want = want / float64(n) / (lost / float64(n))
		got := rank(ten).Lift
		if !(same(got, want) || math.Abs(got/want-1) < 1e-12) {
			t.Fatalf("%v: got %v, want %v", rows, got, want)
		}
	})
}

func TestCalibrationIsTakenRowByRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := drawnRows(t)
		var got risk.Test
		calibrate(rows, &got)
		brier, lost, seen := 0.0, 0.0, 0
		for _, r := range rows {
			if r.lost {
				brier, lost = brier+(1-r.score)*(1-r.score), lost+1
			} else {
				brier += r.score * r.score
			}
		}
		n := float64(len(rows))
		if !same(got.Brier, brier/n) || !same(got.Lost, lost/n) || got.Rows != len(rows) {
			t.Fatalf("%v: got %+v", rows, got)
		}
		for i, bin := range got.Reliability {
			in, predicted, came := 0.0, 0.0, 0.0
			for _, r := range rows {
				if r.score >= bin.From && (r.score < bin.To || i == bins-1) {
					in, predicted = in+1, predicted+r.score
					if r.lost {
						came++
					}
				}
			}
			if bin.Rows != int(in) || !same(bin.Predicted, predicted/max(in, 1)) || !same(bin.Observed, came/max(in, 1)) {
				t.Fatalf("%v: bin %d: got %+v", rows, i, bin)
			}
			seen += bin.Rows
		}
		if seen != len(rows) {
			t.Fatalf("%d rows in the table, want %d", seen, len(rows))
		}
	})
}

func TestARankingOfOneKindIsUndefined(t *testing.T) {
	for _, rows := range [][]scored{{{0.5, true}}, {{0.5, false}, {0.1, false}}} {
		if got := rank(rows); !math.IsNaN(got.AUC) {
			t.Errorf("%v: got %+v", rows, got)
		}
	}
}

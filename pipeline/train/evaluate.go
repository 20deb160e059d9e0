package train

import (
	"cmp"
	"slices"

	"winback/scorer/risk"
)

// Ranking says how well an order separates the lost from the others; where one of the two kinds is missing, both figures are NaN.
type Ranking struct {
	AUC  float64 // the chance that one who is lost ranks above one who is not; equal ranks count half
	Lift float64 // the share of the lost among the top tenth, over their share of all
}

const bins = 10

// scored is a row's score and label.
type scored struct {
	score float64
	lost  bool
}

// Rank measures an order of rows by their scores.
func Rank(scores []float64, lost []bool) Ranking {
	rows := make([]scored, len(scores))
	for i := range rows {
		rows[i] = scored{scores[i], lost[i]}
	}
	return rank(rows)
}

// rank measures an order; it sorts the rows, the highest first.
func rank(rows []scored) Ranking {
	slices.SortFunc(rows, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	n, lost := float64(len(rows)), 0.0
	top, above := 0.0, 0.0 // the lost in the top tenth; pairs ranked right
	tenth := n / 10
	for from := 0; from < len(rows); {
		to, hit := from, 0.0 // rows of equal score
		for ; to < len(rows) && rows[to].score == rows[from].score; to++ {
			if rows[to].lost {
				hit++
			}
		}
		size := float64(to - from)
		above += (size - hit) * (lost + hit/2)
		top += hit * min(1, max(0, tenth-float64(from))/size)
		lost += hit
		from = to
	}
	return Ranking{AUC: above / (lost * (n - lost)), Lift: top / tenth / (lost / n)}
}

// calibrate compares predicted chances with what happened: the base rate, the Brier score and the reliability table.
func calibrate(rows []scored, into *risk.Test) {
	sum, lost := 0.0, 0.0
	table := make([]risk.Bin, bins)
	for i := range table {
		table[i].From, table[i].To = float64(i)/bins, float64(i+1)/bins
	}
	for _, r := range rows {
		came := 0.0
		if r.lost {
			came = 1
		}
		sum += (r.score - came) * (r.score - came)
		lost += came
		bin := &table[min(int(r.score*bins), bins-1)]
		bin.Rows++
		bin.Predicted += r.score
		bin.Observed += came
	}
	for i := range table {
		if n := float64(table[i].Rows); n > 0 {
			table[i].Predicted /= n
			table[i].Observed /= n
		}
	}
	n := float64(len(rows))
	into.Rows, into.Lost, into.Brier, into.Reliability = len(rows), lost/n, sum/n, table
}

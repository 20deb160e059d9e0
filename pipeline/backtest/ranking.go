package backtest

import "winback/pipeline/train"

// Ranking says how well an order of the rows separates the lost from the others.
type Ranking struct {
	Name string `json:"by"`
	AUC  Figure `json:"auc"`
	Lift Figure `json:"lift_top_tenth"`
}

// Bin are the rows with a risk in a range, per cent.
type Bin struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Rows  int     `json:"rows"`
	Given Figure  `json:"given"` // the mean of the risk as a chance, 0 to 1
	Came  Figure  `json:"came"`  // the share lost
}

const bins = 10

func (s *selection) ranking(name string, score func(at int64, r *Row) float64) Ranking {
	var scores []float64
	var lost []bool
	s.each(func(k, i int, r *Row) {
		scores, lost = append(scores, score(s.cutoffs[k].At, r)), append(lost, s.lossOf[k][i] >= 0)
	})
	ranked := train.Rank(scores, lost)
	return Ranking{name, Figure(ranked.AUC), Figure(ranked.Lift)}
}

// reliability compares the risks given with what came.
func (s *selection) reliability() []Bin {
	var given [bins]float64
	var lost [bins]int
	table := make([]Bin, bins)
	s.each(func(k, i int, r *Row) {
		if r.Risk < 0 {
			return
		}
		n := min(int(r.Risk*bins/100), bins-1)
		table[n].Rows++
		given[n] += r.Risk / 100
		if s.lossOf[k][i] >= 0 {
			lost[n]++
		}
	})
	for n := range table {
		b := &table[n]
		b.From, b.To, b.Given, b.Came = float64(n)*100/bins, float64(n+1)*100/bins, unknown(), over(lost[n], b.Rows)
		if b.Rows > 0 {
			b.Given = Figure(given[n] / float64(b.Rows))
		}
	}
	return table
}

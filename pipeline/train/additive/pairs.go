package additive

import (
	"cmp"
	"slices"
)

// rankBins are how many bins of each feature pairs are ranked by.
const rankBins = 8

// rankPairs returns the pairs of features whose four quadrants explain most of what the scores leave over (FAST, by Lou et al. 2013), the best first, without
// those there are.
func (f *fit) rankPairs(most int) [][2]int {
	slope, curve := f.slopes()
	coarse := make([][]uint8, len(f.cuts))
	parallel(len(coarse), func(j int) {
		_, in := coarsen(f.codes[j], f.cuts[j], rankBins)
		coarse[j] = recode(f.codes[j], in)
	})
	type ranked struct {
		pair [2]int
		gain float64
	}
	var all []ranked
	for a := range coarse {
		for b := a + 1; b < len(coarse); b++ {
			all = append(all, ranked{pair: [2]int{a, b}})
		}
	}
	parallel(len(all), func(k int) {
		all[k].gain = f.cfg.quadrants(coarse[all[k].pair[0]], coarse[all[k].pair[1]], slope, curve)
	})
	slices.SortStableFunc(all, func(x, y ranked) int { return cmp.Compare(y.gain, x.gain) })
	var pairs [][2]int
	for _, r := range all {
		known := slices.ContainsFunc(f.pairs, func(p pair) bool { return p.columns == r.pair })
		if len(pairs) < most && r.gain > 0 && !known {
			pairs = append(pairs, r.pair)
		}
	}
	return pairs
}

func (f *fit) slopes() (slope, curve []float32) {
	slope, curve = make([]float32, len(f.scores)), make([]float32, len(f.scores))
	for i, z := range f.scores {
		p, weight, label := logistic(z), 1.0, 0.0
		if f.rows.Weights != nil {
			weight = float64(f.rows.Weights[i])
		}
		if f.rows.Labels[i] {
			label = 1
		}
		slope[i], curve[i] = float32(weight*(label-p)), float32(weight*p*(1-p))
	}
	return slope, curve
}

func recode(codes, in []uint8) []uint8 {
	coarse := make([]uint8, len(codes))
	for i, c := range codes {
		coarse[i] = in[c]
	}
	return coarse
}

// quadrants is the gain of the best way to divide the plane of two features by one cut of each.
func (c *Config) quadrants(a, b []uint8, slope, curve []float32) float64 {
	var sums [rankBins * rankBins]cell
	for i, x := range a {
		s := &sums[int(x)*rankBins+int(b[i])]
		s.slope += float64(slope[i])
		s.curve += float64(curve[i])
		s.rows++
	}
	g := newGrid(sums[:], rankBins, rankBins, false)
	best, least := 0.0, float64(c.MinLeaf)
	for i := 1; i < rankBins; i++ {
		for j := 1; j < rankBins; j++ {
			gain := 0.0
			for _, s := range [...]cell{g.block(0, i, j), g.block(i, rankBins, j), g.block(0, i, rankBins).less(g.block(0, i, j)), g.block(i, rankBins, rankBins).less(g.block(i, rankBins, j))} {
				if s.rows >= least {
					gain += c.gain(s)
				}
			}
			best = max(best, gain)
		}
	}
	return best
}

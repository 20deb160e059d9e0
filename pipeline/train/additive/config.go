package additive

import "winback/schemas"

// Config says how curves are fitted.
type Config struct {
	Bins     int     // of a feature, at most
	Leaves   int     // of the tree that a round adds to a curve, at most
	Rate     float64 // the fraction of each tree that is added
	MinLeaf  int     // rows under each leaf, at least
	Ridge    float64 // added to the curvature under a leaf, so that few rows move a curve little
	Rounds   int     // over all features, at most; and as many over the pairs
	Patience int     // rounds without a lower loss of the groups kept back, after which a bag ends
	Bags     int     // fits that are averaged
	KeptBack float64 // the share of the groups that a bag keeps back
	Pairs    int     // of features, at most
	PairBins int     // of each feature of a pair, at most

	PairsAtOnce int // that are added before the rest are ranked anew
}

// Defaults suit some thousands of rows to some millions.
func Defaults() Config {
	return Config{
		Bins: 256, Leaves: 2, Rate: 0.15, MinLeaf: 200, Ridge: 5, Rounds: 1000, Patience: 20, Bags: 4, KeptBack: 0.15, Pairs: 10, PairBins: 16, PairsAtOnce: 4,
	}
}

// The codes of bins are single bytes, also those of a pair's two features together.
const (
	maxBins     = 256
	maxPairBins = 16
)

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	for _, n := range [...]struct {
		name           string
		n, least, most int
	}{
		{"bins", c.Bins, 2, maxBins}, {"leaves", c.Leaves, 2, 32}, {"min_leaf", c.MinLeaf, 1, 1e9}, {"rounds", c.Rounds, 1, 1e6}, {"patience", c.Patience, 1, 1e6},
		{"bags", c.Bags, 1, 100}, {"pairs", c.Pairs, 0, 64}, {"pair_bins", c.PairBins, 2, maxPairBins}, {"pairs_at_once", c.PairsAtOnce, 1, 100},
	} {
		if n.n < n.least || n.n > n.most {
			faults.Add(n.name, "%d: use %d to %d", n.n, n.least, n.most)
		}
	}
	for _, x := range [...]struct {
		name           string
		x, least, most float64
	}{{"rate", c.Rate, 1e-3, 1}, {"ridge", c.Ridge, 0, 1e9}, {"kept_back", c.KeptBack, 0.05, 0.5}} {
		if !(x.x >= x.least && x.x <= x.most) {
			faults.Add(x.name, "%v: use %v to %v", x.x, x.least, x.most)
		}
	}
	return faults.Err()
}

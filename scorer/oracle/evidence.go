package oracle

import (
	"math/big"
	"strconv"
)

// guard answers whether so few events are too few to be chance: P(X <= k) <= alpha for X ~ Binomial(n, W/(W+B)), exactly.
type guard struct {
	off      bool
	alpha    *big.Rat
	w, b     *big.Int        // W and B, shortened
	critical map[int64]int64 // by n: the largest k that is too few, -1 if none
}

func newGuard(cfg *Config) *guard {
	// The decimal that was configured is meant, not the binary fraction next to it.
	alpha, ok := new(big.Rat).SetString(strconv.FormatFloat(cfg.Alpha, 'g', -1, 64))
	if !ok {
		panic("oracle: alpha is not a number")
	}
	share := big.NewRat(cfg.Window, cfg.Baseline)
	return &guard{off: cfg.Alpha >= 1, alpha: alpha, w: share.Num(), b: share.Denom(), critical: map[int64]int64{}}
}

// tooFew reports whether k of n events fall into the current window by chance alone with a probability of at most alpha.
func (g *guard) tooFew(k, n int64) bool {
	if g.off {
		return true
	}
	critical, known := g.critical[n]
	if !known {
		critical = g.search(n)
		g.critical[n] = critical
	}
	return k <= critical
}

// search adds the terms C(n,k) w^k b^(n-k), k = 0, 1, ..., as long as their sum is at most alpha (w+b)^n.
func (g *guard) search(n int64) int64 {
	whole := new(big.Int).Exp(new(big.Int).Add(g.w, g.b), big.NewInt(n), nil)
	limit := new(big.Int).Mul(whole, g.alpha.Num()) // compared with sum * alpha's denominator
	sum, scaled := new(big.Int), new(big.Int)
	term := new(big.Int).Exp(g.b, big.NewInt(n), nil)
	for k := int64(0); k <= n; k++ {
		sum.Add(sum, term)
		if scaled.Mul(sum, g.alpha.Denom()).Cmp(limit) > 0 {
			return k - 1
		}
		term.Mul(term, big.NewInt(n-k)).Mul(term, g.w)
		term.Quo(term, big.NewInt(k+1)).Quo(term, g.b) // both without remainder
	}
	return n
}

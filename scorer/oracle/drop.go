package oracle

import "math/big"

// windows are the two windows at a border, as indices into the history: the baseline [base, cur), the current window [cur, end).
type windows struct {
	border         int64
	base, cur, end int
}

func (j *judge) windowsAt(p *userState, border int64) windows {
	from := border - j.cfg.Window
	return windows{border: border, base: p.before(from - j.cfg.Baseline), cur: p.before(from), end: p.before(border)}
}

// expected is what the current window would hold at the baseline's rate, times Baseline and a million: base W f.
func (j *judge) expected(p *userState, m int, w windows) *big.Int {
	return product(p.total(m, w.base, w.cur), j.cfg.Window, j.population.factor(m, w.border))
}

// found is what the current window holds, in the unit of expected: cur B.
func (j *judge) found(p *userState, m int, w windows) *big.Int {
	return product(p.total(m, w.cur, w.end), j.cfg.Baseline, Million)
}

// fell reports whether base > 0 and drop >= share, in millionths: (expected - found) / expected >= share.
func (j *judge) fell(p *userState, m int, w windows, share int64) bool {
	expected := j.expected(p, m, w)
	if expected.Sign() <= 0 {
		return false
	}
	missing := new(big.Int).Sub(expected, j.found(p, m, w))
	return missing.Mul(missing, big.NewInt(Million)).Cmp(expected.Mul(expected, big.NewInt(share))) >= 0
}

// drop is 1 - found / expected, for a metric that fell.
func (j *judge) drop(p *userState, m int, w windows) *big.Rat {
	left := new(big.Rat).SetFrac(j.found(p, m, w), j.expected(p, m, w))
	return left.Sub(big.NewRat(1, 1), left)
}

// hasEvidence reports whether the baseline is rich enough for a drop to count.
func (j *judge) hasEvidence(p *userState, m int, w windows) bool {
	return p.count(m, w.base, w.cur) >= j.cfg.MinBaseline && j.weeks(p, m, w.border) >= j.cfg.MinWeeks
}

// weeks counts the weeks of the baseline with events, back from its end; its first week may be cut short.
func (j *judge) weeks(p *userState, m int, border int64) int {
	end := border - j.cfg.Window
	start, n := end-j.cfg.Baseline, 0
	for ; end > start; end -= week {
		if p.count(m, p.before(max(start, end-week)), p.before(end)) > 0 {
			n++
		}
	}
	return n
}

func product(factors ...int64) *big.Int {
	x := big.NewInt(1)
	for _, f := range factors {
		x.Mul(x, big.NewInt(f))
	}
	return x
}

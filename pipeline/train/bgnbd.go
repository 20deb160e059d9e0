package train

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/optimize"

	"winback/scorer/alive"
)

// Customer is what BG/NBD knows of one: repeat purchases, and the times of the last of them and of the end of the observation, both counted
// from the first purchase. The paper calls them x, t_x and T.
type Customer struct {
	Repeats   int
	Last, Age float64
}

// FitAlive finds the parameters that maximise the likelihood of what the customers did, and returns that log-likelihood too. The error says
// why there are none.
func FitAlive(customers []Customer) (alive.Params, float64, error) {
	likelihood, err := newBGNBD(customers)
	if err != nil {
		return alive.Params{}, 0, err
	}
	var best *optimize.Result
	for _, start := range likelihood.starts() {
		settings := &optimize.Settings{GradientThreshold: 1e-9, MajorIterations: 1000, Converger: &optimize.FunctionConverge{Absolute: 1e-14, Iterations: 50}}
		// A line search may give up on the last digits, where rounding hides the slope: its result is as good.
		result, failed := optimize.Minimize(problem(likelihood.mean), start, settings, &optimize.BFGS{})
		if result == nil {
			err = failed
		} else if best == nil || result.F < best.F {
			best = result
		}
	}
	if best == nil {
		return alive.Params{}, 0, fmt.Errorf("P(alive) cannot be fitted: %w", err)
	}
	found := paramsOf(best.X)
	slope := make([]float64, len(best.X))
	likelihood.mean(best.X, slope)
	if err := found.Validate(); err != nil || !(norm(slope) < 1e-5) {
		return alive.Params{}, 0, fmt.Errorf("P(alive) cannot be fitted: the likelihood has no peak (it rises towards r %.3g, alpha %.3g, a %.3g, b %.3g): give it customers of whom some stay and some leave, watched for longer",
			found.R, found.Alpha, found.A, found.B)
	}
	return found, -best.F * likelihood.customers, nil
}

// bgnbd is the log-likelihood of all customers. The gamma functions depend on the number of purchases alone, of which there are few.
type bgnbd struct {
	customers float64
	equal     []equalCustomers
	repeats   []equalRepeats
}

type equalCustomers struct {
	Customer
	n float64
}

type equalRepeats struct{ x, n float64 }

func newBGNBD(customers []Customer) (*bgnbd, error) {
	counts, repeats, again := map[Customer]float64{}, map[int]float64{}, 0
	for _, c := range customers {
		if c.Repeats < 0 || !(0 <= c.Last && c.Last <= c.Age) || math.IsInf(c.Age, 0) {
			return nil, fmt.Errorf("%+v is no customer: the last purchase lies between the first and the end", c)
		}
		counts[c]++
		repeats[c.Repeats]++
		if c.Repeats > 0 {
			again++
		}
	}
	if again == 0 {
		return nil, errors.New("P(alive) cannot be fitted: no customer came again after the first day: give it a longer time, or a metric of which there is more")
	}
	b := &bgnbd{customers: float64(len(customers))}
	for c, n := range counts {
		b.equal = append(b.equal, equalCustomers{c, n})
	}
	for x, n := range repeats {
		b.repeats = append(b.repeats, equalRepeats{float64(x), n})
	}
	// Sums must not depend on the order of a map.
	slices.SortFunc(b.equal, func(p, q equalCustomers) int {
		return cmp.Or(cmp.Compare(p.Repeats, q.Repeats), cmp.Compare(p.Last, q.Last), cmp.Compare(p.Age, q.Age))
	})
	slices.SortFunc(b.repeats, func(p, q equalRepeats) int { return cmp.Compare(p.x, q.x) })
	return b, nil
}

// starts are where the search begins: the rate that the customers show, spread more or less, and a quarter leaving each time.
func (b *bgnbd) starts() [][]float64 {
	purchases, age := 0.0, 0.0
	for _, c := range b.equal {
		purchases += c.n * float64(c.Repeats)
		age += c.n * max(c.Age, 1e-3)
	}
	var starts [][]float64
	for _, shape := range [...]float64{0.3, 2} {
		starts = append(starts, []float64{math.Log(shape), math.Log(shape * age / purchases), math.Log(0.5), math.Log(1.5)})
	}
	return starts
}

func paramsOf(logs []float64) alive.Params {
	return alive.Params{R: math.Exp(logs[0]), Alpha: math.Exp(logs[1]), A: math.Exp(logs[2]), B: math.Exp(logs[3])}
}

// mean is the mean of the customers' log-likelihoods, its sign turned, over the logarithms of the parameters, which have no bounds.
func (b *bgnbd) mean(logs, slope []float64) float64 {
	p := paramsOf(logs)
	sum, s := 0.0, [4]float64{}
	for _, e := range b.repeats {
		sum += e.n * gammas(&p, e.x, e.n, &s)
	}
	for i := range b.equal {
		sum += b.equal[i].n * b.equal[i].times(&p, &s)
	}
	for i, v := range [...]float64{p.R, p.Alpha, p.A, p.B} {
		slope[i] = -s[i] * v / b.customers
	}
	if !(math.Abs(sum) <= math.MaxFloat64) {
		return math.Inf(1) // the step was too large
	}
	beyond := max(0, logs[3]-math.Log(largestB))
	slope[3] += beyond
	return -sum/b.customers + beyond*beyond/2
}

// largestB is about how large b may grow: beyond it the likelihood is penalised. Where all customers are equally likely to leave, a and b have
// no peak but grow together without end, until rounding makes their gamma functions useless; long before that they describe the same customers.
const largestB = 1e4

// gammas is the part of a customer's log-likelihood that depends on the number of purchases alone. n times its derivatives by r, alpha, a and b
// are added to s.
func gammas(p *alive.Params, x, n float64, s *[4]float64) float64 {
	log := logGamma(p.R+x) - logGamma(p.R) + p.R*math.Log(p.Alpha)
	s[0] += n * (mathext.Digamma(p.R+x) - mathext.Digamma(p.R) + math.Log(p.Alpha))
	s[1] += n * p.R / p.Alpha
	if x == 0 {
		return log
	}
	log += logGamma(p.A+p.B) + logGamma(p.B+x) - logGamma(p.B) - logGamma(p.A+p.B+x)
	both := mathext.Digamma(p.A+p.B) - mathext.Digamma(p.A+p.B+x)
	s[2] += n * both
	s[3] += n * (both + mathext.Digamma(p.B+x) - mathext.Digamma(p.B))
	return log
}

// times is the part that depends on the times: log of (alpha+T)^-(r+x) + a/(b+x-1) (alpha+tx)^-(r+x).
func (c *equalCustomers) times(p *alive.Params, s *[4]float64) float64 {
	x, logT := float64(c.Repeats), math.Log(p.Alpha+c.Age)
	stayed := -(p.R + x) * logT
	if c.Repeats == 0 {
		s[0] -= c.n * logT
		s[1] -= c.n * p.R / (p.Alpha + c.Age)
		return stayed
	}
	logTx := math.Log(p.Alpha + c.Last)
	left := math.Log(p.A/(p.B+x-1)) - (p.R+x)*logTx
	gone := logistic(left - stayed)
	s[0] -= c.n * ((1-gone)*logT + gone*logTx)
	s[1] -= c.n * (p.R + x) * ((1-gone)/(p.Alpha+c.Age) + gone/(p.Alpha+c.Last))
	s[2] += c.n * gone / p.A
	s[3] -= c.n * gone / (p.B + x - 1)
	return max(stayed, left) + math.Log1p(math.Exp(-math.Abs(left-stayed)))
}

func logGamma(z float64) float64 {
	v, _ := math.Lgamma(z)
	return v
}

func norm(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}

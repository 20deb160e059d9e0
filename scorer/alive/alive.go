// Package alive gives the chance that a customer still is one, by the BG/NBD model of Fader, Hardie and Lee (2005), "Counting Your
// Customers" the Easy Way: An Alternative to the Pareto/NBD Model, Marketing Science 24(2), 275-284.
//
// A customer who is alive buys at a rate of their own, Gamma(r, alpha) over the customers, and after each repeat purchase leaves for
// good with a chance of their own, Beta(a, b). What is known of them is x, how many repeat purchases were made after the first; tx,
// when the last of them was (0 if x is 0); and T, how long they have been watched: both counted from the first purchase, in the unit
// of time the parameters were fitted in. pipeline/train fits the parameters; the scorer asks for Alive. Of a customer without a repeat purchase
// the model knows nothing: Alive is 1 then, as a feature of a risk, and is not told to people.
package alive

import (
	"math"

	"winback/schemas"
)

// Params are the model's four parameters, all positive. Alpha is in the unit of time of the fit.
type Params struct {
	R     float64 `json:"r"`
	Alpha float64 `json:"alpha"`
	A     float64 `json:"a"`
	B     float64 `json:"b"`
}

// Validate reports every fault.
func (p Params) Validate() error {
	var faults schemas.Faults
	for _, v := range [...]struct {
		name  string
		value float64
	}{{"r", p.R}, {"alpha", p.Alpha}, {"a", p.A}, {"b", p.B}} {
		if !(v.value >= smallest && v.value <= largest) {
			faults.Add(v.name, "%v: use a number from %g to %g, as `winback train` fits it", v.value, smallest, largest)
		}
	}
	return faults.Err()
}

// Parameters beyond these say that a fit ran away, and would lose the digits of the formulas.
const (
	smallest = 1e-9
	largest  = 1e9
)

// Alive is the chance, 0 to 1, that a customer is alive at T, here t: 1 / (1 + a/(b+x-1) ((alpha+T)/(alpha+tx))^(r+x)), and 1 without a repeat
// purchase, since the model lets nobody leave before one (Fader, Hardie and Lee 2008, "Computing P(alive) Using the BG/NBD Model").
// The odds are computed in logarithms, because the power overflows for customers of a few hundred purchases.
func (p Params) Alive(x int, tx, t float64) float64 {
	if x <= 0 {
		return 1
	}
	return 1 / (1 + math.Exp(p.logOddsGone(float64(x), tx, t)))
}

// logOddsGone is for x > 0.
func (p Params) logOddsGone(x, tx, t float64) float64 {
	return math.Log(p.A/(p.B+x-1)) + (p.R+x)*math.Log1p((t-tx)/(p.Alpha+tx))
}

// LogLikelihood is the natural logarithm of the likelihood of one customer's (x, tx, T): equation (6) of the paper.
func (p Params) LogLikelihood(x int, tx, t float64) float64 {
	n := float64(x)
	purchases := logGamma(p.R+n) - logGamma(p.R) + p.R*math.Log(p.Alpha) - (p.R+n)*math.Log(p.Alpha+t)
	if x <= 0 {
		return purchases
	}
	stays := logGamma(p.A+p.B) + logGamma(p.B+n) - logGamma(p.B) - logGamma(p.A+p.B+n)
	return purchases + stays + log1pExp(p.logOddsGone(n, tx, t))
}

// log1pExp is log(1 + e^z) without overflow.
func log1pExp(z float64) float64 { return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }

func logGamma(z float64) float64 {
	v, _ := math.Lgamma(z)
	return v
}

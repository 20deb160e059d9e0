package oracle

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestChanceIsTheIntegralOfTheLikelihood adds up both likelihoods over a grid of rates and chances to leave, weighted by how frequent these are.
func TestChanceIsTheIntegralOfTheLikelihood(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 40 {
		a := Alive{R: 1 + 2*rng.Float64(), Alpha: 1 + 5*rng.Float64(), A: 1 + 2*rng.Float64(), B: 1 + 3*rng.Float64()}
		x, age := rng.IntN(9), 40*rng.Float64()
		tx := age * rng.Float64()
		if x == 0 {
			tx = 0
		}
		if got, want := a.Chance(x, tx, age), a.integral(x, tx, age); math.Abs(got-want) > 1e-4 {
			t.Errorf("%+v, x %d, tx %v, T %v: %v, want %v", a, x, tx, age, got, want)
		}
	}
}

// integral takes the middles of 2000 strips in each direction; the two variables are independent, and so are their sums.
func (a *Alive) integral(x int, tx, t float64) float64 {
	const strips, fastest = 2000, 20.0 // no rate above it has any weight to speak of
	power := func(base float64, n int) float64 { return math.Pow(base, float64(n)) }
	var stayed, left, upToNow, upToLast float64
	for i := range strips {
		p := (float64(i) + 0.5) / strips
		weight := math.Pow(p, a.A-1) * math.Pow(1-p, a.B-1)
		stayed += weight * power(1-p, x)
		left += weight * p * power(1-p, x-1)
		rate := p * fastest
		weight = math.Pow(rate, a.R-1) * math.Exp(-rate*a.Alpha)
		upToNow += weight * power(rate, x) * math.Exp(-rate*t)
		upToLast += weight * power(rate, x) * math.Exp(-rate*tx)
	}
	if x == 0 {
		return 1
	}
	return stayed * upToNow / (stayed*upToNow + left*upToLast)
}

// The parameters that the paper found for CDNOW, in weeks; the values are computed with 50 digits from the closed form.
func TestChanceOfPublishedParameters(t *testing.T) {
	cdnow := Alive{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}
	for _, c := range []struct {
		x           int
		tx, t, want float64
	}{{0, 0, 38.86, 1}, {2, 30.43, 38.86, 0.726_578_570_1}, {1, 38.86, 38.86, 0.753_650_201_9}, {300, 300, 330, 2.108_820_727e-10}} {
		if got := cdnow.Chance(c.x, c.tx, c.t); math.Abs(got/c.want-1) > 1e-9 {
			t.Errorf("x %d, tx %v, T %v: %.10g, want %.10g", c.x, c.tx, c.t, got, c.want)
		}
	}
}

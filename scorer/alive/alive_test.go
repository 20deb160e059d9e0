package alive_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"winback/schemas"
	"winback/scorer/alive"
)

// cdnow are the parameters that the paper prints for CDNOW, time in weeks.
var cdnow = alive.Params{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}

func TestAliveOfPublishedParameters(t *testing.T) {
	for _, c := range []struct {
		x     int
		tx, T float64
		want  float64 // 1 / (1 + a/(b+x-1) ((alpha+T)/(alpha+tx))^(r+x)), computed with 50 digits
	}{
		{0, 0, 38.86, 1},
		{2, 30.43, 38.86, 0.726_578_570_1},
		{1, 1.71, 38.86, 0.212_100_985_4},
		{1, 38.86, 38.86, 0.753_650_201_9},
		{26, 30.86, 31, 0.968_915_649_7},
		{300, 300, 330, 2.108_820_727e-10},
	} {
		if got := cdnow.Alive(c.x, c.tx, c.T); math.Abs(got/c.want-1) > 1e-9 {
			t.Errorf("x %d, tx %v, T %v: got %.10g, want %.10g", c.x, c.tx, c.T, got, c.want)
		}
	}
}

func TestLogLikelihoodIsTheFormulaOfThePaper(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, x, tx, T := drawn(t, 30)
		beta := func(a, b float64) float64 { return math.Gamma(a) * math.Gamma(b) / math.Gamma(a+b) }
		n := float64(x)
		want := beta(p.A, p.B+n) / beta(p.A, p.B) * math.Gamma(p.R+n) * math.Pow(p.Alpha, p.R) / math.Gamma(p.R) / math.Pow(p.Alpha+T, p.R+n)
		if x > 0 {
			want += beta(p.A+1, p.B+n-1) / beta(p.A, p.B) * math.Gamma(p.R+n) * math.Pow(p.Alpha, p.R) / math.Gamma(p.R) / math.Pow(p.Alpha+tx, p.R+n)
		}
		if got := p.LogLikelihood(x, tx, T); math.Abs(got-math.Log(want)) > 1e-8 {
			t.Fatalf("%+v, x %d, tx %v, T %v: got %v, want %v", p, x, tx, T, got, math.Log(want))
		}
	})
}

// TestAliveIsAShareOfTheLikelihood takes the chance from the likelihood's two terms: still alive, or gone right after tx.
func TestAliveIsAShareOfTheLikelihood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, x, tx, T := drawn(t, 1000)
		if x == 0 {
			t.Skip("nobody leaves before a repeat purchase")
		}
		forever := p.LogLikelihood(x, tx, math.MaxFloat64) // what is left is the term of those gone
		want := -math.Expm1(forever - p.LogLikelihood(x, tx, T))
		if got := p.Alive(x, tx, T); math.Abs(got-want) > 1e-9*(1+math.Abs(forever)) {
			t.Fatalf("%+v, x %d, tx %v, T %v: got %v, want %v", p, x, tx, T, got, want)
		}
	})
}

func TestAliveIsAChanceThatFallsWithSilence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, x, tx, T := drawn(t, 100_000)
		later := T + rapid.Float64Range(0, 1e5).Draw(t, "silence")
		now, then := p.Alive(x, tx, T), p.Alive(x, tx, later)
		if !(now >= 0 && now <= 1 && then >= 0 && then <= now) {
			t.Fatalf("%+v, x %d, tx %v: %v at %v, %v at %v", p, x, tx, now, T, then, later)
		}
		if x == 0 && then != 1 {
			t.Fatalf("without a repeat purchase: %v", then)
		}
		if likelihood := p.LogLikelihood(x, tx, T); math.IsNaN(likelihood) || math.IsInf(likelihood, 0) {
			t.Fatalf("%+v, x %d, tx %v, T %v: log-likelihood %v", p, x, tx, T, likelihood)
		}
	})
}

func drawn(t *rapid.T, most int) (p alive.Params, x int, tx, age float64) {
	value := func(name string) float64 { return math.Exp(rapid.Float64Range(-3, 3).Draw(t, name)) }
	p = alive.Params{R: value("r"), Alpha: value("alpha"), A: value("a"), B: value("b")}
	x = rapid.IntRange(0, most).Draw(t, "x")
	age = rapid.Float64Range(0, 500).Draw(t, "T")
	if x > 0 {
		tx = rapid.Float64Range(0, age).Draw(t, "tx")
	}
	return p, x, tx, age
}

func TestValidateNamesEveryParameterThatCannotBe(t *testing.T) {
	if err := cdnow.Validate(); err != nil {
		t.Error(err)
	}
	faults := schemas.FaultsOf(alive.Params{R: math.NaN(), Alpha: -1, A: math.Inf(1)}.Validate())
	if len(faults) != 4 || faults[0].Field != "r" || faults[3].Field != "b" {
		t.Errorf("got %v", faults)
	}
}

func TestAliveAllocatesNothing(t *testing.T) {
	sum := 0.0
	if n := testing.AllocsPerRun(100, func() { sum += cdnow.Alive(7, 20, 30) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAlive(b *testing.B) {
	b.ReportAllocs()
	sum := 0.0
	for b.Loop() {
		sum += cdnow.Alive(7, 20, 30)
	}
	_ = sum
}

package train

import (
	"compress/gzip"
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"winback/scorer/alive"
)

// cdnowSample reads the sample that the paper fitted: the days on which each customer bought, up to 1997-09-30, time in weeks.
func cdnowSample(t *testing.T) []Customer {
	t.Helper()
	dir := os.Getenv("WINBACK_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	file, err := os.Open(filepath.Join(dir, "cdnow_sample.csv.gz"))
	if err != nil {
		t.Skipf("the data set is not here; set WINBACK_DATA to the directory that holds it: %v", err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(plain).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	end := time.Date(1997, 9, 30, 0, 0, 0, 0, time.UTC).Unix() / 86400
	days := map[string]map[int64]bool{}
	for _, row := range rows[1:] {
		at, err := time.Parse(time.DateOnly, row[1])
		if err != nil {
			t.Fatal(err)
		}
		day := at.Unix() / 86400
		if days[row[0]] == nil {
			days[row[0]] = map[int64]bool{}
		}
		if day <= end {
			days[row[0]][day] = true
		}
	}
	var customers []Customer
	for _, bought := range days {
		first, last := int64(math.MaxInt64), int64(0)
		for day := range bought {
			first, last = min(first, day), max(last, day)
		}
		customers = append(customers, Customer{len(bought) - 1, float64(last-first) / 7, float64(end-first) / 7})
	}
	return customers
}

// The parameters are those that Fader, Hardie and Lee (2005) print.
func TestFitAliveOfCDNOWEqualsThePaper(t *testing.T) {
	customers := cdnowSample(t)
	if len(customers) != 2357 {
		t.Fatalf("%d customers, want 2357", len(customers))
	}
	p, likelihood, err := FitAlive(customers)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("r %.4f, alpha %.4f, a %.4f, b %.4f, log-likelihood %.2f", p.R, p.Alpha, p.A, p.B, likelihood)
	for _, v := range []struct{ got, want, digits float64 }{
		{p.R, 0.243, 1e3}, {p.Alpha, 4.414, 1e3}, {p.A, 0.793, 1e3}, {p.B, 2.426, 1e3}, {likelihood, -9582.4, 10},
	} {
		if math.Round(v.got*v.digits) != math.Round(v.want*v.digits) {
			t.Errorf("got %v, the paper prints %v", v.got, v.want)
		}
	}
}

// simulated draws customers as the model has them.
func simulated(p alive.Params, n int) []Customer {
	random := rand.New(rand.NewPCG(1, 2))
	gamma := func(shape float64) float64 { // by sums of exponentials: the shapes are whole
		sum := 0.0
		for range int(shape) {
			sum += random.ExpFloat64()
		}
		return sum
	}
	customers := make([]Customer, n)
	for i := range customers {
		c := &customers[i]
		rate, u, v := gamma(p.R)/p.Alpha, gamma(p.A), gamma(p.B)
		leaves := u / (u + v)
		c.Age = 20 + 30*random.Float64()
		for at := random.ExpFloat64() / rate; at < c.Age; at += random.ExpFloat64() / rate {
			c.Repeats, c.Last = c.Repeats+1, at
			if random.Float64() < leaves {
				break
			}
		}
	}
	return customers
}

func TestFitAliveRecoversTheParametersThatCustomersWereDrawnFrom(t *testing.T) {
	want := alive.Params{R: 1, Alpha: 5, A: 1, B: 3}
	customers := simulated(want, 20_000)
	got, likelihood, err := FitAlive(customers)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string][2]float64{"r": {got.R, want.R}, "alpha": {got.Alpha, want.Alpha}, "a": {got.A, want.A}, "b": {got.B, want.B}} {
		if math.Abs(v[0]/v[1]-1) > 0.08 {
			t.Errorf("%s: got %v, want %v", name, v[0], v[1])
		}
	}
	sum := 0.0
	for _, c := range customers {
		sum += got.LogLikelihood(c.Repeats, c.Last, c.Age)
	}
	if math.Abs(likelihood-sum) > 1e-6*math.Abs(sum) {
		t.Errorf("the log-likelihood is said to be %v, and is %v", likelihood, sum)
	}
}

func TestTheGradientOfTheLikelihoodIsItsDifferenceQuotient(t *testing.T) {
	b, err := newBGNBD(simulated(alive.Params{R: 1, Alpha: 5, A: 1, B: 3}, 200))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.SliceOfN(rapid.Float64Range(-3, 3), 4, 4).Draw(t, "logs")
		slope, unused := make([]float64, 4), make([]float64, 4)
		b.mean(at, slope)
		for i := range at {
			const h = 1e-5
			up, down := append([]float64{}, at...), append([]float64{}, at...)
			up[i], down[i] = at[i]+h, at[i]-h
			want := (b.mean(up, unused) - b.mean(down, unused)) / (2 * h)
			if math.Abs(slope[i]-want) > 1e-5*(1+math.Abs(want)) {
				t.Fatalf("parameter %d at %v: got %v, want %v", i, at, slope[i], want)
			}
		}
	})
}

// Where all customers are equally likely to leave, the likelihood has no maximum in a and b, but their ratio is that probability.
func TestFitAliveRecoversTheLeavingRateOfEqualCustomers(t *testing.T) {
	const chance = 0.05
	random := rand.New(rand.NewPCG(7, 8))
	var customers []Customer
	for range 4000 {
		c, rate := Customer{Age: 10 + 40*random.Float64()}, 0.5+random.Float64()
		for at := random.ExpFloat64() / rate; at < c.Age && random.Float64() >= chance; at += random.ExpFloat64() / rate {
			c.Repeats, c.Last = c.Repeats+1, at
		}
		customers = append(customers, c)
	}
	p, _, err := FitAlive(customers)
	if got := p.A / (p.A + p.B); err != nil || math.Abs(got-chance) > 0.01 {
		t.Errorf("got %+v (%v), of whom %.3f leave each time, want %v", p, err, got, chance)
	}
}

func TestFitAliveRefusesDataWithoutAMaximum(t *testing.T) {
	stays := make([]Customer, 500)
	for i := range stays {
		stays[i] = Customer{10 + i%3, 30, 30} // everybody buys to the last day: nobody ever leaves
	}
	for name, c := range map[string]struct {
		customers []Customer
		want      string
	}{
		"nobody":          {nil, "no customer came again"},
		"nobody again":    {[]Customer{{0, 0, 5}}, "no customer came again"},
		"nobody leaves":   {stays, "the likelihood has no peak"},
		"last after age":  {[]Customer{{1, 3, 2}}, "is no customer"},
		"no time at all":  {[]Customer{{1, math.NaN(), 2}}, "is no customer"},
		"less than never": {[]Customer{{-1, 0, 2}}, "is no customer"},
	} {
		if p, _, err := FitAlive(c.customers); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %+v, %v", name, p, err)
		}
	}
}

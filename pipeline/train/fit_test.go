package train

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"winback/scorer/risk"
)

// features are those of the tests' town; the last never varies.
func townFeatures() []string {
	return []string{"recency", "log(tenure)", "days(0d, 14d)", "days(0d, 56d)", "log(ratio(recency, gap))", "sum(orders, 0w, 1w)"}
}

// town plays a year of users who come every few days, at a rate of their own, until one day they stop.
func town(t testing.TB, users, days int) *Samples {
	t.Helper()
	vector, err := risk.CompileFeatures(townFeatures(), []string{"orders"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSamples(Defaults(), vector)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	type citizen struct {
		id       []byte
		rate     float64
		from, to int
		active   []int
	}
	town := make([]citizen, users)
	for u := range town {
		from := random.IntN(days)
		town[u] = citizen{id: fmt.Appendf(nil, "user-%d", u), rate: 0.05 + 0.9*random.Float64()*random.Float64(), from: from, to: from + int(80*random.ExpFloat64())}
	}
	past := risk.Past{Metrics: make([]risk.History, 1)}
	for today := range days {
		at := int64(today) * dayLength
		if today%7 == 0 {
			if err := s.Cutoff(at); err != nil {
				t.Fatal(err)
			}
		}
		for u := range town {
			c := &town[u]
			if today%7 == 0 && len(c.active) > 0 {
				past.Days = [len(past.Days)]uint64{}
				for _, d := range c.active {
					if back := today - d - 1; back < risk.MaxDays {
						past.Days[back/64] |= 1 << (back % 64)
					}
				}
				past.At, past.Tenure, past.Age = at, at-int64(c.active[0])*dayLength, at-int64(c.active[len(c.active)-1]+1)*dayLength
				if err := s.Add(c.id, &past); err != nil {
					t.Fatal(err)
				}
			}
			if c.from <= today && today <= c.to && random.Float64() < c.rate {
				c.active = append(c.active, today)
				s.Active(c.id, at+dayLength/2)
				s.Counted(c.id, at+dayLength/2, 0)
			}
		}
	}
	return s
}

func fitTown(t testing.TB, s *Samples, days int) *Result {
	t.Helper()
	r, err := s.Fit(t.Context(), &Facts{
		Name: "town", Data: []risk.Source{{Name: "town.csv", Events: 1}}, End: int64(days) * dayLength, Features: townFeatures(), Alive: "orders",
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAModelIsMeasuredOnWhatItDidNotSee(t *testing.T) {
	const days = 300
	s := town(t, 1500, days)
	r := fitTown(t, s, days)
	var names []string
	rows := map[string]int{}
	for _, p := range r.Parts {
		names = append(names, p.Name)
		rows[p.Name] = p.Test.Rows
		if !(p.Test.AUC > p.Recency.AUC && p.Recency.AUC > 0.6) || p.Test.Brier >= p.Test.Lost*(1-p.Test.Lost) || p.Test.Lift < 1.5 {
			t.Errorf("%s: the model is worth %+v, recency alone %+v", p.Name, p.Test, p.Recency)
		}
		off := 0.0
		for _, bin := range p.Test.Reliability {
			off += math.Abs(bin.Predicted-bin.Observed) * float64(bin.Rows) / float64(p.Test.Rows)
		}
		if off > 0.05 {
			t.Errorf("%s: chances are off by %.3f on average: %+v", p.Name, off, p.Test.Reliability)
		}
	}
	if want := []string{PartFitted, PartLater, PartUnseen, PartBoth}; !slices.Equal(names, want) {
		t.Fatalf("got %v, want %v", names, want)
	}
	if share := float64(rows[PartUnseen]) / float64(rows[PartUnseen]+rows[PartFitted]); math.Abs(share-0.2) > 0.04 {
		t.Errorf("%.3f of the users are kept from the fit", share)
	}
	fit := r.Model.Fit
	if fit.Later.Rows != rows[PartLater] || fit.Unseen.Rows != rows[PartUnseen] || fit.Rows <= rows[PartFitted]+rows[PartUnseen]+rows[PartLater]+rows[PartBoth] || fit.Users > 1500 || fit.Users < 1200 {
		t.Errorf("got %+v, %v", fit, rows)
	}
	if r.AliveErr != nil || r.Customers < fit.Users || r.Model.Alive == nil || !slices.Equal(r.Model.Metrics, []string{"orders"}) {
		t.Errorf("got %d customers, %+v (%v), metrics %v", r.Customers, r.Model.Alive, r.AliveErr, r.Model.Metrics)
	}
	if len(r.Model.Features) != len(townFeatures())-1 {
		t.Errorf("the feature that never varies was kept: %+v", r.Model.Features)
	}
}

// The chances that the figures are made of must be the scorer's for the same rows, but for the steps of the tables.
func TestTheModelScoresLiveAsItWasMeasured(t *testing.T) {
	const days = 200
	s := town(t, 300, days)
	r := fitTown(t, s, days)
	text, err := r.Model.Encode()
	if err != nil {
		t.Fatal(err)
	}
	model, err := risk.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	scorer, err := risk.Compile(model, []string{"orders"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.newSplit(days * dayLength)
	if err != nil {
		t.Fatal(err)
	}
	final, err := s.fit(t.Context(), s.complete(d))
	if err != nil {
		t.Fatal(err)
	}
	past := risk.Past{Metrics: make([]risk.History, 1)}
	row := &chunk{length: 1, features: make([]float32, chunkRows*s.vector.Len())}
	for n := range 200 {
		past.Age, past.Tenure = int64(n)*dayLength/5, int64(5*n+30)*dayLength // further than the rows went
		past.Days[0] = uint64(n) * 0x9E3779B97F4A7C15
		s.vector.Values(&past, s.values)
		for j, v := range s.values {
			row.features[j*chunkRows] = float32(v)
		}
		live := scorer.Score(&past, new(risk.Scratch))
		if measured := 100 * final.chances(row)[0]; math.Abs(live-measured) > 1 {
			t.Fatalf("%+v: live %v, measured %v", past, live, measured)
		}
	}
}

func TestTheSameSamplesGiveTheSameModel(t *testing.T) {
	const days = 200
	var first []byte
	for range 2 {
		text, err := fitTown(t, town(t, 300, days), days).Model.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && !bytes.Equal(first, text) {
			t.Errorf("got %s, then %s", first, text)
		}
		first = text
	}
}

func TestWithoutCustomersTheModelHasNoAlive(t *testing.T) {
	const days = 200
	s := town(t, 300, days)
	for i := range s.people {
		s.people[i].bought.Days = min(s.people[i].bought.Days, 1)
	}
	r := fitTown(t, s, days)
	if r.Model.Alive != nil || r.AliveErr == nil || !strings.Contains(r.AliveErr.Error(), "no customer came again") {
		t.Errorf("got %+v, %v", r.Model.Alive, r.AliveErr)
	}
}

// BenchmarkFit fits on as many rows as the memory of a laptop takes with ease.
func BenchmarkFit(b *testing.B) {
	random := rand.New(rand.NewPCG(7, 8))
	rows, lost := drawnTable(chunkRows, 5)
	s, _ := table(b, 1, rows, lost)
	const width = 60
	features := make([]string, width)
	for j := range features {
		features[j] = fmt.Sprintf("days(%dd, %dd)", j, j+1)
	}
	var err error
	if s.vector, err = risk.CompileFeatures(features, nil); err != nil {
		b.Fatal(err)
	}
	s.chunks = nil
	for range 1_000_000 / chunkRows {
		c := &chunk{length: chunkRows, features: make([]float32, chunkRows*width)}
		for i := range c.features {
			c.features[i] = float32(random.NormFloat64())
		}
		for i := range c.lost {
			c.lost[i] = random.Float64() < logistic(float64(c.features[i]+c.features[chunkRows+i])-2)
		}
		s.chunks = append(s.chunks, c)
	}
	all := s.choose(func(uint16, uint64) bool { return true })
	for b.Loop() {
		r, err := s.fit(b.Context(), all)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(r.iterations), "iterations")
	}
}

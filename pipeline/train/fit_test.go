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
	return []string{"recency", "log(tenure)", "days(0d, 14d)", "days(0d, 56d)", "log(ratio(recency, gap))", "up_to(tenure, 0)"}
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
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAModelIsMeasuredOnWhatItDidNotSee(t *testing.T) {
	const days = 300
	s := town(t, 3000, days)
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
	if fit.Later.Rows != rows[PartLater] || fit.Unseen.Rows != rows[PartUnseen] || fit.Rows <= rows[PartFitted]+rows[PartUnseen]+rows[PartLater]+rows[PartBoth] || fit.Users > 3000 || fit.Users < 2400 {
		t.Errorf("got %+v, %v", fit, rows)
	}
	if r.AliveErr != nil || r.Customers < fit.Users || r.Model.Alive == nil || !slices.Equal(r.Model.Metrics, []string{"orders"}) {
		t.Errorf("got %d customers, %+v (%v), metrics %v", r.Customers, r.Model.Alive, r.AliveErr, r.Model.Metrics)
	}
	if len(r.Model.Features) != len(townFeatures())-1 {
		t.Errorf("the feature that never varies was kept: %+v", r.Model.Features)
	}
}

// The chances that the figures are made of must equal the scorer's for the same rows.
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
	final := boostTown(t, s, days)
	past := risk.Past{Metrics: make([]risk.History, 1)}
	row := &chunk{length: 1, features: make([]float32, chunkRows*s.vector.Len())}
	distinct := map[float64]bool{}
	for n := range 200 {
		past.Age, past.Tenure = int64(n)*dayLength/5, int64(5*n+30)*dayLength // further than the rows went
		past.Days[0] = uint64(n) * 0x9E3779B97F4A7C15
		s.vector.Values(&past, s.values)
		for j, v := range s.values {
			row.features[j*chunkRows] = float32(v)
		}
		live := scorer.Score(&past, new(risk.Scratch))
		if measured := 100 * final.chances(row)[0]; math.Abs(live-measured) > 1e-3 {
			t.Fatalf("%+v: live %v, measured %v", past, live, measured)
		}
		distinct[live] = true
	}
	if len(distinct) < 20 || len(model.Pairs) == 0 {
		t.Errorf("%d scores of %d pairs: the test says little", len(distinct), len(model.Pairs))
	}
}

// boostTown fits all complete rows anew, as Fit does at last.
func boostTown(t testing.TB, s *Samples, days int) *boosted {
	t.Helper()
	d, err := s.newSplit(int64(days) * dayLength)
	if err != nil {
		t.Fatal(err)
	}
	b, err := boost(t.Context(), s.cfg, []selection{{s, s.complete(d.end)}}, false, townFeatures(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
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

// Users are divided by their hash, so the same are left out here and in a measurement later.
func TestAModelOfTheUsersSeenKnowsNothingOfTheOthers(t *testing.T) {
	const days = 250
	model := func(spoil bool) *risk.Model {
		s := town(t, 500, days)
		s.cfg.Users = SeenUsers
		for _, c := range s.chunks {
			for i := range c.length {
				if Unseen(s.people[c.user[i]].hash, s.cfg.Unseen) && spoil {
					c.lost[i] = !c.lost[i]
				}
			}
		}
		return fitTown(t, s, days).Model
	}
	a, b := model(false), model(true)
	if !slices.EqualFunc(a.Features, b.Features, func(x, y risk.Feature) bool { return slices.Equal(x.Points, y.Points) }) {
		t.Error("other labels of the users left out made another model")
	}
	if a.Fit.Unseen.AUC < 0.6 || b.Fit.Unseen.AUC > 0.4 {
		t.Errorf("unseen users: AUC %.3f, and %.3f with their labels turned", a.Fit.Unseen.AUC, b.Fit.Unseen.AUC)
	}
	if !strings.Contains(a.Fit.Split, "80 % of the users") {
		t.Errorf("got %q", a.Fit.Split)
	}
}

func TestMoreSilenceIsNeverLessRiskIfAskedFor(t *testing.T) {
	const days = 250
	s := town(t, 500, days)
	s.cfg.Monotone = true
	m := fitTown(t, s, days).Model
	seen := 0
	for _, f := range m.Features {
		if f.Monotone == risk.Rising {
			seen++
			if !slices.IsSorted(f.Points) {
				t.Errorf("%s falls: %v", f.Name, f.Points)
			}
		}
	}
	if seen == 0 {
		t.Errorf("no feature is told to rise: %+v", m.Features)
	}
}

func TestTooLittleToFitOnIsRefusedWithWhatIsNeeded(t *testing.T) {
	const days = 200
	for want, spoil := range map[string]func(*Samples, *Facts){
		"of 7 users to fit on": func(s *Samples, _ *Facts) { *s = *town(t, 13, days) },
		"0 of them lost and ": func(s *Samples, _ *Facts) {
			for _, c := range s.chunks {
				clear(c.lost[:])
			}
		},
		"needed are at least 200 rows, 50 users, 20 rows that are lost and as many that are not": func(s *Samples, _ *Facts) { *s = *town(t, 13, days) },
		"never vary in the rows to fit on: carts.":                                               func(_ *Samples, f *Facts) { f.Features[5] = "sum(carts, 0w, 1w)" },
		"leave it out: no other varies":                                                          func(_ *Samples, f *Facts) { f.Features[5] = "sum(carts, 0w, 1w)" },
	} {
		s, facts := town(t, 300, days), Facts{Name: "town", End: days * dayLength, Features: townFeatures()}
		spoil(s, &facts)
		if _, err := s.Fit(t.Context(), &facts, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

package calibrate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"winback/schemas"
	"winback/scorer"
)

const start = 20_000 // days since 1970

// visit is a user's at a time, in days from the start.
type visit struct {
	user int
	at   float64
}

// told makes a history of visits, in any order.
func told(t *testing.T, visits []visit) (*History, error) {
	t.Helper()
	rules := scorer.Defaults()
	vocabulary, err := rules.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	h := NewHistory(&rules, vocabulary)
	slices.SortFunc(visits, func(a, b visit) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	kind := vocabulary.Lookup([]byte("visit"))
	for _, v := range visits {
		h.Add(&schemas.Event{User: fmt.Appendf(nil, "u%d", v.user), Time: int64((start + v.at) * float64(dayLength)), Type: kind})
	}
	return h, h.Finish()
}

// pausing are users who stay for good with a chance, at each visit, and else come back after a time drawn by pause.
func pausing(seed uint64, users, days int, gone float64, pause func(*rand.Rand) float64) (all []visit) {
	random := rand.New(rand.NewPCG(seed, 7))
	for u := range users {
		for at := float64(days) / 2 * random.Float64(); at < float64(days); at += pause(random) {
			if all = append(all, visit{u, at}); random.Float64() < gone {
				break
			}
		}
	}
	return all
}

func mustReturn(t *testing.T, visits []visit, cfg Config) *Returns {
	t.Helper()
	h, err := told(t, visits)
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.Returns(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Of users of whom one in ten goes at each visit, and who else come back after an exponential time of a mean of ten days, the share that returns
// from d days is 0.9 e / (0.9 e + 0.1) with e = exp(-d/10): below a half from 22.0 days, a quarter from 33.0, a tenth from 44.0 and a twentieth from 51.4.
func TestTheThresholdsAreThoseOfAKnownReturnCurve(t *testing.T) {
	visits := pausing(1, 4000, 400, 0.1, func(r *rand.Rand) float64 { return 10 * r.ExpFloat64() })
	r := mustReturn(t, visits, Defaults())
	for i, below := range []float64{0.5, 0.25, 0.1, 0.05} {
		want := 10 * math.Log(0.9/0.1*(1-below)/below)
		if l := r.Levels[i]; l.Err != nil || math.Abs(float64(l.Days)-want) > 2.5 {
			t.Errorf("%s: %d days (%v), want %.1f", l.Path, l.Days, l.Err, want)
		}
	}
	for _, d := range []int{1, 10, 30, 60} {
		e := 0.9 * math.Exp(-float64(d)/10)
		if share, err := r.Share(d); math.Abs(share-e/(e+0.1)) > 0.02 || err > 0.02 {
			t.Errorf("from %d days %.3f return (error %.3f), want %.3f", d, share, err, e/(e+0.1))
		}
	}
}

// Pauses that are twice as long have thresholds that are no shorter, and a smaller share has no shorter a threshold than a larger one.
func TestLongerPausesNeverHaveALowerThreshold(t *testing.T) {
	for seed := range uint64(20) {
		mean := 2 + 5*rand.New(rand.NewPCG(seed, 2)).Float64()
		short := mustReturn(t, pausing(seed, 800, 400, 0.1, func(r *rand.Rand) float64 { return mean * r.ExpFloat64() }), Defaults())
		long := mustReturn(t, pausing(seed, 800, 400, 0.1, func(r *rand.Rand) float64 { return 2 * mean * r.ExpFloat64() }), Defaults())
		last := 0
		for i, l := range short.Levels {
			if l.Err != nil || l.Days <= last {
				t.Fatalf("seed %d: %s is %d days after %d (%v)", seed, l.Path, l.Days, last, l.Err)
			}
			if last = l.Days; long.Levels[i].Err == nil && long.Levels[i].Days < l.Days {
				t.Errorf("seed %d: %s is %d days, and %d with pauses twice as long", seed, l.Path, l.Days, long.Levels[i].Days)
			}
		}
		cfg := Defaults()
		cfg.ReturnBelow = 0.02
		if rarer := mustReturn(t, pausing(seed, 800, 400, 0.1, func(r *rand.Rand) float64 { return mean * r.ExpFloat64() }), cfg).Levels[3]; rarer.Err == nil && rarer.Days < short.Levels[3].Days {
			t.Errorf("seed %d: fewer than 2 %% return after %d days, fewer than 5 %% after %d", seed, rarer.Days, short.Levels[3].Days)
		}
	}
}

func TestWhatIsTooLittleIsRefusedWithHowMuchIsNeeded(t *testing.T) {
	daily := func(users, days int) (all []visit) {
		for u := range users {
			for d := range days {
				all = append(all, visit{u, float64(d) + 0.3})
			}
		}
		return all
	}
	once := func(users int) (all []visit) {
		for u := range users {
			all = append(all, visit{u, float64(u % 60)})
		}
		return all
	}
	for _, c := range []struct {
		name   string
		visits []visit
		words  []string
	}{
		{"nobody", nil, []string{"nothing to learn from"}},
		{"one user", daily(1, 200), []string{"only 1 user", "at least 100"}},
		{"ten users", daily(10, 200), []string{"only 10 users", "at least 100"}},
		{"ten days", daily(200, 10), []string{"only 10 days", "at least 28"}},
		{"everybody comes every day", daily(200, 100), []string{"only 0 silences", "at least 100"}},
		{"nobody returns", once(500), []string{"only 0 returns", "at least 100"}},
	} {
		h, err := told(t, c.visits)
		if err == nil {
			_, err = h.Returns(Defaults())
		}
		if err == nil || strings.Contains(err.Error(), "NaN") {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, words := range c.words {
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%s: %q is missing from: %v", c.name, words, err)
			}
		}
	}
}

// A curve that falls slowly, in a history that is short, has no thresholds: how long a history must be is said.
func TestALengthThatTheDataCannotTellIsRefused(t *testing.T) {
	visits := pausing(5, 3000, 120, 0.05, func(r *rand.Rand) float64 { return 40 * r.ExpFloat64() })
	r := mustReturn(t, visits, Defaults())
	if l := r.Levels[3]; l.Err == nil || !strings.Contains(l.Err.Error(), "days of data are needed") || r.Longest > 60 {
		t.Errorf("churned is %d days, of at most %d (%v)", l.Days, r.Longest, l.Err)
	}
	weekly := func() (all []visit) {
		for u := range 300 {
			for d := u % 7; d < 200; d += 7 {
				all = append(all, visit{u, float64(d)})
			}
		}
		return all
	}
	if l := mustReturn(t, weekly(), Defaults()).Levels[0]; l.Err == nil || !strings.Contains(l.Err.Error(), "a history in which users leave is needed") {
		t.Errorf("everybody returns: %d days, %v", l.Days, l.Err)
	}
}

// One clock that is a year ahead does not make everybody silent for a year.
func TestAStragglerDoesNotEndTheData(t *testing.T) {
	visits := pausing(1, 500, 200, 0.1, func(r *rand.Rand) float64 { return 5 * r.ExpFloat64() })
	plain := mustReturn(t, slices.Clone(visits), Defaults())
	ahead := mustReturn(t, append(visits, visit{0, 600}), Defaults())
	if ahead.Levels[3].Days > plain.Levels[3].Days+2 || ahead.Last > 200 {
		t.Errorf("churned after %d days, watched for %d; without the straggler %d and %d", ahead.Levels[3].Days, ahead.Last, plain.Levels[3].Days, plain.Last)
	}
}

// New users of whom most go after the first visit are told from those who stay; where all are alike nothing is said.
func TestNewUsersAreToldByHowOftenTheirSilencesLast(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	var visits []visit
	for u := range 6000 {
		at, gone := 150*random.Float64(), 0.6
		for joined := at; at < 400; at += 4 * random.ExpFloat64() {
			if at > joined+14 {
				gone = 0.02
			}
			if visits = append(visits, visit{u, at}); random.Float64() < gone {
				break
			}
		}
	}
	h, err := told(t, visits)
	if err != nil {
		t.Fatal(err)
	}
	if is, err := h.NewUsers(20); err != nil || is.Days != 14 || is.Week < 5*is.Later {
		t.Errorf("got %+v, %v: want two weeks", is, err)
	}
	for seed := range uint64(6) {
		if h, err = told(t, pausing(seed, 1500, 300, 0.05, func(r *rand.Rand) float64 { return 4 * r.ExpFloat64() })); err != nil {
			t.Fatal(err)
		}
		if is, err := h.NewUsers(20); err == nil || !strings.Contains(err.Error(), "not different enough") {
			t.Errorf("seed %d: all users are alike: got %+v, %v", seed, is, err)
		}
	}
}

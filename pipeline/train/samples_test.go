package train

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"winback/schemas"
	"winback/scorer/risk"
)

func newSamples(t interface{ Fatal(...any) }, cfg Config, features ...string) *Samples {
	vector, err := risk.CompileFeatures(features, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSamples(cfg, vector)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The rows are labelled while events pass; the test looks at all events at once.
func TestALabelSaysWhetherTheHorizonHoldsActivity(t *testing.T) {
	cfg := Defaults()
	cfg.Every, cfg.Active, cfg.Horizon = schemas.Day, 2*schemas.Day, 3*schemas.Day
	const users, end = 4, 15 // days
	rapid.Check(t, func(t *rapid.T) {
		var events [users][]int64
		for u := range events {
			for _, quarter := range rapid.SliceOfN(rapid.IntRange(0, 4*end-1), 0, 8).Draw(t, "quarter days") {
				events[u] = append(events[u], int64(quarter)*dayLength/4)
			}
		}
		s := newSamples(t, cfg, "recency")
		replayRows(t, s, events[:], end*dayLength)
		got := map[[2]int64]bool{}
		for k := range s.rows {
			c, i := s.at(k)
			got[[2]int64{int64(c.user[i]), s.times[c.cutoff[i]]}] = c.lost[i]
		}
		asked := 0
		for u, at := range events {
			for h := int64(0); h < end*dayLength; h += dayLength {
				within := func(from, to int64) bool {
					return slices.ContainsFunc(at, func(e int64) bool { return from <= e && e < to })
				}
				lost, found := got[[2]int64{int64(u), h}]
				if within(h-2*dayLength, h) {
					if want := !within(h, h+3*dayLength); !found || lost != want {
						t.Fatalf("user %d of %v at day %d: got %v (%v), want %v", u, at, h/dayLength, lost, found, want)
					}
					asked++
				}
			}
		}
		if asked != s.Rows() {
			t.Fatalf("%d rows, want %d", s.Rows(), asked)
		}
	})
}

// replayRows calls the samples with all events in their order, and with a cut-off a day.
func replayRows(t interface{ Fatal(...any) }, s *Samples, events [][]int64, end int64) {
	var ids [][]byte
	for u := range events {
		ids = append(ids, []byte{'u', byte(u)})
		s.person(ids[u])
	}
	for now := int64(0); now < end; now += dayLength / 4 {
		if now%dayLength == 0 {
			if err := s.Cutoff(now); err != nil {
				t.Fatal(err)
			}
			for u := range events {
				if err := s.Add(ids[u], &risk.Past{Age: 1}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for u := range events {
			if slices.Contains(events[u], now) {
				s.Active(ids[u], now)
			}
		}
	}
}

func TestCustomersAreDaysOfAMetric(t *testing.T) {
	s := newSamples(t, Defaults(), "recency")
	s.Active([]byte("visitor"), 5)
	for _, hours := range []int64{30, 31, 47, 48, 24 * 9} {
		s.Counted([]byte("buyer"), hours*int64(schemas.Hour), 0)
	}
	s.Counted([]byte("once"), dayLength, 0)
	for _, minutes := range []int16{-10, 10, 8 * 60} { // an evening over midnight of UTC, and the breakfast of the same day of theirs
		s.Counted([]byte("evening"), 3*dayLength+int64(minutes)*int64(schemas.Minute), -9*60)
	}
	want := []Customer{{Repeats: 2, Last: 8. / 7, Age: 14. / 7}, {Age: 14. / 7}, {Age: 13. / 7}}
	if got := s.customers(15*dayLength, 7); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestSamplesRefuseWhatIsOutOfOrderOrNoNumber(t *testing.T) {
	s := newSamples(t, Defaults(), "recency")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Cutoff(7 * dayLength))
	if err := s.Cutoff(7 * dayLength); err == nil || !strings.Contains(err.Error(), "cut-offs come in order") {
		t.Errorf("got %v", err)
	}
	s.Active([]byte("ann"), 7*dayLength)
	if err := s.Add([]byte("ann"), &risk.Past{}); err == nil || !strings.Contains(err.Error(), "events must come in order") {
		t.Errorf("got %v", err)
	}
	must(s.Cutoff(14 * dayLength))
	must(s.Add([]byte("ann"), &risk.Past{Age: dayLength}))
	alive := newSamples(t, Defaults(), "alive")
	alive.Active([]byte("ann"), 1)
	must(alive.Cutoff(dayLength))
	if err := alive.Add([]byte("ann"), &risk.Past{Alive: math.Inf(1)}); err == nil || !strings.Contains(err.Error(), "no number to learn from") {
		t.Errorf("got %v", err)
	}
}

func TestConfigNamesEveryFault(t *testing.T) {
	if err := Defaults().Validate(); err != nil {
		t.Error(err)
	}
	faults := schemas.FaultsOf(Config{Horizon: schemas.Hour, Active: 500 * schemas.Day, Pairs: -1, Test: 1}.Validate())
	var fields []string
	for _, f := range faults {
		fields = append(fields, f.Field)
	}
	if want := []string{"horizon", "active", "every", "pairs", "unseen", "test", "users"}; !slices.Equal(fields, want) {
		t.Errorf("got %v, want %v", fields, want)
	}
}

// Every row's part is checked.
func TestTheSplitSharesNeitherLabelsNorUsers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Defaults()
		s := &Samples{cfg: cfg}
		weeks := rapid.Int64Range(12, 80).Draw(t, "weeks")
		for at := range weeks {
			if rapid.IntRange(0, 9).Draw(t, "gap") > 0 { // weeks in which nobody was active have no cut-off
				s.times = append(s.times, at*7*dayLength)
				s.perCutoff = append(s.perCutoff, rapid.IntRange(0, 5).Draw(t, "rows"))
			}
		}
		end := rapid.Int64Range(70*dayLength, (weeks+6)*7*dayLength).Draw(t, "end")
		d, err := s.newSplit(end)
		if err != nil {
			t.Skip(err)
		}
		horizon := int64(cfg.Horizon)
		fitTo, testFrom := int64(math.MinInt64), int64(math.MaxInt64)
		for n, at := range s.times {
			for _, hash := range []uint64{0, 1 << 63, math.MaxUint64, rapid.Uint64().Draw(t, "hash")} {
				use := d.of(uint16(n), hash)
				other := float64(hash>>32) >= 0.8*(1<<32)-1
				switch use {
				case fitted, unseen:
					fitTo = max(fitTo, at+horizon)
				case later, unseenLater:
					testFrom = min(testFrom, at)
				}
				if use != unused && (other != (use == unseen || use == unseenLater) || at+horizon > end) {
					t.Fatalf("hash %x at %d is used as %d", hash, at, use)
				}
			}
		}
		tested, all := 0, 0
		for n, rows := range s.perCutoff[:d.end] {
			if all += rows; n >= d.testFrom {
				tested += rows
			}
		}
		if tested < (all+3)/4 || tested-s.perCutoff[d.testFrom] >= max(1, (all+3)/4) {
			t.Fatalf("%d rows of %d are tested on", tested, all)
		}
		if fitTo > testFrom || testFrom == math.MaxInt64 || fitTo == math.MinInt64 {
			t.Fatalf("labels of the fit end at %d, the test begins at %d", fitTo, testFrom)
		}
	})
}

func TestDataOfTooShortATimeIsRefused(t *testing.T) {
	s := newSamples(t, Defaults(), "recency")
	refused := func(want ...string) {
		t.Helper()
		_, err := s.Fit(t.Context(), &Facts{End: 42 * dayLength}, nil)
		for _, part := range want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("got %v, want %q", err, part)
			}
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Cutoff(0))
	refused("no user was active in the 28d before any of the 1 cut-offs")
	s.Active([]byte("ann"), dayLength)
	for week := range int64(5) {
		must(s.Cutoff((week + 1) * 7 * dayLength))
		must(s.Add([]byte("ann"), &risk.Past{Age: 1}))
	}
	refused("2 cut-offs have users to ask about and a horizon (30d) that ends in the data", "at least 74 days")
}

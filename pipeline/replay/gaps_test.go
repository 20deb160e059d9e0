package replay_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"winback/pipeline/replay"
	"winback/schemas"
	"winback/schemas/mapping"
)

// crowd is a CSV of users who come every third day of two months of 2026, and of further rows "user,time", which stand first.
func crowd(users int, further ...string) string {
	var text strings.Builder
	text.WriteString("user,time,type\n")
	for _, row := range further {
		text.WriteString(row + ",visit\n")
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for u := range users {
		for d := u % 3; d < 60; d += 3 {
			fmt.Fprintf(&text, "u%d,%s,visit\n", u, start.AddDate(0, 0, d).Format(time.RFC3339))
		}
	}
	return text.String()
}

// outcome is what a file came to.
type outcome struct {
	events, future int64
	last           string // date
	refused        []string
	warnings       []string
}

func readCrowd(t *testing.T, cfg replay.Config, in replay.Input, texts ...string) (o outcome) {
	t.Helper()
	in.Mapping = compile(t, mapping.Config{Preset: "csv"})
	for i, text := range texts {
		in.Files = append(in.Files, write(t, fmt.Sprintf("f%d", i), text))
	}
	in.OnWarning = func(text string) { o.warnings = append(o.warnings, text) }
	in.OnRefused = func(r *replay.Refusal) error {
		o.refused = append(o.refused, fmt.Sprintf("%s:%d %s %s", r.File[strings.LastIndex(r.File, "/")+1:], r.Line, r.Reason, r.Detail))
		return nil
	}
	sorted, err := replay.Read(t.Context(), cfg, in)
	if err != nil {
		t.Fatal(err)
	}
	defer sorted.Close()
	last := int64(0)
	for e := range sorted.Events() {
		o.events, last = o.events+1, e.Time
	}
	stats := sorted.Stats()
	if sorted.Err() != nil || stats.Events != o.events || stats.Last != last || stats.Refused[schemas.Future] != int64(len(o.refused)) {
		t.Errorf("%v: %d events up to %d, %d refused; %+v", sorted.Err(), o.events, last, len(o.refused), stats)
	}
	o.future, o.last = stats.Refused[schemas.Future], time.UnixMilli(last).UTC().Format(time.DateOnly)
	return o
}

func TestRowsOfClocksThatAreWrongByYearsAreSetAsideAndNamed(t *testing.T) {
	small := replay.Defaults()
	small.Memory = 1 << 20 // so that much is sorted on disk
	for name, cfg := range map[string]replay.Config{"in memory": replay.Defaults(), "on disk": small} {
		text := crowd(2000)
		o := readCrowd(t, cfg, replay.Input{}, text, "user,time,type\nu7,2100-01-01T10:00:00Z,visit\nx,2038-01-19,visit\n")
		if o.future != 2 || o.events != 40_000 || o.last != "2026-03-01" || len(o.warnings) != 1 {
			t.Fatalf("%s: got %+v", name, o)
		}
		wantRefused := []string{
			`f1:3 future time 2038-01-19 00:00 UTC of user "x": set aside, because for 11.9 years nobody did anything and then 2 users of 2001: replay.max_gap`,
			`f1:2 future time 2100-01-01 10:00 UTC of user "u7": set aside, because for 11.9 years nobody did anything and then 2 users of 2001: replay.max_gap`,
		}
		if !slices.Equal(o.refused, wantRefused) {
			t.Errorf("%s: refused %q", name, o.refused)
		}
		for _, want := range []string{"f1:3 (user \"x\", 2038-01-19 00:00 UTC)", "f1:2 (user \"u7\", 2100-01-01 10:00 UTC)", "all 2001 users", "replay.max_gap to 0"} {
			if !strings.Contains(o.warnings[0], want) {
				t.Errorf("%s: %q is missing from %q", name, want, o.warnings[0])
			}
		}
	}
}

func TestHowFarAndHowFewDecidesWhatIsSetAside(t *testing.T) {
	lone := "z,2100-01-01T10:00:00Z"
	for name, test := range map[string]struct {
		text    string
		maxGap  schemas.Duration
		until   string
		future  int64
		warning string // part of the only one; empty for none
	}{
		"a lone row":                        {crowd(200, lone), replay.Defaults().MaxGap, "", 1, "one row of one user"},
		"a lone row, taken as it is":        {crowd(200, lone), 0, "", 0, "one user of 201 comes 73.8 years after everybody else"},
		"a lone row behind --until":         {crowd(200, lone), replay.Defaults().MaxGap, "2030-01-01", 0, ""},
		"a lone row before --until":         {crowd(200, lone), replay.Defaults().MaxGap, "2101-01-01", 1, "one row of one user"},
		"one of ten users":                  {crowd(10, "u1,2100-01-01"), replay.Defaults().MaxGap, "", 1, "one row of one user"},
		"one of nine users":                 {crowd(9, "u1,2100-01-01"), replay.Defaults().MaxGap, "", 0, "one user of 9 comes 73.8 years after everybody else"},
		"the only user":                     {crowd(1, "u0,2100-01-01"), replay.Defaults().MaxGap, "", 0, ""},
		"many rows of one clock":            {crowd(200, "z,2100-01-01", "z,2100-01-02", "z,2100-06-01", "z,2102-01-01"), replay.Defaults().MaxGap, "", 4, "and more"},
		"two clocks of fifty users":         {crowd(50, "y,2050-01-01", "z,2100-01-01"), replay.Defaults().MaxGap, "", 2, "2 rows of 2 users"},
		"clocks that agree":                 {crowd(200, "u1,2100-01-01", "u2,2100-01-01", "u3,2100-01-01"), replay.Defaults().MaxGap, "", 3, "3 rows of 3 users"},
		"clocks wrong by a year more each":  {crowd(200, "u1,2100-01-01", "u2,2101-01-01", "u3,2102-06-01"), replay.Defaults().MaxGap, "", 3, "3 rows of 3 users"},
		"two of fifty users":                {crowd(50, "u1,2100-01-01", "u2,2100-01-01"), replay.Defaults().MaxGap, "", 2, "2 rows of 2 users"},
		"two of nineteen users":             {crowd(19, "u1,2100-01-01", "u2,2100-01-01"), replay.Defaults().MaxGap, "", 0, "2 users of 19 come 73.8 years after everybody else"},
		"a third of the users":              {crowd(12, "u1,2050-01-01", "u2,2050-01-01", "u3,2050-01-01", "u4,2050-01-01"), replay.Defaults().MaxGap, "", 0, "4 users of 12 come 23.8 years"},
		"most of the users":                 {crowd(3, "u1,2050-01-01", "u2,2050-01-01"), replay.Defaults().MaxGap, "", 0, ""},
		"everybody comes back after years":  {crowd(12) + strings.ReplaceAll(strings.TrimPrefix(crowd(12), "user,time,type\n"), ",2026-", ",2036-"), replay.Defaults().MaxGap, "", 0, ""},
		"a user comes back after two years": {crowd(200, "u1,2028-03-01"), replay.Defaults().MaxGap, "", 0, "one user of 200 comes 2.0 years after everybody else"},
		"the same with a smaller gap":       {crowd(200, "u1,2028-03-01"), 365 * schemas.Day, "", 1, "one row of one user"},
		"a gap of months":                   {crowd(200, "u1,2026-12-01"), replay.Defaults().MaxGap, "", 0, ""},
		"a row of 1970":                     {crowd(200, "u1,1970-01-01"), replay.Defaults().MaxGap, "", 0, ""},
		"a row of 1970 and one of 2100":     {crowd(200, "u1,1970-01-01", lone), replay.Defaults().MaxGap, "", 1, "one row of one user"},
		"all in the far future":             {strings.ReplaceAll(crowd(200), ",2026-", ",2126-"), replay.Defaults().MaxGap, "", 0, ""},
	} {
		cfg, in := replay.Defaults(), replay.Input{}
		cfg.MaxGap = test.maxGap
		if test.until != "" {
			until, err := time.Parse(time.DateOnly, test.until)
			if err != nil {
				t.Fatal(err)
			}
			in.Until = until.UnixMilli()
		}
		o := readCrowd(t, cfg, in, test.text)
		if all := int64(strings.Count(test.text, ",visit")); o.future != test.future || o.events+o.future != all {
			t.Errorf("%s: of %d events %d are taken and %d set aside, want %d", name, all, o.events, o.future, test.future)
		}
		if (test.warning == "") != (len(o.warnings) == 0) || len(o.warnings) == 1 && !strings.Contains(o.warnings[0], test.warning) || len(o.warnings) > 1 {
			t.Errorf("%s: warned of %q", name, o.warnings)
		}
	}
}

func TestWhatIsTakenBeforeWhatIsSetAsideIsToldOfToo(t *testing.T) {
	o := readCrowd(t, replay.Defaults(), replay.Input{}, crowd(200, "u1,2028-03-01", "u2,2100-01-01"))
	if o.future != 1 || o.last != "2028-03-01" || len(o.warnings) != 2 ||
		!strings.Contains(o.warnings[0], `f0:3 (user "u2", 2100-01-01 00:00 UTC); set aside`) || !strings.Contains(o.warnings[1], `years after everybody else: `) ||
		!strings.Contains(o.warnings[1], `f0:2 (user "u1", 2028-03-01 00:00 UTC); the replay goes on until then`) {
		t.Errorf("got %+v", o)
	}
}

// Whatever the users of a small file do, nothing of it is set aside unless nobody did anything for longer than max_gap.
func TestOrdinaryFilesLoseNothing(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 1))
		text, at := "user,time,type\n", int64(1_500_000_000)
		for range 20 + random.IntN(100) {
			at += random.Int64N(1 << random.IntN(26)) // up to two years
			text += fmt.Sprintf("u%d,%d,visit\n", random.IntN(30), at)
		}
		if o := readCrowd(t, replay.Defaults(), replay.Input{}, text); o.future != 0 {
			t.Fatalf("seed %d: %q", seed, o.refused)
		}
	}
}

// TestASmallerGapIsAdvisedOnlyWhereItHelps: three of twenty users are too many to be set aside, however small the gap.
func TestASmallerGapIsAdvisedOnlyWhereItHelps(t *testing.T) {
	for rows, want := range map[string]bool{"u1,2028-03-01": true, "u1,2028-03-01\nu2,2028-03-02\nu3,2028-03-02": false} {
		text := crowd(20, strings.Split(rows, "\n")...)
		cfg := replay.Defaults()
		told := readCrowd(t, cfg, replay.Input{}, text)
		if len(told.warnings) != 1 || strings.Contains(told.warnings[0], "replay.max_gap") != want {
			t.Errorf("%q: warned of %q", rows, told.warnings)
		}
		cfg.MaxGap = 365 * schemas.Day
		if o := readCrowd(t, cfg, replay.Input{}, text); (o.future > 0) != want {
			t.Errorf("%q: with a smaller gap %d events are set aside", rows, o.future)
		}
	}
}

package scorer

import (
	"strings"
	"testing"

	"winback/schemas"
	"winback/scorer/tags"
)

func TestDefaultsAreValid(t *testing.T) {
	if err := Defaults().Validate(); err != nil {
		t.Error(err)
	}
}

// TestValidateReportsAll breaks everything at once and looks for every field in the one error.
func TestValidateReportsAll(t *testing.T) {
	c := Defaults()
	c.Window, c.Baseline, c.SessionGap = 3*hour/2, 0, -1
	c.Metrics = append(c.Metrics, Metric{Name: "visits", Adds: "median"})
	for i := range c.Metrics {
		c.Metrics[i].Core = false
	}
	c.Activity = []string{"visists"}
	c.Drop = Drop{Enter: 1.5, Exit: 0.12345678, MinBaseline: 0, MinWeeks: 9}
	c.Drop.Population = Population{Floor: 2, Ceiling: 0.5}
	c.Lifecycle.Forgotten = 50 * day
	c.Assess, c.Risk.High = hour/2, 101
	c.RFM = RFM{Orders: "views", Spend: "spent", Window: 401 * day, Recent: 90 * day, Lapsed: 90 * day, HighOrders: 1, HighSpend: 1, PotentialSpend: 2}
	c.Tags = []tags.Tag{{Name: "half", When: "count(view, 90m) > 1"}}
	c.Metrics[0].Windows = []schemas.Duration{hour / 2}
	c.Lifecycle.SilentHeavy, c.Lifecycle.ActiveEvents, c.Lifecycle.NewUnder, c.Lifecycle.ActiveWindow = 10*day, 0, -1, 1
	got := map[string]bool{}
	for _, f := range schemas.FaultsOf(c.Validate()) {
		got[f.Field] = true
		if f.Problem == "" {
			t.Errorf("%s has no text", f.Field)
		}
	}
	for _, field := range []string{
		"window", "baseline", "session_gap", "metrics", "metrics[8].name", "metrics[8].types", "metrics[8].adds", "activity[0]", "drop.enter", "drop.exit",
		"drop.min_baseline", "drop.min_weeks", "lifecycle.silent_heavy", "lifecycle.active_events", "lifecycle.new_under", "lifecycle.active_window",
		"drop.population.floor", "drop.population.ceiling", "lifecycle.forgotten", "assess", "risk.high", "rfm.spend", "rfm.window", "rfm.lapsed", "rfm.high_orders",
		"rfm.high_spend", "tags[0].when", "metrics[0].windows",
	} {
		if !got[field] {
			t.Errorf("no fault at %s", field)
		}
		delete(got, field)
	}
	for field := range got {
		t.Errorf("unexpected fault at %s", field)
	}
}

func TestCompileNeedsTheTypes(t *testing.T) {
	vocabulary, err := schemas.NewVocabulary([]string{"visit"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Compile(Defaults(), vocabulary, nil); err == nil || !strings.Contains(err.Error(), "vocabulary") {
		t.Errorf("error %v: want one that names the missing type", err)
	}
}

// TestLanesShareCells holds the promise that an event mostly touches one cell.
func TestLanesShareCells(t *testing.T) {
	r := defaultRules(t)
	for i := range r.kinds {
		if n := len(r.kinds[i].lanes); n > 1 {
			t.Errorf("an event of kind %d touches %d cells, want 1", i, n)
		}
	}
}

func TestReasonReadsWell(t *testing.T) {
	r, daily := defaultRules(t), rulesOfGrain(t, day)
	for want, v := range map[string]Verdict{
		"visits -61 % against own 28 days: 3 instead of 7.8":                    {Factor: whole, Metric: 0, Cur: 3, Base: 31},
		"visits -100 % against own 28 days: 0 instead of 2.5":                   {Factor: whole, Metric: 0, Cur: 0, Base: 10},
		"spend -50 % against own 28 days: 20.00 instead of 40.00":               {Factor: whole, Metric: 5, Cur: 2000, Base: 16000},
		"visits -22 % against own 28 days: 3 instead of 3.9, everybody at 50 %": {Factor: whole / 2, Cur: 3, Base: 31},
		"online_time -75 % against own 28 days: 2.5 min instead of 10.0 min":    {Factor: whole, Metric: 6, Cur: 150_000, Base: 2_400_000},
	} {
		v.Risk = -1
		if got := r.Reason(&v, r.NewScratch()); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	want := "days -33 % against own 28 days: 4 instead of 6.0 days of the user's own calendar"
	if got := daily.Reason(&Verdict{Risk: -1, Factor: whole, Metric: uint8(len(daily.metrics) - 1), Cur: 4, Base: 24}, daily.NewScratch()); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

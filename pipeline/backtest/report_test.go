package backtest

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"winback/schemas"
	"winback/scorer"
)

const aDay = int64(schemas.Day)

// week is a cut-off of the made-up history, counted from the first.
func week(n int64) int64 { return (1000 + n) * 7 * aDay }

// village is a history of three weeks whose figures can be counted on the fingers. ann stays. bob comes last on the day before the first cut-off, is flagged
// three days later, and never comes again. eve is flagged from the second cut-off on, and comes back in time. dan leaves unnoticed.
func village() *History {
	bob, eve, dan := week(0)-aDay, week(0)-2*aDay, week(1)-aDay
	flaggedBob, flaggedEve := bob+3*aDay, week(1)
	row := func(user uint32, last, next int64) Row {
		return Row{User: user, Last: last, Next: next, Risk: -1, State: scorer.Active}
	}
	ann0, ann1, ann2 := row(0, week(0)-1, week(0)+1), row(0, week(1)-1, week(1)+1), row(0, week(2)-1, week(2)+1)
	bob0, bob1, bob2 := row(1, bob, Never), row(1, bob, Never), row(1, bob, Never)
	bob1.Since, bob2.Since = flaggedBob, flaggedBob
	bob1.Bare, bob2.Bare = true, true
	eve0, eve1, eve2 := row(2, eve, week(2)+aDay), row(2, eve, week(2)+aDay), row(2, eve, week(2)+aDay)
	eve1.Since, eve2.Since = flaggedEve, flaggedEve
	dan2 := row(3, dan, week(7))
	return &History{
		Users: []uint64{1 << 40, 2 << 40, 3 << 40, math.MaxUint64}, First: week(-9), Complete: week(2) + 30*aDay, Lookback: 35 * schemas.Day,
		Flags: []Flag{{1, flaggedBob}, {2, flaggedEve}},
		Cutoffs: []Cutoff{
			{week(0), []Row{ann0, bob0, eve0}}, {week(1), []Row{ann1, bob1, eve1}}, {week(2), []Row{ann2, bob2, eve2, dan2}},
			{week(3), []Row{row(0, week(3)-1, Never)}}, // whose horizon is not over
		},
	}
}

func TestAHistoryThatCanBeCountedOnTheFingers(t *testing.T) {
	r, err := New(Defaults(), village())
	if err != nil {
		t.Fatal(err)
	}
	// Lost: bob at three cut-offs, by one silence, and dan at one. eve comes 15 and 8 days and 1 day after hers.
	if r.Rows != 10 || r.Users != 4 || r.Cutoffs != 3 || r.Lost != 4 || r.Losses != 2 || r.From != week(0) || r.To != week(2) {
		t.Errorf("got %+v", r)
	}
	near := func(what string, got Figure, want float64) {
		t.Helper()
		if !(math.Abs(float64(got)-want) < 1e-12) {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	flags := r.Rules[0]
	if flags.Flagged != 4 || flags.Hits != 2 || flags.NewFlags != 2 || flags.Caught != 1 {
		t.Errorf("got %+v", flags)
	}
	near("precision", flags.Precision, 0.5)
	near("recall", flags.Recall, 0.5)
	near("lift", flags.Lift, 1.25)
	near("new flags", flags.NewPerWeek, 200)
	near("days to the last event", flags.DaysToLast, -3)
	near("days to the loss", flags.DaysToLoss, 27)
	bare := r.Rules[1] // it first holds at the cut-off of the second week, eight days after bob's last event
	near("precision of the bare rule", bare.Precision, 1)
	near("days to the last event by the bare rule", bare.DaysToLast, -8)
	near("new flags of the bare rule", bare.NewPerWeek, 100)
	recency := r.Rules[2] // two at the second and third cut-off: eve and bob are longest silent
	if recency.Flagged != 4 || recency.Hits != 2 {
		t.Errorf("got %+v", recency)
	}
	if len(r.Thresholds) > 0 || len(r.Reliability) > 0 || len(r.Rankings) != 1 || len(r.Tiers) > 0 || len(r.Notes) > 0 {
		t.Errorf("without a model, worth and faults: got %+v", r)
	}
}

func TestCutoffsAndUsersCanBeChosen(t *testing.T) {
	cfg := Defaults()
	cfg.From, cfg.To = week(1), week(2)
	r, err := New(cfg, village())
	if err != nil || r.Cutoffs != 1 || r.Rows != 3 || r.Rules[0].NewFlags != 2 || r.Rules[1].NewFlags != 1 {
		t.Errorf("%v: got %+v", err, r)
	}
	cfg = Defaults()
	cfg.Users = UnseenUsers
	if r, err = New(cfg, village()); err != nil || r.Rows != 1 || r.Lost != 1 {
		t.Errorf("%v: got %+v", err, r)
	}
	cfg.Users = SeenUsers
	if r, err = New(cfg, village()); err != nil || r.Rows != 9 {
		t.Errorf("%v: got %+v", err, r)
	}
}

func TestWhatCannotBeReportedIsSaid(t *testing.T) {
	for want, change := range map[string]func(*Config, *History){
		"the history is too short":          func(_ *Config, h *History) { h.Complete = week(0) + 30*aDay - 1 },
		"there is no event to look back":    func(_ *Config, h *History) { *h = History{} },
		"has both a user active before":     func(_ *Config, h *History) { h.Cutoffs = nil },
		"no cut-off with active users lies": func(c *Config, _ *History) { c.From = week(3) },
		"none of the users is unseen":       func(c *Config, h *History) { c.Users, h.Users = UnseenUsers, make([]uint64, 4) },
		"horizon: 12h: use whole days":      func(c *Config, _ *History) { c.Horizon = schemas.Day / 2 },
		`users: "some": use all, seen or`:   func(c *Config, _ *History) { c.Users = "some" },
		"from: it does not lie before":      func(c *Config, _ *History) { c.From, c.To = week(1), week(1) },
		"unseen: 0.9: use 0.05 to 0.5":      func(c *Config, _ *History) { c.Unseen = 0.9 },
	} {
		cfg, h := Defaults(), village()
		change(&cfg, h)
		if r, err := New(cfg, h); err == nil || !strings.Contains(err.Error(), want) || r != nil {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Of what the rows cannot tell there are words and null, and nowhere NaN.
func TestFiguresThatCannotBeToldAreNullAndSaid(t *testing.T) {
	each := func(h *History, change func(*Row)) {
		for k := range h.Cutoffs {
			for i := range h.Cutoffs[k].Rows {
				change(&h.Cutoffs[k].Rows[i])
			}
		}
	}
	for want, change := range map[string]func(*History){
		"Nobody was lost":       func(h *History) { each(h, func(r *Row) { r.Next = r.Last + aDay*8 }) },
		"Everybody was lost":    func(h *History) { each(h, func(r *Row) { r.Next = Never }) },
		"Nobody was flagged":    func(h *History) { each(h, func(r *Row) { r.Since = 0 }) },
		"There is one user":     func(h *History) { h.Cutoffs = h.Cutoffs[:1]; h.Cutoffs[0].Rows = h.Cutoffs[0].Rows[:1] },
		"trained for 14d":       func(h *History) { h.Scored, h.ModelHorizon = true, 14*schemas.Day },
		"is a score that ranks": func(h *History) { h.Scored = true },
		"reach back to before":  func(h *History) { h.First = week(0) - aDay },
	} {
		h := village()
		change(h)
		r, err := New(Defaults(), h)
		if err != nil || !strings.Contains(strings.Join(r.Notes, "\n"), want) {
			t.Errorf("%v: %q is missing from %v", err, want, r)
			continue
		}
		for _, line := range r.Lines() {
			if text, err := json.Marshal(line); err != nil || strings.Contains(string(text), "NaN") || strings.Contains(string(text), "Inf") {
				t.Errorf("%s: %v: %s", want, err, text)
			}
		}
	}
}

func TestAnUnknownFigureIsNull(t *testing.T) {
	for want, f := range map[string]Figure{"null": unknown(), "0.25": 0.25, "-3": -3} {
		if got, err := json.Marshal(f); err != nil || string(got) != want {
			t.Errorf("%v: got %s, want %s", err, got, want)
		}
	}
	if over(1, 0).Known() || median(nil).Known() || median([]float64{3, 1, 2}) != 2 || median([]float64{4, 1}) != 2.5 {
		t.Error("a share of nothing, or a median, is wrong")
	}
}

package state_test

import (
	"fmt"
	"slices"
	"testing"

	"winback/schemas"
	"winback/scorer"
	"winback/scorer/oracle"
	"winback/scorer/risk"
	"winback/scorer/tags"
)

// rulesOf turns the oracle's numbers into the scorer's.
func rulesOf(tb testing.TB, c oracle.Config) (*scorer.Rules, *schemas.Vocabulary) {
	tb.Helper()
	ms := func(n int64) schemas.Duration { return schemas.Duration(n) }
	config := scorer.Config{
		Grain: ms(c.Grain), Window: ms(c.Window), Baseline: ms(c.Baseline), Activity: c.Activity, SessionGap: ms(c.SessionGap),
		Drop: scorer.Drop{
			Enter: float64(c.DropEnter) / 1e6, Exit: float64(c.DropExit) / 1e6, MinBaseline: c.MinBaseline, MinWeeks: c.MinWeeks,
			Population: scorer.Population{On: c.Population.On, Floor: float64(c.Population.Floor) / 1e6, Ceiling: float64(c.Population.Ceiling) / 1e6},
		},
		Lifecycle: scorer.Lifecycle{
			NewUnder: ms(c.NewUnder), SilentLight: ms(c.SilentLight), SilentModerate: ms(c.SilentModerate), SilentHeavy: ms(c.SilentHeavy), Churned: ms(c.Churned),
			Forgotten: ms(c.Forgotten), ActiveWindow: ms(c.ActiveWindow), ActiveEvents: c.ActiveEvents,
		},
		Assess: ms(c.Assess), Risk: scorer.Risk{High: c.RiskHigh, Threshold: c.RiskEnter, Exit: c.RiskExit, BaseRate: c.BaseRate},
		RFM: scorer.RFM{
			Orders: c.RFM.Orders, Spend: c.RFM.Spend, Window: ms(c.RFM.Window), Recent: ms(c.RFM.Recent), Lapsed: ms(c.RFM.Lapsed),
			HighOrders: c.RFM.HighOrders, HighSpend: c.RFM.HighSpend, PotentialSpend: c.RFM.PotentialSpend,
		},
	}
	for _, m := range c.Metrics {
		made := scorer.Metric{Name: m.Name, Types: m.Types, Adds: scorer.Aggregate(m.Adds), Core: m.Core}
		for _, w := range m.Windows {
			made.Windows = append(made.Windows, ms(w))
		}
		config.Metrics = append(config.Metrics, made)
	}
	for _, tag := range c.Tags {
		config.Tags = append(config.Tags, tags.Tag{Name: tag.Name, When: tag.When})
	}
	vocabulary, err := config.Vocabulary()
	if err != nil {
		tb.Fatal(err)
	}
	var model *risk.Model
	if c.Model != "" {
		if model, err = risk.Decode([]byte(c.Model)); err != nil {
			tb.Fatal(err)
		}
	}
	rules, err := scorer.Compile(config, vocabulary, model)
	if err != nil {
		tb.Fatal(err)
	}
	return rules, vocabulary
}

// configs are the rules the random runs cycle through: the defaults, coarse and fine grains, short lives.
func configs() map[string]oracle.Config {
	metrics := []oracle.Metric{
		{Name: "visits", Types: []string{"visit"}, Adds: oracle.Count, Core: true},
		{Name: "views", Types: []string{"view"}, Adds: oracle.Count},
		{Name: "orders", Types: []string{"order"}, Adds: oracle.Count, Core: true},
		{Name: "spend", Types: []string{"order", "refund"}, Adds: oracle.Amount, Core: true},
		{Name: "online_time", Types: []string{"visit", "view", "order"}, Adds: oracle.Duration, Core: true},
		{Name: "stays", Types: []string{"visit", "view", "order"}, Adds: oracle.Sessions, Core: true},
	}
	base := oracle.Defaults()
	base.Metrics, base.Activity = metrics, []string{"visits", "orders"}

	daily := base
	daily.Grain = 24 * 3_600_000
	daily.Metrics, daily.Activity = metrics[:4], []string{"orders"}

	short := base
	short.Grain, short.Window, short.Baseline = 10*60_000, 24*3_600_000, 5*24*3_600_000
	short.MinBaseline = 2
	short.NewUnder, short.SilentLight, short.SilentModerate, short.SilentHeavy, short.Churned = 2*86_400_000, 86_400_000, 2*86_400_000, 3*86_400_000, 4*86_400_000
	short.ActiveWindow, short.ActiveEvents = 2*86_400_000, 3

	bare := base
	bare.Metrics, bare.Activity = metrics[2:4], []string{"spend"}

	short.Assess, short.Forgotten = 86_400_000, 6*86_400_000
	short.RFM.Window, short.RFM.Recent, short.RFM.Lapsed = 5*86_400_000, 86_400_000, 3*86_400_000

	everybody := base
	everybody.Population, everybody.Forgotten = oracle.Population{On: true, Floor: 400_000, Ceiling: 1_300_000}, 100*86_400_000
	everybody.Metrics = append(slices.Clone(metrics), oracle.Metric{Name: "days", Types: []string{"visit", "order"}, Adds: oracle.Days, Core: true})
	everybody.Metrics[1].Windows = []int64{90 * 86_400_000}

	all := map[string]oracle.Config{"defaults": base, "daily": daily, "short": short, "bare": bare, "everybody": everybody}
	for name, c := range all {
		if name != "daily" {
			c.Tags = habits()
		}
		c.Model = longAgo(40, 30)
		if name == "short" {
			c.Model = longAgo(17, 14)
		}
		all[name] = c
	}
	asBefore := base // the rule without a model, on the evidence advised for it
	asBefore.MinBaseline, asBefore.MinWeeks = 4, 2
	all["without a model"] = asBefore
	all["short without a model"], all["everybody without a model"] = short, everybody
	return all
}

// habits are tags of all kinds.
func habits() (all []oracle.Tag) {
	for i, when := range []string{
		"share(any, hours=22-02, 5d) >= 0.5", "count(view|order, weekdays=sat|sun, 10d) >= 4", "months(order, category=coffee) >= 2",
		"count(view, category=shoes, 4d) > 2", "days(search|visit, 10d) >= 2 and not count(order, 5d) > 0", "average(view, 5d) < 15s",
		"amount(order|refund, 10d) >= 20000 or duration(view, 5d) > 2h",
		`not (days(any, 10d) >= 3 or count(order, 1w) = 0) and amount(any, 10d) != 700`,
		`share("view"|order, category="shoes", hours=18-24, weekdays=fri|sat, 10d) > 0.1 or months("order") = 1 and count(any, 36h) <= 2`,
	} {
		tag, err := oracle.ParseTag(fmt.Sprintf("tag%d", i), when)
		if err != nil {
			panic(err)
		}
		all = append(all, tag)
	}
	return all
}

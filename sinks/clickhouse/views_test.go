package clickhouse_test

import (
	"testing"

	"winback/schemas"
)

// shopDecisions is two partitions of topic shop: ann goes from new to active, drops, settles, drops again; bob is new.
func shopDecisions() []*schemas.Rows {
	lifecycle := func(user, when, from, to string) schemas.Decision {
		return schemas.Decision{User: user, At: at(when), Kind: schemas.KindLifecycle, From: from, To: to}
	}
	episode := func(when string, kind schemas.DecisionKind, n uint32, metric string) schemas.Decision {
		return schemas.Decision{User: "ann", At: at(when), Kind: kind, Episode: n, Metric: metric}
	}
	return []*schemas.Rows{
		{Topic: "shop", Partition: 0, From: 0, To: 9, Watermark: at("2026-03-12 06:00"), Decisions: []schemas.Decision{
			lifecycle("ann", "2026-03-01 05:00", "", "new"),
			lifecycle("ann", "2026-03-08 05:00", "new", "active"),
			episode("2026-03-08 07:00", schemas.KindEntered, 1, "visits"),
			episode("2026-03-09 07:00", schemas.KindSettled, 1, ""),
			episode("2026-03-10 07:00", schemas.KindEntered, 2, "orders"),
		}},
		{Topic: "shop", Partition: 1, From: 0, To: 9, Watermark: at("2026-03-10 06:00"), Decisions: []schemas.Decision{
			lifecycle("bob", "2026-03-07 05:00", "", "new"),
		}},
	}
}

func TestViewsShowEpisodesAndLifecycleByDay(t *testing.T) {
	s, _, ask := migrated(t)
	insert(t, s, shopDecisions()...)
	wantAnswers(t, ask, map[string]string{
		"SELECT user, episode, entered_at, ended_at, outcome, metric FROM episodes ORDER BY episode": "" +
			"('ann',1,'2026-03-08 07:00:00.000','2026-03-09 07:00:00.000','settled','visits')\n" +
			"('ann',2,'2026-03-10 07:00:00.000',NULL,'open','orders')",
		"SELECT user, state, since FROM lifecycle_current ORDER BY user": "" +
			"('ann','active','2026-03-08 05:00:00.000')\n('bob','new','2026-03-07 05:00:00.000')",
		"SELECT day, from_state, to_state, changes FROM lifecycle_flows ORDER BY day": "" +
			"('2026-03-01','','new',1)\n('2026-03-07','','new',1)\n('2026-03-08','new','active',1)",
		"SELECT day, state, entered, exited, users, complete FROM lifecycle_daily WHERE day >= '2026-03-06' ORDER BY state, day": "" +
			"('2026-03-08','active',1,0,1,1)\n('2026-03-09','active',0,0,1,1)\n('2026-03-10','active',0,0,1,0)\n" +
			"('2026-03-06','new',0,0,1,1)\n('2026-03-07','new',1,0,2,1)\n('2026-03-08','new',0,1,1,1)\n('2026-03-09','new',0,0,1,1)\n('2026-03-10','new',0,0,1,0)",
	})
}

func TestEveryViewSaysHowFarItIsComplete(t *testing.T) {
	s, _, ask := migrated(t)
	insert(t, s, append(shopDecisions(), &schemas.Rows{
		Topic: "shop", Partition: 1, From: 9, To: 10, Watermark: at("2026-03-10 06:00"),
		Activity: []schemas.Activity{{Minute: at("2026-03-10 05:59"), Type: "visit", Events: 2}, {Minute: at("2026-03-10 06:00"), Type: "visit", Events: 1}},
		Triggers: []schemas.Trigger{{ID: schemas.NewTriggerID("ann", "default", 1, 1), User: "ann", Journey: "default", Episode: 1, Stage: 1, At: at("2026-03-08 07:00"), Risk: -1}},
	})...)
	for _, view := range []string{"activity_by_minute", "transitions_current", "triggers_current", "episodes", "lifecycle_current", "lifecycle_flows", "lifecycle_daily"} {
		query := "SELECT DISTINCT complete_until FROM " + view
		if got, want := ask(query), "('2026-03-10 06:00:00.000')"; got != want {
			t.Errorf("%s: got %q, want %s", query, got, want)
		}
	}
	if got, want := ask("SELECT minute, events, complete FROM activity_by_minute ORDER BY minute"),
		"('2026-03-10 05:59:00',2,1)\n('2026-03-10 06:00:00',1,0)"; got != want {
		t.Errorf("activity_by_minute: got %s, want %s", got, want)
	}
}

// Rows of a rebuild stand beside those of the build before, and the views change over once it has caught up.
func TestViewsShowTheBuildBegunLastThatHasCaughtUp(t *testing.T) {
	s, _, ask := migrated(t)
	of := func(build string, began int64, partition int32, watermark, state string) *schemas.Rows {
		return &schemas.Rows{
			Topic: "shop", Partition: partition, Build: schemas.Build{Name: build, Began: began}, Watermark: at(watermark),
			Decisions: []schemas.Decision{{User: "ann", At: at("2026-03-01 05:00"), Kind: schemas.KindLifecycle, To: state}},
		}
	}
	for _, step := range []struct {
		rows        *schemas.Rows
		shown, what string
	}{
		{of("old", 1, 0, "2026-03-12 06:00", "new"), "('old','new')", "the only build"},
		{of("old", 1, 1, "2026-03-12 06:10", "new"), "('old','new')", "its other partition"},
		{of("old/b", 2, 0, "2026-03-12 06:30", "active"), "('old','new')", "a rebuild of which one partition has caught up"},
		{of("old/b", 2, 1, "2026-03-12 04:00", "active"), "('old','new')", "a rebuild of which one partition is more than an hour behind"},
		{of("old/b", 2, 1, "2026-03-12 05:30", "active"), "('old/b','active')", "a rebuild that has caught up"},
		{of("old", 1, 0, "2026-03-12 06:20", "new"), "('old/b','active')", "the build before goes on beside it"},
		{of("third", 3, 0, "2026-03-12 06:20", "silent"), "('old/b','active')", "another group begins"},
		{of("third", 3, 1, "2026-03-12 06:20", "silent"), "('third','silent')", "the other group has caught up"},
	} {
		insert(t, s, step.rows)
		if got := ask("SELECT build, state FROM complete_until JOIN lifecycle_current USING (topic)"); got != step.shown {
			t.Errorf("%s: the views show %s, want %s", step.what, got, step.shown)
		}
		if got := ask("SELECT sum(users) FROM lifecycle_daily WHERE day = '2026-03-01'"); got != "(1)" {
			t.Errorf("%s: %s users, want the one", step.what, got)
		}
	}
}

// A row of entering a state that is not there leaves fewer users than have left it; nobody is counted below zero, and the view says how many are missing.
func TestUsersAreNeverCountedBelowZero(t *testing.T) {
	s, _, ask := migrated(t)
	lifecycle := func(user, when, from, to string) schemas.Decision {
		return schemas.Decision{User: user, At: at(when), Kind: schemas.KindLifecycle, From: from, To: to}
	}
	insert(t, s, &schemas.Rows{Topic: "shop", Watermark: at("2026-03-12 06:00"), Decisions: []schemas.Decision{
		lifecycle("ann", "2026-03-01 05:00", "", "new"), lifecycle("ann", "2026-03-10 05:00", "new", "active"),
		lifecycle("bob", "2026-03-10 05:00", "new", "active"), lifecycle("cid", "2026-03-11 05:00", "new", "active"),
	}})
	if got, want := ask("SELECT state, day, users, missing FROM lifecycle_daily WHERE day >= '2026-03-09' AND day < '2026-03-12' ORDER BY state, day"),
		"('active','2026-03-10',2,0)\n('active','2026-03-11',3,0)\n('new','2026-03-09',1,0)\n('new','2026-03-10',0,1)\n('new','2026-03-11',0,2)"; got != want {
		t.Errorf("lifecycle_daily:\n%s, want\n%s", got, want)
	}
}

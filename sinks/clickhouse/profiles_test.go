package clickhouse_test

import (
	"testing"

	"winback/schemas"
)

// assessedUsers is one partition's users: ann rises, gets tags and into danger, comes back from silence and is out of danger; bob is
// assessed once and goes silent; cid churns and is forgotten; dan is forgotten, comes back, and is not assessed again; eve comes back and is.
func assessedUsers() *schemas.Rows {
	rows := &schemas.Rows{Topic: "shop", From: 0, To: 9, Watermark: at("2026-03-12 06:00")}
	lifecycle := func(user, day, from, to string) {
		rows.Decisions = append(rows.Decisions, schemas.Decision{User: user, At: at(day + " 05:00"), Kind: schemas.KindLifecycle, From: from, To: to})
	}
	profile := func(user, day, state, rfm string, risk float64, tags ...string) {
		rows.Profiles = append(rows.Profiles, schemas.Profile{
			User: user, At: at(day + " 05:00"), Lifecycle: state, RFM: rfm, Tags: tags, Risk: risk, High: risk >= 80, Alive: risk / 100,
			Reasons: []schemas.Term{{Feature: "gap", Points: risk / 100}},
		})
	}
	lifecycle("ann", "2026-03-01", "active", "silent_light")
	profile("ann", "2026-03-01", "silent_light", "potential", 85, "sharer")
	lifecycle("ann", "2026-03-03", "silent_light", "active")
	rows.Decisions[len(rows.Decisions)-1].Returned = true
	profile("ann", "2026-03-03", "active", "high", 20, "sharer", "night_owl")
	profile("ann", "2026-03-05", "active", "high", -1, "sharer", "night_owl") // not to be scored any more
	profile("bob", "2026-03-01", "active", "high", 90, "sharer")
	lifecycle("bob", "2026-03-04", "active", "silent_light")
	for _, user := range []string{"cid", "dan", "eve"} {
		lifecycle(user, "2026-03-01", "silent_heavy", "churned")
		profile(user, "2026-03-01", "churned", "low", 95, "browser")
		lifecycle(user, "2026-03-05", "churned", "forgotten")
	}
	lifecycle("dan", "2026-03-06", "", "new")
	lifecycle("eve", "2026-03-06", "", "new")
	profile("eve", "2026-03-06", "new", "standard", 10)
	return rows
}

func TestProfileViewsShowEveryUsersLatestState(t *testing.T) {
	s, _, ask := migrated(t)
	insert(t, s, assessedUsers())
	wantAnswers(t, ask, map[string]string{
		"SELECT user, at, lifecycle, rfm, tags, risk, high, alive, reasons, points FROM profiles_current ORDER BY user": "" +
			"('ann','2026-03-05 05:00:00.000','active','high',['sharer','night_owl'],NULL,0,NULL,['gap'],[-0.01])\n" +
			"('bob','2026-03-01 05:00:00.000','silent_light','high',['sharer'],90,1,0.9,['gap'],[0.9])\n" +
			"('eve','2026-03-06 05:00:00.000','new','standard',[],10,0,0.1,['gap'],[0.1])",
		"SELECT user, lifecycle, risk, reasons FROM high_risk_current":        "('bob','silent_light',90,['gap'])",
		"SELECT tag, users FROM tags_current ORDER BY tag":                    "('night_owl',1)\n('sharer',2)",
		"SELECT count() FROM profiles_current WHERE user = 'cid'":             "(0)",
		"SELECT user, state FROM lifecycle_current ORDER BY user":             "('ann','active')\n('bob','silent_light')\n('dan','new')\n('eve','new')",
		"SELECT day, from_state, changes FROM lifecycle_flows WHERE returned": "('2026-03-03','silent_light',1)",
		"SELECT user, at FROM transitions_current WHERE returned":             "('ann','2026-03-03 05:00:00.000')",
		"SELECT from_tier, to_tier, changes FROM rfm_flows WHERE day >= '2026-03-03' ORDER BY day, from_tier": "" +
			"('potential','high',1)\n('low','',3)\n('','standard',1)",
	})
}

func TestForgottenUsersLeaveAllCounts(t *testing.T) {
	s, _, ask := migrated(t)
	insert(t, s, assessedUsers())
	wantAnswers(t, ask, map[string]string{
		"SELECT day, entered, exited, users FROM lifecycle_daily WHERE state = 'churned' AND day IN ('2026-03-01', '2026-03-04', '2026-03-05', '2026-03-12') ORDER BY day": "" +
			"('2026-03-01',3,0,3)\n('2026-03-04',0,0,3)\n('2026-03-05',0,3,0)\n('2026-03-12',0,0,0)",
		"SELECT users FROM lifecycle_daily WHERE state = 'new' AND day = '2026-03-12'":                               "(2)",
		"SELECT count() FROM lifecycle_daily WHERE state = 'forgotten'":                                              "(0)",
		"SELECT sum(changes) FROM lifecycle_flows WHERE to_state = 'forgotten'":                                      "(3)",
		"SELECT day, entered, exited, users FROM rfm_daily WHERE tier = 'low' AND entered + exited > 0 ORDER BY day": "('2026-03-01',3,0,3)\n('2026-03-05',0,3,0)",
		"SELECT tier, users, complete FROM rfm_daily WHERE day = '2026-03-12' ORDER BY tier": "" +
			"('high',2,0)\n('low',0,0)\n('potential',0,0)\n('standard',1,0)",
	})
}

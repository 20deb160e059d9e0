package clickhouse_test

import (
	"testing"

	"winback/schemas"
)

// lives are users' changes of state, each joining the one before.
func lives() *schemas.Rows {
	rows := &schemas.Rows{Topic: "shop", To: 9, Watermark: at("2026-06-01 00:00")}
	for user, states := range map[string][]string{
		"ann": {"new", "active", "casual", "active", "silent_light", "active"},
		"bob": {"new", "casual", "silent_light", "silent_moderate", "silent_heavy", "churned", "forgotten", "new"},
		"cid": {"new", "churned", "forgotten"},
		"dan": {"new"},
	} {
		from := ""
		for i, to := range states {
			rows.Decisions = append(rows.Decisions, schemas.Decision{User: user, At: at("2026-03-01 00:00") + int64(i)*86_400_000, Kind: schemas.KindLifecycle, From: from, To: to})
			if from = to; to == "forgotten" {
				from = ""
			}
		}
	}
	return rows
}

func TestUsersWhoseChangesDoNotJoinAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		missing string // rows deleted from transitions
		broken  uint64
	}{
		"all there":               {"false", 0},
		"the first change":        {"user = 'ann' AND from_state = ''", 1},
		"one between":             {"user = 'ann' AND to_state = 'silent_light'", 1},
		"one of each of two":      {"user IN ('ann', 'bob') AND to_state = 'casual'", 2},
		"the return of forgotten": {"user = 'bob' AND to_state = 'forgotten'", 1},
		"the last change":         {"user = 'dan'", 0}, // nothing tells of it
	} {
		t.Run(name, func(t *testing.T) {
			s, cfg, ask := migrated(t)
			rows := lives()
			insert(t, s, rows)
			rows.From, rows.Watermark = 3, rows.Watermark+1
			insert(t, s, rows) // not merged yet
			execute(t, optionsOf(cfg), "DELETE FROM transitions WHERE "+c.missing)
			h, err := s.CheckHistories(t.Context())
			if err != nil || h.Broken != c.broken || (h.Example == "") != (c.broken == 0) || (h.Topic == "shop") != (c.broken > 0) {
				t.Errorf("got %+v (%v), want %d broken", h, err, c.broken)
			}
			_ = ask
		})
	}
}

package clickhouse

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"winback/schemas"
)

// drawRows draws few rows of few values, so that equal ones and such that differ in one field alone are common.
func drawRows(t *rapid.T) *schemas.Rows {
	small := rapid.Int64Range(0, 1)
	word := rapid.SampledFrom([]string{"", "a", "aa", "b"})
	number := rapid.SampledFrom([]float64{-1, 0, 0.5})
	some := func(one func()) {
		for range rapid.IntRange(0, 3).Draw(t, "count") {
			one()
		}
	}
	r := &schemas.Rows{
		Topic: word.Draw(t, "topic"), Partition: int32(small.Draw(t, "partition")),
		From: small.Draw(t, "from"), To: small.Draw(t, "to"), Watermark: small.Draw(t, "watermark"),
		Build: schemas.Build{Name: word.Draw(t, "build"), Began: small.Draw(t, "began")}, WindowsFrom: small.Draw(t, "windows from"),
	}
	some(func() {
		r.Activity = append(r.Activity, schemas.Activity{
			Minute: 60_000 * small.Draw(t, "minute"), Type: word.Draw(t, "type"), Emitted: 60_000 * small.Draw(t, "emitted"),
			Events: uint64(small.Draw(t, "events")), Amount: small.Draw(t, "amount"), Duration: small.Draw(t, "duration"),
		})
	})
	some(func() {
		r.Decisions = append(r.Decisions, schemas.Decision{
			User: word.Draw(t, "user"), At: small.Draw(t, "at"), Kind: schemas.DecisionKind(word.Draw(t, "kind")), From: word.Draw(t, "from"),
			To: word.Draw(t, "to"), Episode: uint32(small.Draw(t, "episode")), Metric: word.Draw(t, "metric"), Cur: small.Draw(t, "cur"),
			Base: small.Draw(t, "base"), Drop: number.Draw(t, "drop"), Reason: word.Draw(t, "reason"),
		})
	})
	some(func() {
		user, journey, episode, stage := word.Draw(t, "user"), word.Draw(t, "journey"), uint32(small.Draw(t, "episode")), uint32(small.Draw(t, "stage"))
		r.Triggers = append(r.Triggers, schemas.Trigger{
			ID: schemas.NewTriggerID(user, journey, episode, stage), User: user, Journey: journey, Episode: episode, Stage: stage, At: small.Draw(t, "at"),
			Lifecycle: word.Draw(t, "lifecycle"), Metric: word.Draw(t, "metric"), Cur: small.Draw(t, "cur"), Base: small.Draw(t, "base"),
			Drop: number.Draw(t, "drop"), Reason: word.Draw(t, "reason"), Risk: max(0, number.Draw(t, "risk")), RFM: word.Draw(t, "rfm"),
		})
	})
	some(func() {
		p := schemas.Profile{
			User: word.Draw(t, "user"), At: small.Draw(t, "at"), Lifecycle: word.Draw(t, "lifecycle"), RFM: word.Draw(t, "rfm"),
			Risk: number.Draw(t, "risk"), High: rapid.Bool().Draw(t, "high"), Alive: number.Draw(t, "alive"),
		}
		some(func() { p.Tags = append(p.Tags, word.Draw(t, "tag")) })
		some(func() {
			p.Reasons = append(p.Reasons, schemas.Term{Feature: word.Draw(t, "feature"), Points: number.Draw(t, "points")})
		})
		r.Profiles = append(r.Profiles, p)
	})
	return r
}

// change alters one thing of the rows, or only their order, or nothing.
func change(t *rapid.T, from *schemas.Rows) *schemas.Rows {
	to := *from
	to.Activity, to.Decisions, to.Triggers, to.Profiles = slices.Clone(from.Activity), slices.Clone(from.Decisions), slices.Clone(from.Triggers), slices.Clone(from.Profiles)
	other := drawRows(t)
	switch rapid.IntRange(0, 10).Draw(t, "change") {
	case 0:
		to.Topic, to.Partition = other.Topic, other.Partition
	case 1:
		to.From, to.To, to.Watermark = other.From, other.To, other.Watermark
	case 2:
		to.Activity = other.Activity
	case 3:
		to.Decisions = other.Decisions
	case 4:
		to.Triggers = other.Triggers
	case 5:
		to.Profiles = other.Profiles
	case 9:
		to.Build, to.WindowsFrom = other.Build, other.WindowsFrom
	case 6: // a split: the insert ends earlier
		to.Decisions = to.Decisions[:len(to.Decisions)/2]
	case 7: // a split: the insert begins later
		to.Decisions = to.Decisions[len(to.Decisions)/2:]
	case 8:
		to.Decisions = append(to.Decisions, to.Decisions...)
	}
	seed := rapid.Uint64().Draw(t, "order")
	shuffle(seed, to.Activity)
	shuffle(seed, to.Decisions)
	shuffle(seed, to.Triggers)
	shuffle(seed, to.Profiles)
	return &to
}

func shuffle[R any](seed uint64, rows []R) {
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
}

// content spells out what a table would hold of an insert: its place and its rows, sorted.
func content(table string, r *schemas.Rows) string {
	place := fmt.Sprintf("%q %d %d %d %d %q ", r.Topic, r.Partition, r.From, r.To, r.Watermark, fmt.Sprint(r.Build))
	switch table {
	case "activity":
		return place + sorted(r.Activity)
	case "transitions":
		return place + sorted(r.Decisions)
	case "triggers":
		return place + sorted(r.Triggers)
	case "profiles":
		return place + sorted(r.Profiles)
	}
	return place + fmt.Sprint(r.WindowsFrom)
}

func sorted[R any](rows []R) string {
	lines := make([]string, len(rows))
	for i := range rows {
		lines[i] = fmt.Sprintf("%#v", rows[i])
	}
	slices.SortFunc(lines, cmp.Compare)
	return fmt.Sprintf("%q", lines)
}

// A retry has the token of the first attempt, whatever the order of its rows, and no two inserts that differ share one.
func TestTokensAreEqualIfAndOnlyIfPlaceAndRowsAre(t *testing.T) {
	all, s := tables("winback"), newScratch()
	rapid.Check(t, func(t *rapid.T) {
		a := drawRows(t)
		b := change(t, a)
		for i := range all {
			equal := content(all[i].name, a) == content(all[i].name, b)
			x, y := all[i].token(s, a), all[i].token(s, b)
			if (x == y) != equal {
				t.Errorf("%s: tokens %s and %s of rows that are equal: %v\n%+v\n%+v", all[i].name, x, y, equal, a, b)
			}
		}
	})
}

// Rows that a careless digest takes for one another have tokens of their own.
func TestTokensTellRowsThatLookAlike(t *testing.T) {
	ann, bob := schemas.Decision{User: "ann"}, schemas.Decision{User: "bob"}
	for name, pair := range map[string][2][]schemas.Decision{
		"a value moves to the next column": {{{From: "new"}}, {{To: "new"}}},
		"a letter moves to the next value": {{{From: "a", To: "ab"}}, {{From: "aa", To: "b"}}},
		"each row stands there twice":      {{ann, ann}, {bob, bob}},
		"a row stands there once more":     {{ann}, {ann, ann}},
		"values of two rows are swapped":   {{{User: "ann", To: "new"}, {User: "bob", To: "active"}}, {{User: "ann", To: "active"}, {User: "bob", To: "new"}}},
	} {
		transitions, s := tables("winback")[1], newScratch()
		if transitions.token(s, &schemas.Rows{Decisions: pair[0]}) == transitions.token(s, &schemas.Rows{Decisions: pair[1]}) {
			t.Errorf("%s: the tokens are the same", name)
		}
	}
}

// ClickHouse asks each table alone, but a log of tokens must say which table is meant.
func TestTokensNameTheTable(t *testing.T) {
	seen, s := map[string]string{}, newScratch()
	for _, table := range tables("winback") {
		token := table.token(s, &schemas.Rows{Topic: "shop"})
		if other, taken := seen[token]; taken {
			t.Errorf("%s and %s share the token %s", table.name, other, token)
		}
		seen[token] = table.name
	}
}

func BenchmarkToken(b *testing.B) {
	const n = 100_000
	var rows schemas.Rows
	for i := range n {
		rows.Decisions = append(rows.Decisions, schemas.Decision{
			User: fmt.Sprint("user", i), At: int64(i), Kind: schemas.KindEntered, Episode: 1, Metric: "visits", Cur: 3, Base: 32, Drop: 0.6,
			Reason: "visits -62 % against own 28 days: 3 instead of 7.9",
		})
	}
	all, s := tables("winback"), newScratch()
	b.ReportAllocs()
	for b.Loop() {
		all[1].token(s, &rows)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
}

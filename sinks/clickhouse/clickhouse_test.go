package clickhouse_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"

	"winback/pipeline/embedded/embeddedtest"
	"winback/schemas"
	"winback/sinks/clickhouse"
)

func TestMain(m *testing.M) { embeddedtest.Main(m) }

// configFor names a server and database as options do, with patience short enough for a test.
func configFor(o *chgo.Options) clickhouse.Config {
	cfg := clickhouse.Defaults()
	cfg.Addr, cfg.Database, cfg.Username, cfg.Password = o.Addr, o.Auth.Database, o.Auth.Username, o.Auth.Password
	cfg.Retry.First, cfg.Retry.Max, cfg.Retry.Quiet = 10, 50, 0
	return cfg
}

func optionsOf(cfg clickhouse.Config) *chgo.Options {
	return &chgo.Options{Addr: cfg.Addr, Auth: chgo.Auth{Database: cfg.Database, Username: cfg.Username, Password: cfg.Password}}
}

func open(t testing.TB, cfg clickhouse.Config) *clickhouse.Sink {
	t.Helper()
	s, err := clickhouse.Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// migrated returns a sink on a database of the test's own with the tables in it, and a way to ask that database.
func migrated(t testing.TB) (*clickhouse.Sink, clickhouse.Config, func(query string) string) {
	t.Helper()
	options := embeddedtest.ClickHouse(t)
	cfg := configFor(options)
	s := open(t, cfg)
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, cfg, asker(t, options)
}

// asker returns a query's rows as text, one a line.
func asker(t testing.TB, options *chgo.Options) func(query string) string {
	t.Helper()
	conn := embeddedtest.Connect(t, options)
	return func(query string) string {
		t.Helper()
		var lines []string
		if err := conn.QueryRow(t.Context(), "SELECT groupArray(toString(tuple(*))) FROM ("+query+")").Scan(&lines); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return strings.Join(lines, "\n")
	}
}

// wantAnswers asks each query and compares its rows.
func wantAnswers(t *testing.T, ask func(query string) string, answers map[string]string) {
	t.Helper()
	for query, want := range answers {
		if got := ask(query); got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
}

func execute(t *testing.T, options *chgo.Options, query string) {
	t.Helper()
	conn, err := chgo.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Exec(context.Background(), query); err != nil { // t.Context has ended when a cleanup runs this
		t.Errorf("%s: %v", query, err)
	}
}

func dropDatabase(t *testing.T, options *chgo.Options, name string) {
	t.Helper()
	execute(t, options, "DROP DATABASE IF EXISTS "+name+" SYNC")
}

func insert(t testing.TB, s *clickhouse.Sink, rows ...*schemas.Rows) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, r := range rows {
		if err := s.Insert(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
}

func at(text string) int64 {
	parsed, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return parsed.UnixMilli()
}

// sample is what partition 3 of topic shop has for records [10, 20).
func sample() *schemas.Rows {
	return &schemas.Rows{
		Topic: "shop", Partition: 3, From: 10, To: 20, Watermark: at("2026-03-01 10:00"),
		Activity: []schemas.Activity{
			{Minute: at("2026-03-01 09:58"), Type: "visit", Emitted: at("2026-03-01 10:00"), Events: 7, Duration: 1500},
			{Minute: at("2026-03-01 09:58"), Type: "order", Emitted: at("2026-03-01 10:00"), Events: 1, Amount: -250},
		},
		Decisions: []schemas.Decision{
			{User: "ann", At: at("2026-03-01 10:00"), Kind: schemas.KindLifecycle, From: "churned", To: "active", Returned: true},
			{User: "ann", At: at("2026-03-01 10:00"), Kind: schemas.KindEntered, Episode: 1, Metric: "visits", Cur: 3, Base: 32, Drop: 0.625, Reason: "visits -62 %"},
		},
		Triggers: []schemas.Trigger{{
			ID: schemas.NewTriggerID("ann", "default", 1, 1), User: "ann", Journey: "default", Episode: 1, Stage: 1, At: at("2026-03-01 10:00"),
			Lifecycle: "active", Metric: "visits", Cur: 3, Base: 32, Drop: 0.625, Reason: "visits -62 %", Risk: 81.5, RFM: "high",
		}},
		Profiles: []schemas.Profile{
			{
				User: "ann", At: at("2026-03-01 10:00"), Lifecycle: "active", RFM: "high", Tags: []string{"sharer", "night_owl"}, Risk: 81.5, High: true, Alive: 0.25,
				Reasons: []schemas.Term{{Feature: "gap", Points: 1.25}, {Feature: "orders", Points: -0.5}},
			},
			{User: "bob", At: at("2026-03-01 10:00"), Lifecycle: "new", Risk: -1, Alive: -1},
			{User: "cid", At: at("2026-03-01 10:00"), Lifecycle: "churned", RFM: "low", Tags: []string{"sharer"}, Risk: 0, Alive: 0},
		},
	}
}

const counts = "SELECT (SELECT count() FROM activity), (SELECT count() FROM transitions), (SELECT count() FROM triggers), (SELECT count() FROM profiles), (SELECT count() FROM progress)"

func TestEveryFieldArrives(t *testing.T) {
	s, _, ask := migrated(t)
	insert(t, s, sample())
	const origin = "topic, partition, watermark, offset_from, offset_to"
	wantAnswers(t, ask, map[string]string{
		"SELECT minute, type, emitted, events, amount, duration_ms, topic, partition FROM activity ORDER BY type": "" +
			"('2026-03-01 09:58:00','order','2026-03-01 10:00:00',1,-250,0,'shop',3)\n" +
			"('2026-03-01 09:58:00','visit','2026-03-01 10:00:00',7,0,1500,'shop',3)",
		"SELECT user, at, kind, from_state, to_state, returned, episode, metric, cur, base, drop, reason, " + origin + " FROM transitions ORDER BY kind": "" +
			"('ann','2026-03-01 10:00:00.000','entered','','',0,1,'visits',3,32,0.625,'visits -62 %','shop',3,'2026-03-01 10:00:00.000',10,20)\n" +
			"('ann','2026-03-01 10:00:00.000','lifecycle','churned','active',1,0,'',0,0,0,'','shop',3,'2026-03-01 10:00:00.000',10,20)",
		"SELECT id, user, journey, episode, stage, at, lifecycle, metric, cur, base, drop, reason, risk, rfm, " + origin + " FROM triggers": "('" +
			schemas.NewTriggerID("ann", "default", 1, 1).String() +
			"','ann','default',1,1,'2026-03-01 10:00:00.000','active','visits',3,32,0.625,'visits -62 %',81.5,'high','shop',3,'2026-03-01 10:00:00.000',10,20)",
		"SELECT user, at, lifecycle, rfm, tags, risk, high, alive, reasons, points, " + origin + " FROM profiles ORDER BY user": "" +
			"('ann','2026-03-01 10:00:00.000','active','high',['sharer','night_owl'],81.5,1,0.25,['gap','orders'],[1.25,-0.5],'shop',3,'2026-03-01 10:00:00.000',10,20)\n" +
			"('bob','2026-03-01 10:00:00.000','new','',[],NULL,0,NULL,[],[],'shop',3,'2026-03-01 10:00:00.000',10,20)\n" +
			"('cid','2026-03-01 10:00:00.000','churned','low',['sharer'],0,0,0,[],[],'shop',3,'2026-03-01 10:00:00.000',10,20)",
		"SELECT " + origin + " FROM progress": "('shop',3,'2026-03-01 10:00:00.000',10,20)",
	})
}

func TestATriggersRiskOfZeroIsNotNone(t *testing.T) {
	s, _, ask := migrated(t)
	rows := sample()
	for user, risk := range map[string]float64{"none": -1, "zero": 0} {
		rows.Triggers = append(rows.Triggers, schemas.Trigger{ID: schemas.NewTriggerID(user, "default", 1, 1), User: user, Journey: "default", Risk: risk})
	}
	insert(t, s, rows)
	if got, want := ask("SELECT user, risk FROM triggers_current ORDER BY user"), "('ann',81.5)\n('none',NULL)\n('zero',0)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What a return is has one definition, the scorer's; the views believe the row.
func TestWhoReturnedIsWhatTheDecisionSays(t *testing.T) {
	s, _, ask := migrated(t)
	rows := sample()
	rows.Decisions = []schemas.Decision{
		{User: "ann", At: at("2026-03-01 10:00"), Kind: schemas.KindLifecycle, From: "active", To: "casual", Returned: true},
		{User: "bob", At: at("2026-03-01 10:00"), Kind: schemas.KindLifecycle, From: "churned", To: "active"},
	}
	insert(t, s, rows)
	wantAnswers(t, ask, map[string]string{
		"SELECT user, returned FROM transitions_current ORDER BY user":       "('ann',1)\n('bob',0)",
		"SELECT from_state, changes FROM lifecycle_flows WHERE returned":     "('active',1)",
		"SELECT from_state, changes FROM lifecycle_flows WHERE NOT returned": "('churned',1)",
	})
}

func TestSameRowsTwiceLeaveOneCopy(t *testing.T) {
	s, cfg, ask := migrated(t)
	rows := sample()
	rows.Activity = append(rows.Activity, schemas.Activity{Minute: at("2026-02-28 23:59"), Type: "visit", Events: 1}) // a part of its own
	insert(t, s, rows, rows)
	// As after a crash: a new process inserts what the checkpoint holds. ClickHouse knows equal blocks without a token; it is
	// the token that makes it know these, whose rows stand in another order.
	slices.Reverse(rows.Activity)
	slices.Reverse(rows.Decisions)
	slices.Reverse(rows.Profiles)
	insert(t, open(t, cfg), rows)
	if got, want := ask(counts), "(3,2,1,3,1)"; got != want {
		t.Errorf("after three inserts of the same rows: %s, want %s", got, want)
	}
}

// A quiet hour brings decisions without records: offsets stay, the watermark moves.
func TestRowsOfAnotherWatermarkAreInsertedBesideTheFirst(t *testing.T) {
	s, _, ask := migrated(t)
	quiet := sample()
	quiet.From, quiet.Watermark = quiet.To, at("2026-03-01 11:00")
	quiet.Decisions = quiet.Decisions[:1]
	quiet.Decisions[0].At = at("2026-03-01 11:00")
	later := *quiet
	later.Watermark = at("2026-03-01 12:00")
	later.Decisions = []schemas.Decision{{User: "ann", At: at("2026-03-01 12:00"), Kind: schemas.KindLost, Episode: 1}}
	insert(t, s, quiet, &later)
	if got, want := ask("SELECT count() FROM transitions"), "(2)"; got != want {
		t.Errorf("rows of two watermarks: %s, want %s", got, want)
	}
}

// The same decisions under other offsets, as a restart that rebuilds its state may cut them, differ for ClickHouse's
// deduplication; the tables' keys make them one.
func TestRowsUnderOtherOffsetsAreOneInTheViews(t *testing.T) {
	s, _, ask := migrated(t)
	other := sample()
	other.From, other.To = 0, 25
	insert(t, s, sample(), other)
	wantAnswers(t, ask, map[string]string{
		"SELECT sum(events), sum(amount) FROM activity_by_minute": "(8,-250)",
		"SELECT count() FROM transitions_current":                 "(2)",
		"SELECT count() FROM triggers_current":                    "(1)",
		"SELECT count(), any(outcome) FROM episodes":              "(1,'open')",
		"SELECT sum(changes) FROM lifecycle_flows":                "(1)",
		"SELECT count(), sum(high) FROM profiles_current":         "(3,1)",
		"SELECT sum(users) FROM tags_current":                     "(3)",
		"SELECT sum(changes) FROM rfm_flows":                      "(2)",
	})
}

// A server refuses inserts that touch more than 100 months, unless told otherwise; here its limit is 2.
func TestABlockOfManyMonthsIsInserted(t *testing.T) {
	_, cfg, ask := migrated(t)
	cfg.DSN = "clickhouse://" + cfg.Addr[0] + "/?max_partitions_per_insert_block=2"
	rows := &schemas.Rows{Topic: "shop", To: 1, Watermark: at("2026-03-01 10:00")}
	for _, minute := range []string{"2025-11-30 23:59", "2025-12-01 00:00", "2026-01-01 00:00"} {
		rows.Activity = append(rows.Activity, schemas.Activity{Minute: at(minute), Type: "visit", Events: 1})
	}
	insert(t, open(t, cfg), rows)
	if got, want := ask("SELECT count(), uniqExact(toYYYYMM(minute)) FROM activity"), "(3,3)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTimesOutsideTheColumnsAreClamped(t *testing.T) {
	s, _, ask := migrated(t)
	rows := sample()
	rows.Activity[0].Minute, rows.Activity[1].Minute = -1, 1<<62
	rows.Decisions[0].At, rows.Decisions[1].At = -1<<62, 1<<62
	insert(t, s, rows)
	if got, want := ask("SELECT min(minute), max(minute) FROM activity"), "('1970-01-01 00:00:00','2106-02-07 06:28:15')"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := ask("SELECT min(at), max(at) FROM transitions"), "('1900-01-01 00:00:00.000','2262-04-11 23:47:16.854')"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRowsWithoutContentMoveProgress(t *testing.T) {
	s, _, ask := migrated(t)
	insert(t, s,
		&schemas.Rows{Topic: "shop", Partition: 0, From: 5, To: 5, Watermark: at("2026-03-01 12:00")},
		&schemas.Rows{Topic: "shop", Partition: 1, From: 7, To: 9, Watermark: at("2026-03-01 11:00")},
		&schemas.Rows{Topic: "shop", Partition: 1, From: 9, To: 9, Watermark: at("2026-03-01 11:30")})
	if got, want := ask("SELECT * FROM complete_until"), "('shop','2026-03-01 11:30:00.000','2026-03-01 12:00:00.000',2,'','1970-01-01 00:00:00.000')"; got != want {
		t.Errorf("complete_until: %s, want %s", got, want)
	}
}

func BenchmarkInsert(b *testing.B) {
	s, _, _ := migrated(b)
	for _, n := range []int{1_000, 100_000} {
		rows := schemas.Rows{Topic: "shop"}
		for i := range n {
			rows.Activity = append(rows.Activity, schemas.Activity{Minute: at("2026-03-01 10:00") + int64(i/8)*60_000, Type: fmt.Sprint("type", i%8), Emitted: at("2026-03-01 10:00"), Events: uint64(i)})
		}
		b.Run(fmt.Sprintf("activity=%d", n), func(b *testing.B) { benchmarkInsert(b, s, &rows, n) })
		rows.Activity = nil
		for i := range n {
			rows.Decisions = append(rows.Decisions, schemas.Decision{User: fmt.Sprint("user", i), At: at("2026-03-01 10:00"), Kind: schemas.KindEntered, Episode: 1, Metric: "visits", Cur: 3, Base: 32, Drop: 0.6, Reason: "visits -62 % against own 28 days: 3 instead of 7.9"})
		}
		b.Run(fmt.Sprintf("transitions=%d", n), func(b *testing.B) { benchmarkInsert(b, s, &rows, n) })
		rows.Decisions = nil
		for i := range n {
			rows.Profiles = append(rows.Profiles, schemas.Profile{
				User: fmt.Sprint("user", i), At: at("2026-03-01 10:00"), Lifecycle: "active", RFM: "high", Tags: []string{"night_owl", "sharer"}, Risk: float64(i % 100), Alive: 0.5,
				Reasons: []schemas.Term{{Feature: "gap", Points: 1.5}, {Feature: "visits", Points: -1}, {Feature: "tenure", Points: 0.25}},
			})
		}
		b.Run(fmt.Sprintf("profiles=%d", n), func(b *testing.B) { benchmarkInsert(b, s, &rows, n) })
	}
}

func benchmarkInsert(b *testing.B, s *clickhouse.Sink, rows *schemas.Rows, n int) {
	b.ReportAllocs()
	for b.Loop() {
		rows.From, rows.To, rows.Watermark = rows.To, rows.To+1, rows.Watermark+1
		insert(b, s, rows)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

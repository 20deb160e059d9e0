package direct_test

import (
	"hash/fnv"
	"iter"
	"math"
	"os"
	"path/filepath"
	"testing"

	"winback/pipeline/config"
	"winback/pipeline/direct"
	"winback/pipeline/replay"
	"winback/schemas"
	"winback/schemas/mapping"
	"winback/scorer/oracle"
)

// TestRealDataEqualsOracle replays the real data sets and compares every decision of a share of the users, border by border, with the
// oracle, which is too slow for all of them (WINBACK_ALL_USERS=1 takes all). The engine always runs on everybody.
func TestRealDataEqualsOracle(t *testing.T) {
	dir := os.Getenv("WINBACK_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	for _, set := range []struct {
		preset, file string
		share        uint32 // one user in so many
	}{{"cdnow", "cdnow.csv.gz", 20}, {"online_retail", "online_retail.csv.gz", 4}, {"oulad", "oulad_2013.csv.gz", 50}} {
		t.Run(set.preset, func(t *testing.T) {
			path := filepath.Join(dir, set.file)
			if _, err := os.Stat(path); err != nil {
				t.Skipf("the data set is not here; set WINBACK_DATA to the directory that holds it: %v", err)
			}
			if os.Getenv("WINBACK_ALL_USERS") != "" {
				set.share = 1
			}
			chosen := func(user string) bool {
				h := fnv.New32a()
				_, _ = h.Write([]byte(user))
				return h.Sum32()%set.share == 0
			}
			compareWithOracle(t, set.preset, path, chosen)
		})
	}
}

func compareWithOracle(t *testing.T, preset, path string, chosen func(string) bool) {
	loaded, err := config.Load(config.Sources{Preset: preset}, config.Engine)
	if err != nil {
		t.Fatal(err)
	}
	c := loaded.Config
	c.State.MaxJump = 0
	vocabulary, err := c.Scorer.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.Compile(c.FileMapping(), vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	sorted, err := replay.Read(t.Context(), c.Replay.Config, replay.Input{Files: []string{path}, Mapping: m})
	if err != nil {
		t.Fatal(err)
	}
	defer sorted.Close()
	engine, err := direct.New(direct.Config{Scorer: c.Scorer, State: c.State}, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	var events []oracle.Event
	var got []schemas.Decision
	watched := watch(sorted, func(e *schemas.Event) {
		if user := string(e.User); chosen(user) {
			events = append(events, oracle.Event{User: user, Type: vocabulary.Name(e.Type), Time: e.Time, Amount: e.Amount, Duration: e.Duration})
		}
	})
	result, err := engine.Run(t.Context(), watched, func(ds []schemas.Decision) error {
		for _, d := range ds {
			if chosen(d.User) {
				got = append(got, d)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := oracle.Decide(oracleConfig(&c), events, result.Watermark)
	mustEqual(t, got, want)
	t.Logf("counts: %d events, %d users, %d decisions; those of the chosen users equal the oracle's", result.Events, result.Users, len(want))
}

func watch(sorted *replay.Sorted, look func(*schemas.Event)) iter.Seq[*schemas.Event] {
	return func(yield func(*schemas.Event) bool) {
		for e := range sorted.Events() {
			look(&e.Event)
			if !yield(&e.Event) {
				return
			}
		}
	}
}

func oracleConfig(c *config.Config) oracle.Config {
	s := &c.Scorer
	o := oracle.Config{
		Grain: int64(s.Grain), Window: int64(s.Window), Baseline: int64(s.Baseline), Activity: s.Activity, SessionGap: int64(s.SessionGap),
		DropEnter: int64(math.Round(s.Drop.Enter * 1e6)), DropExit: int64(math.Round(s.Drop.Exit * 1e6)),
		MinBaseline: s.Drop.MinBaseline, MinWeeks: s.Drop.MinWeeks,
		NewUnder: int64(s.Lifecycle.NewUnder), SilentLight: int64(s.Lifecycle.SilentLight), SilentModerate: int64(s.Lifecycle.SilentModerate),
		SilentHeavy: int64(s.Lifecycle.SilentHeavy), Churned: int64(s.Lifecycle.Churned),
		ActiveWindow: int64(s.Lifecycle.ActiveWindow), ActiveEvents: s.Lifecycle.ActiveEvents, Forgotten: int64(s.Lifecycle.Forgotten),
		Assess: int64(s.Assess),
		RFM: oracle.RFM{
			Orders: s.RFM.Orders, Spend: s.RFM.Spend, Window: int64(s.RFM.Window), Recent: int64(s.RFM.Recent), Lapsed: int64(s.RFM.Lapsed),
			HighOrders: s.RFM.HighOrders, HighSpend: s.RFM.HighSpend, PotentialSpend: s.RFM.PotentialSpend,
		},
	}
	for _, m := range s.Metrics {
		metric := oracle.Metric{Name: m.Name, Types: m.Types, Adds: string(m.Adds), Core: m.Core}
		for _, w := range m.Windows {
			metric.Windows = append(metric.Windows, int64(w))
		}
		o.Metrics = append(o.Metrics, metric)
	}
	return o
}

// mustEqual expects the engine's order, which is the oracle's: by border, then user, the lifecycle first.
func mustEqual(t *testing.T, got, want []schemas.Decision) {
	t.Helper()
	if len(want) == 0 {
		t.Fatal("no decisions: the comparison shows nothing")
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) {
			t.Fatalf("%d decisions, want %d", len(got), len(want))
		}
		g := got[i]
		g.Reason = ""
		if g != want[i] {
			t.Fatalf("decision %d:\n got %+v\nwant %+v", i, g, want[i])
		}
	}
}

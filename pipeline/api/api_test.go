package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"winback/pipeline"
	"winback/pipeline/api"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
)

// member is a Source that says what the test wants.
type member struct {
	statuses []pipeline.Status
	ready    error
}

func (m *member) Status() []pipeline.Status { return m.statuses }
func (m *member) Ready() error              { return m.ready }

func serve(t *testing.T, of api.Source) (get func(path string) (int, string)) {
	t.Helper()
	server, err := api.Listen(t.Context(), api.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, of, "v1") }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return func(path string) (int, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+server.Addr()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
}

func TestMetricsTellOfEveryPartition(t *testing.T) {
	first := pipeline.Status{
		Partition: 0, Offset: 12, Lag: 3, Committed: 10, Watermark: 1500, Users: 7, PreChurn: 2, Missing: 8, WindowsFrom: 2500,
		Counts: state.Counts{Events: 11, Late: 1}, Triggers: 5, MutedTriggers: 4, Rows: 20,
	}
	first.Lifecycle[scorer.New], first.Refused[schemas.BadTime] = 6, 9
	get := serve(t, &member{statuses: []pipeline.Status{first, {Partition: 3, Lag: -1, Restoring: true}}})
	status, body := get("/metrics")
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, body)
	}
	for _, want := range []string{
		`winback_next_offset{partition="0"} 12`, `winback_lag_records{partition="0"} 3`, `winback_committed_offset{partition="0"} 10`,
		`winback_watermark_timestamp_seconds{partition="0"} 1.5`, `winback_users{partition="0"} 7`, `winback_pre_churn_users{partition="0"} 2`,
		`winback_missing_records{partition="0"} 8`, `winback_windows_from_timestamp_seconds{partition="0"} 2.5`,
		`winback_events_total{partition="0"} 11`, `winback_late_events_total{partition="0"} 1`, `winback_triggers_total{partition="0"} 5`,
		`winback_muted_triggers_total{partition="0"} 4`, `winback_rows_total{partition="0"} 20`,
		`winback_lifecycle_users{partition="0",state="new"} 6`, `winback_dead_letters_total{partition="0",reason="bad_time"} 9`,
		`winback_restoring{partition="3"} 1`, `winback_ready 1`, `winback_build_info{version="v1"} 1`, "go_goroutines", "process_cpu_seconds_total",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	for _, unknown := range []string{`winback_lag_records{partition="3"}`, `winback_watermark_timestamp_seconds{partition="3"}`} {
		if strings.Contains(body, unknown) {
			t.Errorf("the metrics tell %s, which nobody knows", unknown)
		}
	}
}

// Names, units and helps are as Prometheus' own linter wants them.
func TestMetricsFollowTheConventions(t *testing.T) {
	_, body := serve(t, &member{statuses: []pipeline.Status{{Watermark: 1, LastRecord: 1, WindowsFrom: 1}}})("/metrics")
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "winback_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestReadinessSaysWhatIsMissing(t *testing.T) {
	m := &member{}
	get := serve(t, m)
	if status, _ := get("/readyz"); status != http.StatusOK {
		t.Errorf("ready: status %d", status)
	}
	m.ready = errors.New("2 of 4 partitions are being rebuilt")
	if status, body := get("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "2 of 4 partitions") {
		t.Errorf("not ready: status %d, %s", status, body)
	}
	if status, _ := get("/healthz"); status != http.StatusOK {
		t.Errorf("alive: status %d", status)
	}
}

func TestAPortThatIsTakenIsSaid(t *testing.T) {
	first, err := api.Listen(t.Context(), api.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := api.Listen(t.Context(), api.Config{Listen: first.Addr()}); err == nil || !strings.Contains(err.Error(), "api.listen") {
		t.Errorf("a port that is taken: %v", err)
	}
	if err := (api.Config{Listen: "9464"}).Validate(); err == nil || !strings.Contains(err.Error(), "listen") {
		t.Errorf("an address without a colon: %v", err)
	}
}

package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"winback/pipeline/config"
	"winback/schemas"
	"winback/schemas/mapping"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// faults returns what Load reports, the file's directory left out.
func faults(t *testing.T, s config.Sources, parts config.Part) string {
	t.Helper()
	_, err := config.Load(s, parts)
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), filepath.Dir(s.Path)+"/", "")
}

func TestTheDefaultsAreValid(t *testing.T) {
	if got := faults(t, config.Sources{}, config.Everything); got != "" {
		t.Error(got)
	}
}

func TestFileEnvironmentAndFlagsReachTheRooms(t *testing.T) {
	c, err := config.Load(config.Sources{
		Path: write(t, `
kafka: {brokers: [a:9092], sasl: {mechanism: plain, username: u}}
input: {topic: clicks, max_wait: 1s}
mapping:
  preset: custom
  user: customer.id
  time: {field: ts, format: unix_s}
  type: {const: visit}
clickhouse: {dsn: "clickhouse://h:9000/db"}
triggers: {compression: lz4}
replay: {memory: 2_000_000}
`),
		Environ:  []string{"WINBACK_KAFKA_SASL_PASSWORD=p", "WINBACK_SCORER_WINDOW=14d", "HOME=/root", "WINBACK_CACHE_DIR=/x"},
		Settings: []string{"scorer.drop.enter=0.4", "scorer.metrics[0].core=false", "triggers.retry.max=1m"},
	}, config.Everything)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintln(c.Kafka.Brokers, c.Kafka.SASL, c.Input.Topic, c.Input.MaxWait, c.Mapping.User.Field, c.Mapping.Time.Format, c.Triggers.Compression,
		c.Replay.Memory, c.Scorer.Window, c.Scorer.Drop.Enter, c.Scorer.Metrics[0].Core, c.Triggers.Retry.Max, c.ClickHouse.Addr)
	if want := "[a:9092] {plain u p} clicks 1s [customer.id] [unix_s] lz4 2000000 14d 0.4 false 1m []\n"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if place := c.Place("scorer.window"); place != "WINBACK_SCORER_WINDOW" {
		t.Errorf("scorer.window comes from %s", place)
	}
}

func TestEveryFaultOfEveryRoomComesAtOnceWithItsPlace(t *testing.T) {
	s := config.Sources{
		Path: write(t, `kafka:
  brokers: [localhost]
  broker: x
scorer:
  grain: 7m
  metrics:
    - name: visits
      types: visit
      adds: cuont
      core: true
  activity: [visits, orders]
mapping:
  tpye: event
  time: {fromat: rfc3339}
log: {level: wran}
`),
		Environ:  []string{"WINBACK_TRIGGERS_TOPIC=no spaces", "WINBACK_INPUT_TOPICS=x"},
		Settings: []string{"state.lateness=30d", "state.jump_witnesses=1", "input.dedup.span=1s", "input.dedup.max_ids=7", "nonsense", "dead_letters.topic=winback.events"},
	}
	want := []string{
		`--set nonsense: write it as path=value`,
		`w.yaml:3: kafka.broker: unknown key: did you mean brokers?`,
		`w.yaml:13: mapping.tpye: unknown key: did you mean type?`,
		`w.yaml:14: mapping.time: `,
		`WINBACK_INPUT_TOPICS: no setting has this variable: did you mean WINBACK_INPUT_TOPIC?`,
		`w.yaml:15: log.level: "wran" (warn?)`,
		`w.yaml:2: kafka.brokers[0]: `,
		`--set input.dedup.span: input.dedup.span: 1s`,
		`--set input.dedup.max_ids: input.dedup.max_ids: 7`,
		`w.yaml:5: scorer.grain: 7m`,
		`w.yaml:9: scorer.metrics[0].adds: "cuont"`,
		`w.yaml:11: scorer.activity[1]: "orders"`,
		`--set state.lateness: state.lateness: 30d`,
		`--set state.jump_witnesses: state.jump_witnesses: 1`,
		`WINBACK_TRIGGERS_TOPIC: triggers.topic: "no spaces"`,
		`--set dead_letters.topic: dead_letters.topic: "winback.events" is the topic of input.topic too`,
	}
	got := strings.Split(faults(t, s, config.Everything), "\n")
	for i, line := range got {
		if i >= len(want) || !strings.HasPrefix(line, want[i]) {
			t.Errorf("fault %d: got %q", i, line)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d faults, want %d", len(got), len(want))
	}
}

func TestHowTopicsAreMade(t *testing.T) {
	path := write(t, "topics:\n  replication: 3\n  retention: 40d\n  settings: {segment.bytes: 1048576, min.insync.replicas: 2}\n")
	c, err := config.Load(config.Sources{Path: path}, config.Stream)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(c.Topics); got != "{{3 40d map[min.insync.replicas:2 segment.bytes:1048576]}}" {
		t.Errorf("got %s", got)
	}
	s := config.Sources{Path: write(t, "topics:\n  replication: -1\n  retention: 1s\n  settings: {retention.ms: 1, Segment Bytes: 2}\n")}
	want := "w.yaml:2: topics.replication: -1: use the number of copies (3 is usual), or 0 for the cluster's default\n" +
		"w.yaml:3: topics.retention: 1s: use 1m or more (7d is usual), or 0 for the cluster's default\n" +
		"w.yaml:4: topics.settings: \"Segment Bytes\" is no topic setting: write it as Kafka does, such as segment.bytes\n" +
		"w.yaml:4: topics.settings: retention.ms is what topics.retention sets: keep one"
	if got := faults(t, s, config.Stream); got != want {
		t.Errorf("got %s", got)
	}
	if got := faults(t, s, config.Files); got != "" {
		t.Errorf("without topics: got %s", got)
	}
}

func TestFaultsOfPartsThatACommandDoesNotNeedAreIgnored(t *testing.T) {
	s := config.Sources{Settings: []string{"kafka.brokers=", "clickhouse.max_conns=0"}}
	if got := faults(t, s, config.Engine|config.Files); got != "" {
		t.Error(got)
	}
	if got := faults(t, s, config.Everything); strings.Count(got, "\n") != 1 {
		t.Errorf("want two faults, got %q", got)
	}
}

func TestAMappingThatNeedsAHeaderIsRefusedForATopic(t *testing.T) {
	s := config.Sources{Settings: []string{"mapping.preset=csv"}}
	if got := faults(t, s, config.Engine|config.Files); got != "" {
		t.Error(got)
	}
	if got := faults(t, s, config.Stream); !strings.Contains(got, "replay.mapping") {
		t.Errorf("got %q", got)
	}
}

func TestSourcesThatAreNotThere(t *testing.T) {
	got := faults(t, config.Sources{Preset: "cdonw", Environ: []string{"WINBACK_CONFIG=/no/such.yaml"}}, 0)
	want := "--preset: there is no preset \"cdonw\": did you mean cdnow?\n" +
		"/no/such.yaml: the configuration cannot be read (no such file or directory): name a file with --config"
	if got != want {
		t.Errorf("got %q", got)
	}
}

func TestAPresetOfTheMappingIsNoConfiguration(t *testing.T) {
	want := `--preset: "segment" is a preset of the mapping alone: write --set mapping.preset=segment`
	if got := faults(t, config.Sources{Preset: "segment"}, 0); got != want {
		t.Errorf("got %q", got)
	}
}

func TestEveryPresetIsAWholeConfigurationAndAFile(t *testing.T) {
	for _, name := range config.Presets() {
		c, err := config.Load(config.Sources{Preset: name}, config.Everything)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		vocabulary, err := c.Scorer.Vocabulary()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := mapping.Compile(c.FileMapping(), vocabulary); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := faults(t, config.Sources{Path: filepath.Join("presets", name+".yaml")}, config.Everything); got != "" {
			t.Errorf("%s as a file: %s", name, got)
		}
	}
	if want := []string{"cdnow", "daily_app", "ecommerce", "learning", "online_retail", "oulad", "subscription"}; !slices.Equal(config.Presets(), want) {
		t.Errorf("got %v", config.Presets())
	}
}

// Two settings must not share a variable, and none may look like what Kubernetes sets for a Service.
func TestVariablesAreUnique(t *testing.T) {
	c, err := config.Load(config.Sources{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := c.Variables()
	slices.Sort(names)
	for i, name := range names {
		if i > 0 && names[i-1] == name {
			t.Errorf("two settings are %s", name)
		}
		if strings.HasSuffix(name, "_SERVICE_HOST") || strings.HasSuffix(name, "_PORT") && name != "WINBACK_EMBEDDED_KAFKA_PORT" {
			t.Errorf("%s is a name that Kubernetes may set", name)
		}
	}
	if !slices.Contains(names, "WINBACK_KAFKA_BROKERS") || !slices.Contains(names, "WINBACK_TRIGGERS_RETRY_MAX") {
		t.Errorf("got %v", names)
	}
}

func TestWhatIsPrintedCanBeReadBack(t *testing.T) {
	c, err := config.Load(config.Sources{Preset: "oulad", Settings: []string{"kafka.client_id=x"}}, config.Everything)
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Print()
	if err != nil {
		t.Fatal(err)
	}
	again, err := config.Load(config.Sources{Path: write(t, string(text))}, config.Everything)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	second, err := again.Print()
	if err != nil {
		t.Fatal(err)
	}
	if a, b := uncommented(string(text)), uncommented(string(second)); a != b {
		t.Errorf("printed\n%s\nread back and printed\n%s", a, b)
	}
}

func uncommented(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(strings.TrimRight(line, "\n"), " #")
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestAPartitionRemembersIDsAsTheInputSays(t *testing.T) {
	c, err := config.Load(config.Sources{Settings: []string{"input.dedup.span=2d", "state.jump_witnesses=5"}}, config.Engine)
	if err != nil {
		t.Fatal(err)
	}
	if s := c.PartitionState(); s.Dedup.Span != 2*schemas.Day || s.Dedup.MaxIDs != 20_000_000 || s.JumpWitnesses != 5 || s.Lateness != c.State.Lateness {
		t.Errorf("got %+v", s)
	}
}

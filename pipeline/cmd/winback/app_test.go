package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"winback/pipeline/embedded/embeddedtest"
	"winback/schemas/mapping"
)

var update = flag.Bool("update", false, "write the golden texts anew")

func TestMain(m *testing.M) {
	if os.Getenv(helperVariable) != "" {
		os.Exit(helper())
	}
	embeddedtest.Main(m)
}

// outcome is what a command line came to.
type outcome struct {
	code           int
	stdout, stderr string
}

// winback runs a command line without a terminal.
func winback(t *testing.T, environ []string, stdin string, args ...string) outcome {
	t.Helper()
	return winbackUntil(t.Context(), environ, stdin, args...)
}

func winbackUntil(ctx context.Context, environ []string, stdin string, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	a := &app{stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr, environ: environ, now: time.Now, size: unsized}
	code := a.run(ctx, args)
	return outcome{code, stdout.String(), stderr.String()}
}

// unsized is the size of what is no terminal.
func unsized() (width, height int) { return 0, 0 }

func (o outcome) want(t *testing.T, code int, stderr string) {
	t.Helper()
	if o.code != code || o.stderr != stderr {
		t.Errorf("got exit code %d and %q, want %d and %q (stdout: %q)", o.code, o.stderr, code, stderr, o.stdout)
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// golden compares with testdata/name, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (mend it with -update if the change is meant): got\n%s\nwant\n%s", path, got, want)
	}
}

func TestACommandLineThatIsWrongSaysSoInOneLine(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"command":     {[]string{"dmo"}, `unknown command "dmo" for "winback": did you mean demo: see winback --help`},
		"flag":        {[]string{"run", "--imbedded"}, "unknown flag: --imbedded: see winback --help"},
		"arguments":   {[]string{"migrate", "x"}, `unknown command "x" for "winback migrate": see winback --help`},
		"no file":     {[]string{"replay", "--direct"}, "name at least one file to replay, or - for stdin"},
		"together":    {[]string{"replay", "--decisions", "x", "--speed", "-1", "f"}, "--decisions needs --direct: into Kafka, the service decides; --speed, --partitions and --top must not be negative"},
		"until":       {[]string{"replay", "--direct", "--until", "soon", "f"}, `--until: "soon" is no time: write a date (2011-06-30), RFC 3339 (2011-06-30T12:00:00Z), or Unix milliseconds`},
		"max-jump":    {[]string{"replay", "--direct", "--max-jump", "far", "f"}, `--max-jump: "far" is not a duration: write numbers with units (ms, s, m, h, d, w), the larger first, such as "30s", "1h30m" or "7d"`},
		"output":      {[]string{"doctor", "-o", "xml"}, `--output "xml": use text or json`},
		"preset":      {[]string{"replay", "--direct", "--preset", "cdonw", "f"}, `--preset: there is no preset "cdonw": did you mean cdnow?`},
		"no config":   {[]string{"config", "-c", "/no/such.yaml"}, "/no/such.yaml: the configuration cannot be read (no such file or directory): name a file with --config"},
		"empty path":  {[]string{"config", "-c", ""}, "--config is empty: name a file, or leave the flag out"},
		"partitions":  {[]string{"run", "--embedded", "--partitions", "-1"}, "--partitions -1: use 1 to 10000"},
		"rebuild":     {[]string{"run", "--rebuild", "a b"}, "--rebuild: \"a b\" is no name of a rebuild: use up to 64 letters, digits, dots, dashes and underscores, such as 2026-11-rules"},
		"not ours":    {[]string{"run", "--partitions", "8"}, "--partitions needs --embedded: elsewhere the input topic is there, with partitions of its own"},
		"one output":  {[]string{"replay", "--direct", "--decisions", "x", "--dead-letters", "./x", "f"}, "--decisions and --dead-letters name the same file"},
		"stdout":      {[]string{"replay", "--direct", "--decisions", "-", "-o", "json", "f"}, "--output json has standard output for itself: name a file instead of -"},
		"skip badly":  {[]string{"run", "--skip-batch", "winback.events/0@9-3"}, "--skip-batch winback.events/0@9-3: the first offset lies behind the last: write TOPIC/PARTITION@FIRST-LAST, such as clickstream/3@1200-1249, as the log names the batch"},
		"skip nobody": {[]string{"run", "--skip-batch", "others/0@1-2"}, "input.skip_batches[0]: others/0@1-2 is of another topic than winback.events (input.topic) and winback.triggers (triggers.topic), which are read"},
		"speed":       {[]string{"replay", "--speed", "NaN", "f"}, "--speed, --partitions and --top must not be negative"},
		"stdin twice": {[]string{"replay", "--direct", "-", "-"}, "- is named twice, and its events would count twice: name it once"},
		"demo's days": {[]string{"demo", "--days", "0"}, "demo: days: 0: use 1 to 3650 (182 is usual: the rule looks 35 days back, and who left is known 30 days after)"},
	} {
		t.Run(name, func(t *testing.T) { winback(t, nil, "", c.args...).want(t, exitUsage, "winback: "+c.want+"\n") })
	}
}

func TestEveryFaultOfTheConfigurationIsListed(t *testing.T) {
	path := write(t, "w.yaml", "log: {level: loud}\nscorer:\n  gran: 1h\n")
	got := winback(t, []string{"WINBACK_SCORER_WINDOW=7"}, "", "replay", "--direct", "-c", path, "f")
	got.want(t, exitUsage, "winback: 3 faults in the configuration:\n"+
		"  "+path+":3: scorer.gran: unknown key: did you mean grain?\n"+
		"  WINBACK_SCORER_WINDOW: scorer.window: \"7\" is not a duration: write numbers with units (ms, s, m, h, d, w), the larger first, such as \"30s\", \"1h30m\" or \"7d\"\n"+
		"  "+path+":1: log.level: \"loud\": use one of [debug info warn error]\n")
}

func TestHelpNamesEveryCommandAndExitsWell(t *testing.T) {
	got := winback(t, nil, "", "--help")
	if got.code != exitDone || got.stderr != "" {
		t.Errorf("got %+v", got)
	}
	for _, command := range []string{"demo", "run", "replay", "repartition", "train", "backtest", "calibrate", "migrate", "doctor", "config", "version", "completion", "Exit codes"} {
		if !strings.Contains(got.stdout, command) {
			t.Errorf("%q is missing", command)
		}
	}
}

func TestVersion(t *testing.T) {
	got := winback(t, nil, "", "version")
	if got.code != exitDone || !strings.HasPrefix(got.stdout, "winback ") || !strings.Contains(got.stdout, "go1.") {
		t.Errorf("got %+v", got)
	}
}

func TestConfigShowsWhatIsInForceAndNoSecret(t *testing.T) {
	got := winback(t, []string{"WINBACK_CLICKHOUSE_PASSWORD=hunter2"}, "", "config", "--set", "log.level=debug")
	if got.code != exitDone || strings.Contains(got.stdout, "hunter2") || !strings.Contains(got.stdout, "level: debug # --set log.level\n") {
		t.Errorf("got %+v", got)
	}
	got = winback(t, nil, "", "config", "--variables")
	if got.code != exitDone || !strings.Contains(got.stdout, "\nWINBACK_KAFKA_BROKERS\n") {
		t.Errorf("got %+v", got)
	}
}

func TestNumbersAndMoments(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		if got := grouped(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
	for text, want := range map[string]int64{
		"2011-06-30": 1309392000000, "2011-06-30T12:00:00+02:00": 1309428000000, "2011-06-30 12:00": 1309435200000, "1309392000000": 1309392000000,
	} {
		if got, err := parseMoment(text); err != nil || got != want {
			t.Errorf("%s: got %d (%v), want %d", text, got, err, want)
		}
	}
	if got, err := parseMoment("1309392000"); err == nil {
		t.Errorf("seconds were read as %d", got)
	}
	if got := printable("a\x1b[31m\nü" + strings.Repeat("x", 99)); strings.ContainsAny(got, "\x1b\n") || len([]rune(got)) != longestID {
		t.Errorf("got %q", got)
	}
}

func TestTheMappingsThatAreBuiltInCanBeLookedUp(t *testing.T) {
	help := winback(t, nil, "", "replay", "--help").stdout
	completions := winback(t, nil, "", "__complete", "replay", "--set", "mapping.").stdout
	for _, name := range mapping.Presets() {
		if !strings.Contains(help, name) || !strings.Contains(completions, "mapping.preset="+name+"\n") {
			t.Errorf("%s is not in the help or the completions", name)
		}
	}
}

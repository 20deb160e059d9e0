package layers_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"winback/pipeline/config/layers"
	"winback/schemas"
)

type metric struct {
	Name  string   `yaml:"name"`
	Types []string `yaml:"types"`
	Core  bool     `yaml:"core"`
}

type kafka struct {
	Brokers  []string `yaml:"brokers"`
	Topic    string   `yaml:"topic"`
	Password string   `yaml:"password"`
	TLS      struct {
		CA string `yaml:"ca"`
	} `yaml:"tls"`
}

type settings struct {
	Log struct {
		Level string `yaml:"level"`
	} `yaml:"log"`
	Kafka   kafka             `yaml:"kafka"`
	Metrics []metric          `yaml:"metrics"`
	Window  schemas.Duration  `yaml:"window"`
	Wait    time.Duration     `yaml:"wait"`
	Limit   int8              `yaml:"limit"`
	Enter   float64           `yaml:"enter"`
	Labels  map[string]string `yaml:"labels"`
	Hidden  func()            `yaml:"-"`
	NoTag   string
}

func defaults() settings {
	s := settings{Window: 7 * schemas.Day, Limit: 3, Metrics: []metric{{Name: "visits", Types: []string{"visit"}, Core: true}}}
	s.Kafka.Brokers, s.Labels = []string{"localhost:9092"}, map[string]string{}
	return s
}

func TestLaterLayersOverrideEarlierOnes(t *testing.T) {
	s := defaults()
	l := layers.Over(&s)
	l.File("preset.yaml", []byte("log: {level: warn}\nkafka:\n  topic: clicks\nwindow: 14d\nlabels: {a: x, b: y}\n"))
	l.File("own.yaml", []byte("kafka:\n  topic: events\n  tls:\nwait: 1d\nmetrics:\n- name: orders\n  types: order\nlabels: {b: z}\nlimit: 0x10\n"))
	l.Environ("W_", []string{"W_KAFKA_BROKERS=a:1, b:2", "W_KAFKA_PASSWORD=#: 12", "OTHER=x", "W_CONFIG=own.yaml", "W_ENTER=0.5"}, "W_CONFIG")
	l.Set("--set log.level=debug", "log.level", "debug")
	l.Set("--set metrics[0].core=true", "metrics[0].core", "true")
	if err := l.Err(); err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Log.Level, want.Window, want.Wait, want.Limit, want.Enter = "debug", 14*schemas.Day, 24*time.Hour, 16, 0.5
	want.Kafka = kafka{Brokers: []string{"a:1", "b:2"}, Topic: "events", Password: "#: 12"}
	want.Metrics = []metric{{Name: "orders", Types: []string{"order"}, Core: true}}
	want.Labels = map[string]string{"a": "x", "b": "z"}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got  %+v\nwant %+v", s, want)
	}
}

func TestEveryFaultIsReportedAtOnceWithItsPlace(t *testing.T) {
	s := defaults()
	l := layers.Over(&s)
	l.File("w.yaml", []byte(`kafka:
  broker: localhost:9092
  password: [hunter2]
  tls: yes
topic: clicks
window: 7 days
limit: 300
metrics:
- name: visits
  core: perhaps
  coer: true
- name: visits
limit: 4
labels: [a]
wait:
  long: 1
zzz: 1
log: {level: a, b}
`))
	l.Environ("W_", []string{"W_KAFKA_TOPICS=x", "W_ENTER=half", "W_SERVICE_HOST=10.0.0.1", "W_PORT_8080_TCP_ADDR=10.0.0.1"})
	l.Set("--set log.level", "log.levle", "debug")
	l.Set("--set metrics[7].core", "metrics[7].core", "true")
	l.Set("--set kafka.topic.name", "kafka.topic.name", "x")
	l.Set("--set labels", "labels", "{a: ")
	l.Check(schemas.Faults{
		{Field: "metrics[1].name", Problem: "named twice"},
		{Field: "metrics[1].types", Problem: "name one"},
		{Field: "window", Problem: "not reported again"},
		{Field: "enter", Problem: "not reported again"},
		{Field: "kafka.topic", Problem: "missing"},
		{Field: "later", Problem: "missing"},
	}.Err())
	want := `w.yaml:2: kafka.broker: unknown key: did you mean brokers?
w.yaml:3: kafka.password: write one value, not a list
w.yaml:4: kafka.tls: write settings below it, one key a line, not "yes"
w.yaml:5: topic: unknown key: did you mean kafka.topic?
w.yaml:6: window: "7 days" is not a duration: write numbers with units (ms, s, m, h, d, w), the larger first, such as "30s", "1h30m" or "7d"
w.yaml:7: limit: write a whole number of at most 8 bits, not "300"
w.yaml:10: metrics[0].core: write true or false, not "perhaps"
w.yaml:11: metrics[0].coer: unknown key: did you mean core?
w.yaml:13: limit: set before, on line 7: keep one
w.yaml:14: labels: write names and values below it, one a line, not a list
w.yaml:16: wait: write one value, not keys and values
w.yaml:17: zzz: unknown key: the keys here are log, kafka, metrics, window, wait, limit, enter, labels
w.yaml:18: log.b: a comma inside {} begins another key: put the value before it in quotes
W_ENTER: enter: write a number, not "half"
W_KAFKA_TOPICS: no setting has this variable: did you mean W_KAFKA_TOPIC?
--set log.level: log.levle: unknown key: did you mean level?
--set metrics[7].core: metrics[7].core: metrics holds 2 items: name one as metrics[1]
--set kafka.topic.name: kafka.topic.name: kafka.topic has nothing named "name" below it: set kafka.topic itself
--set labels: labels: yaml: line 1: did not find expected node content
w.yaml:12: metrics[1].name: named twice
w.yaml:12: metrics[1].types: name one
default: later: missing`
	if got := fmt.Sprint(l.Err()); got != want {
		t.Errorf("got\n%s\n\nwant\n%s", got, want)
	}
}

func TestWhatIsNotYAMLNamesItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"a: b: c":            "w.yaml:1: not YAML: mapping values are not allowed in this context: look at this line and the one before for a missing bracket, quote, colon or space",
		"log:\n\tlevel: 1":   "w.yaml:2: not YAML: found character that cannot start any token: indent with spaces, not tabs, and put values that begin with a sign in quotes",
		"log: {}\n---\nb: 1": "w.yaml:2: not YAML: a second document begins: keep one",
		"- a":                "w.yaml:1: write settings below it, one key a line, not a list",
		"":                   "<nil>",
		"# nothing yet\n":    "<nil>",
		"log: &a\n  <<: *a":  "w.yaml:2: log: merge keys and keys that are no plain words are not read: write the settings out",
	} {
		s := defaults()
		l := layers.Over(&s)
		l.File("w.yaml", []byte(text))
		if got := fmt.Sprint(l.Err()); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestPrintedSettingsSayWhereTheyComeFromAndKeepSecrets(t *testing.T) {
	s := defaults()
	l := layers.Over(&s)
	l.File("w.yaml", []byte("kafka:\n  password: hunter2\n  brokers: [a:1]\nwait: 90m\n"))
	l.Set("--set window", "window", "14d")
	text, err := l.Print()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"password: (not shown) # w.yaml:2", "brokers: # w.yaml:3", "window: 14d # --set window", "topic: \"\"\n"} {
		if !strings.Contains(string(text), line) {
			t.Errorf("%q is missing from\n%s", line, text)
		}
	}
	if strings.Contains(string(text), "hunter2") {
		t.Errorf("the password is shown:\n%s", text)
	}
	again := defaults()
	l = layers.Over(&again)
	l.File("printed", text)
	if again.Kafka.Password = "hunter2"; l.Err() != nil || !reflect.DeepEqual(again, s) {
		t.Errorf("read back: %v\n%+v\nwant %+v", l.Err(), again, s)
	}
}

// own reads itself, as the mapping's entries do, and may report several faults.
type own struct {
	Path string `yaml:"path"`
}

func (o *own) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		o.Path = n.Value
		return nil
	}
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: no option", n.Content[0].Line), "no line"}}
}

// Shared is a part of several Configs, as a producer's settings are.
type Shared struct {
	Max int `yaml:"max"`
}

func TestOnlyChosenSettingsArePrintedWithWhyTheyAreSo(t *testing.T) {
	s := defaults()
	l := layers.Over(&s)
	l.File("own.yaml", []byte("kafka: {topic: clicks, password: hunter2}\nlabels: {a: x}\n"))
	l.Set("--set limit=4", "limit", "4")
	l.Set("found", "window", "7d") // as it was, and chosen all the same
	text, err := l.PrintChosen(map[string]string{"window": "# a week,\n#   no more", "kafka": "# the cluster", "log.level": "# nobody chose it"})
	if err != nil {
		t.Fatal(err)
	}
	want := "# the cluster\nkafka:\n  topic: clicks\n# a week,\n#   no more\nwindow: 7d\nlimit: 4\nlabels:\n  a: x\n"
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	again := defaults()
	back := layers.Over(&again)
	back.File("printed.yaml", text)
	s.Kafka.Password = ""
	if err := back.Err(); err != nil || !reflect.DeepEqual(again, s) {
		t.Errorf("%v: read back %+v, want %+v", err, again, s)
	}
	other := defaults()
	if text, err := layers.Over(&other).PrintChosen(nil); err != nil || len(text) != 0 {
		t.Errorf("nothing was chosen: %q, %v", text, err)
	}
}

func TestTypesWithUnmarshalersReadThemselves(t *testing.T) {
	var s struct {
		User   own `yaml:"user"`
		Shared `yaml:",inline"`
		Below  *struct {
			User own `yaml:"user"`
		} `yaml:"below"`
	}
	l := layers.Over(&s)
	l.File("w.yaml", []byte("max: 3\nuser: a.b\nbelow:\n  user: c\n"))
	l.Set("--set below.user", "below.user", "d")
	if l.Err() != nil || s.User.Path != "a.b" || s.Max != 3 || s.Below.User.Path != "d" {
		t.Errorf("%v: got %+v", l.Err(), s)
	}
	l.File("w.yaml", []byte("\nuser:\n\n  path: x\n"))
	if got, want := fmt.Sprint(l.Err()), "w.yaml:4: user: no option\nw.yaml:4: user: no line"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNearestSuggestsMisspeltWordsAlone(t *testing.T) {
	for word, want := range map[string]string{"brokres": "brokers", "topics": "topic", "x": "", "tpoic": "topic", "password_file": "", "foo": "", "lgo": "log"} {
		if got := layers.Nearest(word, []string{"brokers", "topic", "password", "log"}); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}

// A short file must not become a long walk: each anchor holds the one before ten times.
func TestAliasesThatMultiplyAreRefused(t *testing.T) {
	var text strings.Builder
	text.WriteString("labels: {a: x}\nmetrics: &a0 [{name: x}]\n")
	for i := range 9 {
		fmt.Fprintf(&text, "k%d: &a%d [%s]\n", i, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 10), ","))
	}
	text.WriteString("kafka: {brokers: *a9}\n")
	s := defaults()
	l := layers.Over(&s)
	l.File("w.yaml", []byte(text.String()))
	if l.Err() == nil {
		t.Error("no fault")
	}
}

func FuzzFile(f *testing.F) {
	for _, text := range []string{"kafka: {brokers: [a, b]}\nwindow: 7d\n", "metrics:\n- {name: a, core: true}\n", "a: &a [*a]\nkafka: *a\n", "labels: {a: &x y, b: *x}", "<<: {}"} {
		f.Add(text, "metrics[0].core", "true")
	}
	f.Fuzz(func(t *testing.T, text, path, value string) {
		s := defaults()
		l := layers.Over(&s)
		l.File("w.yaml", []byte(text))
		l.Set("--set", path, value)
		l.Check(schemas.Faults{{Field: path, Problem: "p"}}.Err())
		if l.Err() != nil {
			return
		}
		if _, err := l.Print(); err != nil {
			t.Error(err)
		}
	})
}

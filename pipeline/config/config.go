// Package config is the one YAML file: the rooms' own settings under one roof, filled from a preset, a file, the environment and
// flags, each over the ones before. cmd/winback loads it and hands every room its own part; no room sees the whole.
package config

import (
	"slices"

	"winback/pipeline"
	"winback/pipeline/api"
	"winback/pipeline/config/layers"
	"winback/pipeline/ingest"
	"winback/pipeline/replay"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/schemas/mapping"
	"winback/scorer"
	"winback/scorer/risk"
	"winback/sinks/clickhouse"
	"winback/sinks/deadletter"
	"winback/sinks/triggers"
)

// Config is everything that can be set.
type Config struct {
	Log         Log               `yaml:"log"`
	Kafka       ingest.Kafka      `yaml:"kafka"`        // the cluster
	Input       ingest.Config     `yaml:"input"`        // the topic of events and the group that reads it
	Topics      Topics            `yaml:"topics"`       // how topics are made that do not exist
	Mapping     mapping.Config    `yaml:"mapping"`      // how a record becomes an event
	Scorer      scorer.Config     `yaml:"scorer"`       // what is measured, and when a user is flagged
	State       state.Config      `yaml:"state"`        // a partition's clock and journey
	Pipeline    pipeline.Config   `yaml:"pipeline"`     // the wall clock, and how often things are delivered
	Triggers    triggers.Config   `yaml:"triggers"`     // the topic of recall triggers
	DeadLetters deadletter.Config `yaml:"dead_letters"` // the topic of refused records
	ClickHouse  clickhouse.Config `yaml:"clickhouse"`   // the tables for dashboards
	Replay      Replay            `yaml:"replay"`       // reading files
	Model       *risk.Model       `yaml:"-"`            // what scorer.risk.model names; nil for no risk
	API         api.Config        `yaml:"api"`          // metrics and health over HTTP
	Embedded    Embedded          `yaml:"embedded"`     // Kafka and ClickHouse inside this process tree
}

// Log says what is logged, to standard error.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn or error
	Format string `yaml:"format"` // text or json
}

// Replay says how files are read.
type Replay struct {
	replay.Config `yaml:",inline"`
	Mapping       *mapping.Config `yaml:"mapping"` // how a line becomes an event; without it, the mapping above
}

// Embedded says where the embedded broker and ClickHouse server live.
type Embedded struct {
	DataDir   string `yaml:"data_dir"`   // kept from run to run; empty: winback below the user's data directory
	KafkaPort int    `yaml:"kafka_port"` // on 127.0.0.1; 0 takes a free one
	MaxMemory int64  `yaml:"max_memory"` // bytes that the ClickHouse server may take
}

// Defaults is a service on one machine with Winback's own JSON.
func Defaults() Config {
	c := Config{
		Log: Log{Level: "info", Format: "text"}, Kafka: ingest.DefaultKafka(), Input: ingest.Defaults(), Mapping: mapping.Defaults(),
		Scorer: scorer.Defaults(), State: state.Defaults(), Pipeline: pipeline.Defaults(), Triggers: triggers.Defaults(), DeadLetters: deadletter.Defaults(),
		ClickHouse: clickhouse.Defaults(), Replay: Replay{Config: replay.Defaults()}, Embedded: Embedded{MaxMemory: 1 << 30},
	}
	c.Input.Topic, c.Input.Group = "winback.events", "winback"
	return c
}

// FileMapping is how a file's lines become events. A file's lines have no key.
func (c *Config) FileMapping() mapping.Config {
	m := c.Mapping
	if c.Replay.Mapping != nil {
		m = *c.Replay.Mapping
	}
	m.Key = mapping.KeyIgnore
	return m
}

// deriveAddress gives ClickHouse its default address where neither dsn nor addr is set.
func (c *Config) deriveAddress() {
	if c.ClickHouse.DSN == "" && len(c.ClickHouse.Addr) == 0 {
		c.ClickHouse.Addr = []string{"127.0.0.1:9000"}
	}
}

// Part names what a command needs. Faults elsewhere do not stop it, save values that cannot be read at all.
type Part uint8

// The parts. Log is always checked.
const (
	Engine     Part = 1 << iota // scorer, state
	Stream                      // kafka, input, mapping
	Sinks                       // triggers, dead_letters
	ClickHouse                  // clickhouse
	Files                       // replay and the mapping of files
	Everything = Engine | Stream | Sinks | ClickHouse | Files
)

// Validate reports every fault of the parts.
func (c *Config) Validate(parts Part) error {
	var faults schemas.Faults
	check := func(part Part, prefix string, room interface{ Validate() error }) {
		if parts&part != 0 {
			faults.Under(prefix, room.Validate())
		}
	}
	faults.Under("log", c.Log.Validate())
	check(Stream, "kafka", c.Kafka)
	check(Stream, "input", c.Input)
	check(Stream, "topics", c.Topics)
	check(Stream, "mapping", c.Mapping)
	check(Stream, "pipeline", c.Pipeline)
	check(Stream, "api", c.API)
	check(Engine, "scorer", c.Scorer)
	check(Engine, "state", c.State)
	check(Sinks, "triggers", c.Triggers)
	check(Sinks, "dead_letters", c.DeadLetters)
	check(ClickHouse, "clickhouse", c.ClickHouse)
	check(Files, "replay", c.Replay.Config)
	if c.Replay.Mapping != nil {
		check(Files, "replay.mapping", c.FileMapping())
	} else if parts&Stream == 0 {
		check(Files, "mapping", c.FileMapping())
	}
	if parts&Stream != 0 {
		c.checkStream(&faults)
	}
	return faults.Err()
}

// checkStream finds what is right for a file and wrong for a topic.
func (c *Config) checkStream(faults *schemas.Faults) {
	vocabulary, err := c.Scorer.Vocabulary()
	if err != nil {
		return // the scorer says so
	}
	m, err := mapping.Compile(c.Mapping, vocabulary)
	if err == nil && m.NeedsHeader() {
		faults.Add("mapping", "CSV in Kafka has no header row: name its columns in mapping.columns; if the topic is filled by `winback replay`, "+
			"which writes Winback's own JSON, move this block to replay.mapping")
	}
	topics := map[string]string{}
	for _, topic := range []struct{ field, name string }{
		{"input.topic", c.Input.Topic}, {"triggers.topic", c.Triggers.Topic}, {"dead_letters.topic", c.DeadLetters.Topic},
	} {
		if other := topics[topic.name]; other != "" {
			faults.Add(topic.field, "%q is the topic of %s too: name another", topic.name, other)
		}
		topics[topic.name] = topic.field
	}
}

// Validate reports every fault.
func (l Log) Validate() error {
	var faults schemas.Faults
	choose := func(field, value string, choices ...string) {
		if slices.Contains(choices, value) {
			return
		}
		hint := ""
		if near := layers.Nearest(value, choices); near != "" {
			hint = " (" + near + "?)"
		}
		faults.Add(field, "%q%s: use one of %v", value, hint, choices)
	}
	choose("level", l.Level, "debug", "info", "warn", "error")
	choose("format", l.Format, "text", "json")
	return faults.Err()
}

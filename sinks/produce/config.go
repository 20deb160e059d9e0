package produce

import (
	"strings"

	"winback/schemas"
	"winback/sinks/retry"
)

// Config says how batches are sent.
type Config struct {
	Compression       string           `yaml:"compression"`         // none, lz4 or zstd
	MaxBytes          int              `yaml:"max_bytes"`           // largest batch, bytes before compression; at most the topic's max.message.bytes
	Timeout           schemas.Duration `yaml:"timeout"`             // one request and its answer
	UnknownTopicAfter schemas.Duration `yaml:"unknown_topic_after"` // how long a topic may be unknown before it is an error
	Retry             retry.Config     `yaml:"retry"`
}

// Defaults fits a broker with its own defaults (max.message.bytes 1048588).
func Defaults() Config {
	return Config{
		Compression: "none", MaxBytes: 1_000_000, Timeout: 30 * schemas.Second, UnknownTopicAfter: 30 * schemas.Second,
		Retry: retry.Defaults(),
	}
}

// minMaxBytes leaves room for a batch's header and a dead letter's own headers.
const minMaxBytes = 4 << 10

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	if _, err := newCodec(c.Compression); err != nil {
		faults.Add("compression", "%v", err)
	}
	if c.MaxBytes < minMaxBytes {
		faults.Add("max_bytes", "must be at least %d", minMaxBytes)
	}
	if c.Timeout <= 0 {
		faults.Add("timeout", "must be above 0, such as %q", Defaults().Timeout)
	}
	if c.UnknownTopicAfter < 0 {
		faults.Add("unknown_topic_after", "must not be negative")
	}
	faults.Under("retry", c.Retry.Validate())
	return faults.Err()
}

// TopicConfig names a topic, which must have at least as many partitions as the input, and says how batches are sent to it. Sinks
// have it as their Config, or inline in it.
type TopicConfig struct {
	Topic  string `yaml:"topic"` // made with the partitions of the input if it does not exist
	Config `yaml:",inline"`
}

// TopicDefaults fits a broker with its own defaults.
func TopicDefaults(topic string) TopicConfig { return TopicConfig{Topic: topic, Config: Defaults()} }

// Validate reports every fault.
func (c TopicConfig) Validate() error {
	var faults schemas.Faults
	validateTopic(&faults, c.Topic)
	faults.Under("", c.Config.Validate())
	return faults.Err()
}

// validateTopic notes a fault if name cannot be a topic's.
func validateTopic(faults *schemas.Faults, name string) {
	legal := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-'
	}
	illegal := func(r rune) bool { return !legal(r) }
	if name == "" || len(name) > 249 || name == "." || name == ".." || strings.ContainsFunc(name, illegal) {
		faults.Add("topic", "%q is not a topic name: use 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'", name)
	}
}

package ingest

import "winback/schemas"

// Config says what to consume, and how.
type Config struct {
	Topic       string `yaml:"topic"` // of events, keyed by user
	Group       string `yaml:"group"` // the consumer group whose members share the partitions
	FetchConfig `yaml:",inline"`

	SessionTimeout   schemas.Duration `yaml:"session_timeout"`   // a member silent for this long is taken for dead
	Heartbeat        schemas.Duration `yaml:"heartbeat"`         // how often it speaks, and how late it may learn of a rebalance
	RebalanceTimeout schemas.Duration `yaml:"rebalance_timeout"` // how long a member may take to flush before it is left out
	WatchEvery       schemas.Duration `yaml:"watch_every"`       // how often the topic's partition count is checked

	// Assigned, if set, is called on Run's goroutine for every generation, after the sessions of the generation before have ended and
	// before its own begin. State kept from a partition's last session may serve its new one only if the generation is that one's plus
	// 1: then nobody else can have owned the partition in between. State of partitions not listed is to be dropped.
	Assigned func(generation int32, partitions []int32) `yaml:"-"`
}

// FetchConfig says how one partition is read.
type FetchConfig struct {
	MaxBytes    int              `yaml:"max_bytes"`    // per fetch; a partition holds at most two responses
	MaxUnpacked int              `yaml:"max_unpacked"` // bytes that one batch may hold after decompression
	MaxWait     schemas.Duration `yaml:"max_wait"`     // how long a broker may hold back an empty answer
	Tick        schemas.Duration `yaml:"tick"`         // an idle partition yields an empty batch this often
	SkipBatches []BatchRange     `yaml:"skip_batches"` // damaged record batches to go on without, TOPIC/PARTITION@FIRST-LAST
}

// Defaults is everything but the topic and the group.
func Defaults() Config {
	return Config{
		FetchConfig:      DefaultFetch(),
		SessionTimeout:   30 * schemas.Second,
		Heartbeat:        schemas.Second,
		RebalanceTimeout: schemas.Minute,
		WatchEvery:       30 * schemas.Second,
	}
}

// DefaultFetch suits a busy partition and wakes an idle one every second.
func DefaultFetch() FetchConfig {
	return FetchConfig{MaxBytes: 1 << 20, MaxUnpacked: 64 << 20, MaxWait: 500 * schemas.Millisecond, Tick: schemas.Second}
}

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	if c.Topic == "" {
		faults.Add("topic", "is empty: name the topic the events are in")
	}
	if c.Group == "" {
		faults.Add("group", "is empty: name the consumer group")
	}
	c.FetchConfig.check(&faults)
	if c.Heartbeat < 100*schemas.Millisecond || 3*c.Heartbeat > c.SessionTimeout {
		faults.Add("heartbeat", "%s is out of range: from 100ms to a third of session_timeout (%s)", c.Heartbeat, c.SessionTimeout)
	}
	if c.RebalanceTimeout < schemas.Second || c.RebalanceTimeout > schemas.Hour {
		faults.Add("rebalance_timeout", "%s is out of range: from 1s to 1h", c.RebalanceTimeout)
	}
	if c.WatchEvery < 100*schemas.Millisecond {
		faults.Add("watch_every", "%s is out of range: from 100ms on", c.WatchEvery)
	}
	return faults.Err()
}

// Validate reports every fault.
func (c FetchConfig) Validate() error {
	var faults schemas.Faults
	c.check(&faults)
	return faults.Err()
}

func (c FetchConfig) check(faults *schemas.Faults) {
	if c.MaxBytes < 1<<10 || c.MaxBytes > 1<<28 {
		faults.Add("max_bytes", "%d is out of range: from 1024 to 268435456", c.MaxBytes)
	}
	if c.MaxUnpacked < 1<<20 || c.MaxUnpacked > 1<<30 {
		faults.Add("max_unpacked", "%d is out of range: from 1048576 to 1073741824", c.MaxUnpacked)
	}
	if c.MaxWait < 10*schemas.Millisecond || c.MaxWait > 30*schemas.Second {
		faults.Add("max_wait", "%s is out of range: from 10ms to 30s", c.MaxWait)
	}
	if c.Tick < 10*schemas.Millisecond || c.Tick > schemas.Minute {
		faults.Add("tick", "%s is out of range: from 10ms to 1m", c.Tick)
	}
}

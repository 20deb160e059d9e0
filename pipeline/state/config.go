package state

import "winback/schemas"

// Config holds what a partition's state needs beside the scorer's rules.
type Config struct {
	Lateness schemas.Duration `yaml:"lateness"` // the watermark trails the largest event time by this much
	MaxJump  schemas.Duration `yaml:"max_jump"` // an event further ahead moves the watermark once enough users agree; 0 believes every event

	JumpWitnesses int `yaml:"jump_witnesses"` // users whose events lie within max_jump of each other, so far ahead, that the watermark follows; all, while fewer have been seen

	Journey string `yaml:"journey"` // the name that triggers carry
	Drain   int    `yaml:"drain"`   // users judged at a time when many are due, as after an outage; 0 judges all at once
	Dedup   Dedup  `yaml:"-"`       // client duplicates; in the file it stands under input.dedup
}

// Defaults returns the usual settings of a live stream.
func Defaults() Config {
	return Config{Lateness: 5 * schemas.Minute, MaxJump: schemas.Day, JumpWitnesses: 3, Journey: "winback", Drain: 20_000, Dedup: DefaultDedup()}
}

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	if c.Lateness < 0 || c.Lateness > schemas.Week {
		faults.Add("lateness", "%v: use 0 to 7d (5m is usual)", c.Lateness)
	}
	if c.MaxJump < 0 {
		faults.Add("max_jump", "%v: use 0 (off) or a length (1d is usual)", c.MaxJump)
	}
	if c.MaxJump > 0 && (c.JumpWitnesses < 2 || c.JumpWitnesses > maxWitnesses) {
		faults.Add("jump_witnesses", "%d: use 2 to %d users (3 is usual), or max_jump: 0 to believe every event", c.JumpWitnesses, maxWitnesses)
	}
	if c.Journey == "" {
		faults.Add("journey", "name the journey that triggers carry (winback is usual)")
	}
	if c.Drain < 0 {
		faults.Add("drain", "%d: use 0 (all at once) or a number of users (20000 is usual)", c.Drain)
	}
	faults.Under("dedup", c.Dedup.Validate())
	return faults.Err()
}

// Dedup says how long the ids of events are remembered, so that an event that a client sends twice is counted once.
type Dedup struct {
	Span   schemas.Duration `yaml:"span"`    // an id is remembered until the watermark is so far past the event; 0 counts every copy
	MaxIDs int              `yaml:"max_ids"` // of one partition; those that were seen last the longest ago are forgotten when there are more
}

// DefaultDedup remembers a day's ids, in at most some 200 MB a partition.
func DefaultDedup() Dedup { return Dedup{Span: schemas.Day, MaxIDs: 20_000_000} }

// Validate reports every fault.
func (d Dedup) Validate() error {
	var faults schemas.Faults
	if d.Span != 0 && (d.Span < schemas.Minute || d.Span > 90*schemas.Day) {
		faults.Add("span", "%v: use 0 (every copy counts) or 1m to 90d (1d is usual)", d.Span)
	}
	if d.Span != 0 && (d.MaxIDs < leastIDs || d.MaxIDs > mostIDs) {
		faults.Add("max_ids", "%d: use %d to %d (20000000 is usual), some 10 bytes each", d.MaxIDs, leastIDs, mostIDs)
	}
	return faults.Err()
}

const (
	leastIDs = 100_000
	mostIDs  = 1_000_000_000
)

package state

import "winback/schemas"

// Config holds what a partition's state needs beside the scorer's rules.
type Config struct {
	Lateness schemas.Duration `yaml:"lateness"` // the watermark trails the largest event time by this much
	MaxJump  schemas.Duration `yaml:"max_jump"` // an event further ahead moves the watermark once another user's is near it; 0 believes every event
	Journey  string           `yaml:"journey"`  // the name that triggers carry
	Drain    int              `yaml:"drain"`    // users judged at a time when many are due, as after an outage; 0 judges all at once
}

// Defaults returns the usual settings of a live stream.
func Defaults() Config {
	return Config{Lateness: 5 * schemas.Minute, MaxJump: schemas.Day, Journey: "winback", Drain: 20_000}
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
	if c.Journey == "" {
		faults.Add("journey", "name the journey that triggers carry (winback is usual)")
	}
	if c.Drain < 0 {
		faults.Add("drain", "%d: use 0 (all at once) or a number of users (20000 is usual)", c.Drain)
	}
	return faults.Err()
}

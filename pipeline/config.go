package pipeline

import "winback/schemas"

// Config holds what the pipeline itself decides; every other room has a Config of its own.
type Config struct {
	MaxSkew    schemas.Duration `yaml:"max_skew"`    // events later than wall time plus this go to the dead letters
	IdleAfter  schemas.Duration `yaml:"idle_after"`  // a partition in which no event was believed for so long advances by the wall clock
	FlushEvery schemas.Duration `yaml:"flush_every"` // rows travel to ClickHouse and offsets are committed this often; an insert has its price whatever its size
	FlushRows  int              `yaml:"flush_rows"`  // or as soon as a partition has so many rows
	LeaveAfter schemas.Duration `yaml:"leave_after"` // how long a partition that must be given up waits for its sinks
}

// Defaults returns the usual settings.
func Defaults() Config {
	return Config{
		MaxSkew: schemas.Hour, IdleAfter: 30 * schemas.Second,
		FlushEvery: 5 * schemas.Second, FlushRows: 100_000, LeaveAfter: 10 * schemas.Second,
	}
}

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	if c.MaxSkew < 0 || c.MaxSkew > 365*schemas.Day {
		faults.Add("max_skew", "%v: use 0 to 365d (1h is usual)", c.MaxSkew)
	}
	if c.IdleAfter < schemas.Second {
		faults.Add("idle_after", "%v: use 1s or more (30s is usual)", c.IdleAfter)
	}
	if c.FlushEvery < 10*schemas.Millisecond || c.FlushEvery > schemas.Minute {
		faults.Add("flush_every", "%v: use 10ms to 1m (5s is usual)", c.FlushEvery)
	}
	if c.FlushRows < 1 || c.FlushRows > 10_000_000 {
		faults.Add("flush_rows", "%d: use 1 to 10000000 (100000 is usual)", c.FlushRows)
	}
	if c.LeaveAfter < schemas.Second || c.LeaveAfter > schemas.Hour {
		faults.Add("leave_after", "%v: use 1s to 1h, less than the group's rebalance timeout (10s is usual)", c.LeaveAfter)
	}
	return faults.Err()
}

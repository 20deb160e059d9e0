package replay

import (
	"os"

	"winback/schemas"
)

// Config bounds what a replay takes.
type Config struct {
	Memory  int64  `yaml:"memory"`   // bytes of events held before they are sorted on disk
	TempDir string `yaml:"temp_dir"` // where; empty: the system's directory for temporary files

	// Events of few users behind a longer time in which nobody did anything are set aside; 0: none are.
	MaxGap schemas.Duration `yaml:"max_gap"`
}

// Defaults holds some four million events in memory. The gap is longer than any user is remembered.
func Defaults() Config { return Config{Memory: 256 << 20, MaxGap: 1095 * schemas.Day} }

// Validate reports every fault.
func (c Config) Validate() error {
	var faults schemas.Faults
	if c.Memory < 1<<20 || c.Memory > 1<<40 {
		faults.Add("memory", "%d: use 1 MiB (1048576) to 1 TiB", c.Memory)
	}
	if c.MaxGap != 0 && c.MaxGap < schemas.Day {
		faults.Add("max_gap", "%v: use 0 for none, or at least 1d", c.MaxGap)
	}
	if c.TempDir != "" {
		if info, err := os.Stat(c.TempDir); err != nil || !info.IsDir() {
			faults.Add("temp_dir", "%s is not a directory: make it, or leave it out", c.TempDir)
		}
	}
	return faults.Err()
}

//go:build unix

// Package measure says what a piece of work cost this process: wall time, CPU time and memory allocated. The harness and the
// tests that bound costs call it; it is for whole runs, not for single events.
package measure

import (
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// Cost is what was spent between two moments by all threads of this process; children are not counted.
type Cost struct {
	Wall      time.Duration
	CPU       time.Duration // user and system
	Allocated uint64        // bytes of heap, whether freed since or not
	Objects   uint64        // heap objects, likewise
}

// Mark is a moment to measure from.
type Mark struct {
	at   time.Time
	cost Cost
}

// Start marks now. It stops the world for some microseconds.
func Start() Mark { return Mark{time.Now(), spent()} }

// Cost returns what was spent since the mark.
func (m Mark) Cost() Cost {
	wall, now := time.Since(m.at), spent()
	return Cost{
		Wall: wall, CPU: now.CPU - m.cost.CPU,
		Allocated: now.Allocated - m.cost.Allocated, Objects: now.Objects - m.cost.Objects,
	}
}

// Rate returns how many of n things were done in a second of wall time.
func (c Cost) Rate(n int64) float64 { return float64(n) / c.Wall.Seconds() }

// CPUSecondsPerMillion returns the CPU seconds that a million of n things took.
func (c Cost) CPUSecondsPerMillion(n int64) float64 { return c.CPU.Seconds() / float64(n) * 1e6 }

// BytesPerMillion returns the bytes allocated for a million of n things.
func (c Cost) BytesPerMillion(n int64) float64 { return float64(c.Allocated) / float64(n) * 1e6 }

// spent returns the totals of this process so far; Wall stays zero.
func spent() Cost {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(fmt.Sprintf("getrusage of this process: %v", err)) // it fails for a wrong argument only
	}
	return Cost{CPU: duration(u.Utime) + duration(u.Stime), Allocated: m.TotalAlloc, Objects: m.Mallocs}
}

func duration(t syscall.Timeval) time.Duration { return time.Duration(t.Nano()) }

//go:build unix

package measure_test

import (
	"os"
	"runtime"
	"testing"
	"time"

	"winback/bench/measure"
)

var kept [][]byte

func TestCostCountsWhatWasSpent(t *testing.T) {
	const blocks, size = 100, 10_000
	m := measure.Start()
	for range blocks {
		kept = append(kept, make([]byte, size))
	}
	spin(20 * time.Millisecond)
	c := m.Cost()
	kept = nil
	if c.Allocated < blocks*size || c.Allocated > 3*blocks*size || c.Objects < blocks {
		t.Errorf("%d bytes in %d objects for %d blocks of %d bytes", c.Allocated, c.Objects, blocks, size)
	}
	if c.CPU < 20*time.Millisecond || c.Wall < time.Millisecond {
		t.Errorf("CPU %v, wall %v for a spin of 20 ms of CPU", c.CPU, c.Wall)
	}
}

// spin burns CPU until this process has used up the time.
func spin(d time.Duration) {
	for m := measure.Start(); m.Cost().CPU < d; {
	}
}

func TestSleepingCostsWallTimeOnly(t *testing.T) {
	m := measure.Start()
	time.Sleep(50 * time.Millisecond)
	if c := m.Cost(); c.Wall < 50*time.Millisecond || c.CPU > c.Wall/2 {
		t.Errorf("CPU %v, wall %v for a sleep of 50 ms", c.CPU, c.Wall)
	}
}

func TestFiguresPerMillion(t *testing.T) {
	c := measure.Cost{Wall: 2 * time.Second, CPU: 3 * time.Second, Allocated: 5_000_000}
	if r := c.Rate(4_000_000); r != 2_000_000 {
		t.Errorf("rate %g", r)
	}
	if s := c.CPUSecondsPerMillion(4_000_000); s != 0.75 {
		t.Errorf("CPU seconds per million %g", s)
	}
	if b := c.BytesPerMillion(2_000_000); b != 2_500_000 {
		t.Errorf("bytes per million %g", b)
	}
}

func TestMedianIsOneOfTheRuns(t *testing.T) {
	runs := []measure.Cost{{Wall: 9, CPU: 1}, {Wall: 3, CPU: 7}, {Wall: 5, CPU: 2}}
	if m := measure.Median(runs); m != runs[2] {
		t.Errorf("median of three: %v", m)
	}
	if m := measure.Median(runs[:2]); m != runs[0] {
		t.Errorf("median of two: %v", m)
	}
	if runs[0].Wall != 9 {
		t.Error("Median reordered its argument")
	}
}

func TestProcessReportsTheCPUTimeOfThisProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc here")
	}
	before := measure.Process(os.Getpid())
	spin(60 * time.Millisecond)
	if spent := measure.Process(os.Getpid()) - before; spent < 40*time.Millisecond || spent > 5*time.Second {
		t.Errorf("%v for a spin of 60 ms", spent)
	}
	if n := measure.Process(-1); n != 0 {
		t.Errorf("a process that does not exist has used %v", n)
	}
}

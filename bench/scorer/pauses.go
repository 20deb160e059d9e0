package main

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// pauses is how long the collector stopped the world while events went through.
type pauses struct {
	all          durations
	undisturbed  durations // of collections during which all threads had a core when they wanted one
	cycles       int
	calm         int // of these, undisturbed
	whileRunning stretch
}

const (
	pausesMetric = "/sched/pauses/total/gc:seconds"
	collections  = 300
	betweenThem  = 2 * time.Millisecond  // still some thousand times as often as the collector comes by itself
	hadCores     = 50 * time.Microsecond // waited for them, all threads together, in an undisturbed collection
)

// pauses lets events through, so many to four times as many, while another goroutine collects garbage again and again. Where there are
// fewer than two free cores, a pause is mostly how long the system lets the one thread wait that the other waits for: hence the two counts.
func (b *runner) pauses(events int) (p pauses, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		p.collect(stop)
	}()
	for more := true; more && err == nil && p.whileRunning.events < 4*events; {
		var s stretch
		s, err = b.stretch(max(1, events/8), never, b.batched)
		p.whileRunning.add(s)
		select {
		case <-done:
			more = p.whileRunning.events < events
		default:
		}
	}
	close(stop)
	<-done
	return p, err
}

// collect takes the pauses of one collection after the other.
func (p *pauses) collect(stop <-chan struct{}) {
	for p.cycles < collections {
		select {
		case <-stop:
			return
		case <-time.After(betweenThem):
		}
		before, waited := readPauses(), waitedForCores()
		runtime.GC()
		waited = waitedForCores() - waited
		after := readPauses()
		p.cycles++
		p.all.add(before, after)
		if waited < hadCores {
			p.calm++
			p.undisturbed.add(before, after)
		}
	}
}

func readPauses() *metrics.Float64Histogram {
	sample := []metrics.Sample{{Name: pausesMetric}}
	metrics.Read(sample)
	return sample[0].Value.Float64Histogram()
}

// waitedForCores is how long the threads there are have been ready and not run; 0 where there is no /proc.
func waitedForCores() (sum time.Duration) {
	threads, _ := filepath.Glob("/proc/self/task/*/schedstat")
	for _, path := range threads {
		text, _ := os.ReadFile(path) // the thread may be gone
		if words := strings.Fields(string(text)); len(words) == 3 {
			waited, _ := strconv.ParseInt(words[1], 10, 64)
			sum += time.Duration(waited)
		}
	}
	return sum
}

// durations are some pauses, counted by the upper ends of the histogram's buckets, seconds.
type durations struct {
	ends   []float64
	counts []uint64
	count  uint64
}

// add takes the pauses between two readings.
func (d *durations) add(before, after *metrics.Float64Histogram) {
	if d.counts == nil {
		d.ends, d.counts = after.Buckets[1:], make([]uint64, len(after.Counts))
	}
	for i, n := range after.Counts {
		d.counts[i] += n - before.Counts[i]
		d.count += n - before.Counts[i]
	}
}

// quantile is the smallest end that this share of the pauses does not exceed.
func (d *durations) quantile(share float64) (end float64) {
	rank, seen := uint64(math.Ceil(share*float64(d.count))), uint64(0)
	for i, n := range d.counts {
		if seen += n; n > 0 && seen >= rank {
			if math.IsInf(d.ends[i], 1) {
				return d.ends[i-1]
			}
			return d.ends[i]
		}
	}
	return 0
}

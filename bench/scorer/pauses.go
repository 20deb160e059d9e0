package main

import (
	"math"
	"runtime"
	"runtime/metrics"
	"sync"
)

// pauses is how long the collector stopped the world while events went through.
type pauses struct {
	count        uint64
	p99, longest float64 // seconds: the upper ends of the histogram's buckets
	cycles       uint32
	whileRunning stretch
}

const pausesMetric = "/sched/pauses/total/gc:seconds"

// pauses lets events through while another goroutine collects garbage, one cycle after the other.
func (b *bed) pauses(events int) (p pauses, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	before, cycles := readPauses(), readCycles()
	stop := make(chan struct{})
	var collector sync.WaitGroup
	collector.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	})
	p.whileRunning, err = b.stretch(events, never, b.batched)
	close(stop)
	collector.Wait()
	p.read(before, readPauses())
	p.cycles = readCycles() - cycles
	return p, err
}

func readPauses() *metrics.Float64Histogram {
	sample := []metrics.Sample{{Name: pausesMetric}}
	metrics.Read(sample)
	return sample[0].Value.Float64Histogram()
}

func readCycles() uint32 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.NumGC
}

// read takes the pauses between two readings.
func (p *pauses) read(before, after *metrics.Float64Histogram) {
	for i, n := range after.Counts {
		p.count += n - before.Counts[i]
	}
	seen := uint64(0)
	for i, n := range after.Counts {
		n -= before.Counts[i]
		if n == 0 {
			continue
		}
		end := after.Buckets[i+1]
		if math.IsInf(end, 1) {
			end = after.Buckets[i]
		}
		if p.longest = end; seen < quantileRank(p.count, 0.99) && seen+n >= quantileRank(p.count, 0.99) {
			p.p99 = end
		}
		seen += n
	}
}

// quantileRank is which one of so many, from 1, is their quantile.
func quantileRank(n uint64, share float64) uint64 { return uint64(math.Ceil(share * float64(n))) }

package main

import (
	"bytes"
	"os"
	"runtime"
	"strconv"

	"winback/pipeline/state"
)

// footprint is the memory of a population at the end of its run.
type footprint struct {
	users     int
	state     state.Footprint
	heap      uint64 // what the heap grew by
	rss       uint64 // of the whole process, the bench's own buffers included
	highWater uint64 // the most it ever was
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (b *runner) footprint(before uint64) footprint {
	f := footprint{users: b.partition.Users(), rss: status("VmRSS"), highWater: status("VmHWM")}
	b.outbox, b.batches = state.Outbox{}, nil
	f.heap = heapInUse() - before
	f.state = b.partition.Footprint()
	return f
}

// status reads a size from what the kernel says of this process, bytes; 0 where there is no /proc.
func status(field string) uint64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		words := bytes.Fields(line)
		if len(words) == 3 && string(words[0]) == field+":" {
			n, _ := strconv.ParseUint(string(words[1]), 10, 64)
			return n << 10
		}
	}
	return 0
}

// line is one part of the memory.
type line struct {
	name  string
	bytes uint64
}

func lines(m state.Footprint) []line {
	return []line{
		{"slots, timers included", m.Slots}, {"index", m.Index}, {"ids", m.IDs}, {"tracks", m.Tracks}, {"blocks' headers", m.Headers},
		{"blocks' slack", m.Slack}, {"holes", m.Holes}, {"spare pages", m.Spare}, {"pages' own", m.Pages}, {"free slots", m.FreeSlots},
		{"calendar", m.Calendar}, {"cohorts", m.Cohorts}, {"episode counters", m.EpisodeCounters}, {"other", m.Other},
	}
}

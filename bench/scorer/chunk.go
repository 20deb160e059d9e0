package main

import (
	"winback/bench/load"
	"winback/schemas"
)

// chunk holds records as a fetched batch does: keys and values one after the other.
type chunk struct {
	bytes []byte
	ends  []uint32
	last  int64 // the time of the last event
}

const chunkEvents = 500_000

func newChunk() *chunk {
	return &chunk{bytes: make([]byte, 0, chunkEvents*240), ends: make([]uint32, 0, chunkEvents)}
}

// fill takes so many events, at most chunkEvents, or fewer if the stream ends or a border of event time comes first.
func (c *chunk) fill(s *stream, events int, border int64) (more bool) {
	c.bytes, c.ends = c.bytes[:0], c.ends[:0]
	var e load.Event
	for len(c.ends) < min(events, chunkEvents) {
		if !s.next(&e) {
			return false
		}
		c.bytes = load.AppendKey(c.bytes, e.User)
		c.bytes = s.generator.AppendJSON(c.bytes, &e)
		c.ends = append(c.ends, uint32(len(c.bytes)))
		if c.last = e.Time; e.Time >= border {
			return true
		}
	}
	return true
}

// record reads one record.
func (c *chunk) record(i int, r *schemas.Record) {
	from := uint32(0)
	if i > 0 {
		from = c.ends[i-1]
	}
	r.Offset, r.Key, r.Value = int64(i), c.bytes[from:from+idBytes], c.bytes[from+idBytes:c.ends[i]]
}

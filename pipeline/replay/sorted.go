package replay

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	"winback/schemas"
)

// Event is an event with the line it came from, if that was kept, and its place. It is valid until the next event.
type Event struct {
	schemas.Event
	Line  []byte
	Place Place
}

// Place says where an event stands: in which of the files, and on which line.
type Place struct {
	File int
	Line int64
}

func appendPlace(dst []byte, p Place) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(dst, uint64(p.File)), uint64(p.Line))
}

// cutPlace takes the place off the beginning of what was kept as the line.
func (e *Event) cutPlace() {
	file, n := binary.Uvarint(e.Line)
	line, m := binary.Uvarint(e.Line[n:])
	e.Place, e.Line = Place{int(file), int64(line)}, e.Line[n+m:]
}

// Sorted is every event of the files in event-time order, without those set aside. It must be closed.
type Sorted struct {
	stats  Stats
	sorter *sorter
	before int64 // events from here on are set aside; 0 for none
	err    error
}

// Stats says what was read.
func (s *Sorted) Stats() Stats { return s.stats }

// Close frees memory and disk.
func (s *Sorted) Close() {
	s.sorter.close()
	s.sorter = newSorter(s.sorter.cfg)
}

// Err says why Events ended early, nil if it did not.
func (s *Sorted) Err() error { return s.err }

// Events yields the events in order.
func (s *Sorted) Events() iter.Seq[*Event] {
	if s.before == 0 {
		return s.all()
	}
	return func(yield func(*Event) bool) {
		for e := range s.all() {
			if e.Time >= s.before || !yield(e) {
				return
			}
		}
	}
}

func (s *Sorted) all() iter.Seq[*Event] {
	if len(s.sorter.runs) > 0 {
		return s.merge
	}
	return s.memory
}

func (s *Sorted) memory(yield func(*Event) bool) {
	for _, e := range s.sorter.index {
		b := encoded(s.sorter.at(e))
		_, head := binary.Uvarint(b)
		event := decode(b[head:])
		if event.cutPlace(); !yield(&event) {
			return
		}
	}
}

// run is one sorted run being read: its first event not yet handed out.
type run struct {
	in     *bufio.Reader
	number int
	buffer []byte
	event  Event
}

// before orders runs by their next event. Of equal times the earlier run goes first: its lines were read first.
func (r *run) before(other *run) bool {
	if r.event.Time != other.event.Time {
		return r.event.Time < other.event.Time
	}
	return r.number < other.number
}

// advance reads the run's next event and reports false at its end.
func (r *run) advance() (bool, error) {
	size, err := binary.ReadUvarint(r.in)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if uint64(cap(r.buffer)) < size {
		r.buffer = make([]byte, size)
	}
	if _, err := io.ReadFull(r.in, r.buffer[:size]); err != nil {
		return false, err
	}
	r.event = decode(r.buffer[:size])
	r.event.cutPlace()
	return true, nil
}

// merge keeps the runs in a heap by their next event.
func (s *Sorted) merge(yield func(*Event) bool) {
	heap, err := s.openRuns()
	for err == nil && len(heap) > 0 {
		top := heap[0]
		if !yield(&top.event) {
			return
		}
		var more bool
		if more, err = top.advance(); !more {
			heap[0] = heap[len(heap)-1]
			heap = heap[:len(heap)-1]
		}
		siftDown(heap, 0)
	}
	if err != nil {
		s.err = fmt.Errorf("reading sorted runs back: %w", err)
	}
}

func (s *Sorted) openRuns() (heap []*run, err error) {
	start := int64(0)
	size := max(4<<10, min(256<<10, int(s.sorter.cfg.Memory/2)/len(s.sorter.runs)))
	for i, end := range s.sorter.runs {
		r := &run{in: bufio.NewReaderSize(io.NewSectionReader(s.sorter.file, start, end-start), size), number: i}
		if start = end; err == nil {
			_, err = r.advance()
		}
		heap = append(heap, r)
	}
	for i := len(heap)/2 - 1; i >= 0; i-- {
		siftDown(heap, i)
	}
	return heap, err
}

// siftDown moves the run at i down the heap until no run below it comes before it.
func siftDown(heap []*run, i int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if right := child + 1; right < len(heap) && heap[right].before(heap[child]) {
			child = right
		}
		if heap[i].before(heap[child]) {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}

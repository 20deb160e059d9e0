package replay

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"os"
	"slices"

	"winback/schemas"
)

// sorter takes events in any order. They lie in chunks of memory; when those reach the limit they are written out as a sorted run.
type sorter struct {
	cfg     Config
	chunks  [][]byte
	index   []entry
	scratch []byte // one event, encoded
	chunk   int    // bytes a chunk takes
	held    int64  // bytes all chunks take

	file *os.File // the runs, one behind the other; it has no name
	runs []int64  // where each ends
}

// entry says when an event was and where it lies. Entries made later have larger places, which keeps equal times in order.
type entry struct {
	time  int64
	chunk uint32
	off   uint32
}

const (
	maxChunk  = 1 << 20
	entrySize = 16
)

func newSorter(cfg Config) *sorter {
	return &sorter{cfg: cfg, chunk: int(min(maxChunk, cfg.Memory/16))}
}

func (s *sorter) add(e *schemas.Event, line []byte) error {
	s.scratch = appendEvent(s.scratch[:0], e, line)
	last := len(s.chunks) - 1
	if last < 0 || len(s.chunks[last])+len(s.scratch) > cap(s.chunks[last]) {
		size := max(s.chunk, len(s.scratch))
		if last >= 0 && s.held+int64(size)+int64(len(s.index))*entrySize > s.cfg.Memory {
			if err := s.spill(); err != nil {
				return err
			}
		}
		s.chunks = append(s.chunks, make([]byte, 0, size))
		s.held += int64(size)
		last = len(s.chunks) - 1
	}
	s.index = append(s.index, entry{e.Time, uint32(last), uint32(len(s.chunks[last]))})
	s.chunks[last] = append(s.chunks[last], s.scratch...)
	return nil
}

func (s *sorter) sort() {
	byTime := func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.chunk, b.chunk), cmp.Compare(a.off, b.off))
	}
	if !slices.IsSortedFunc(s.index, byTime) {
		slices.SortFunc(s.index, byTime)
	}
}

func (s *sorter) at(e entry) []byte { return s.chunks[e.chunk][e.off:] }

// spill writes what is in memory as one run and forgets it.
func (s *sorter) spill() error {
	if s.file == nil {
		f, err := unnamedFile(s.cfg)
		if err != nil {
			return fmt.Errorf("sorting on disk: %w", err)
		}
		s.file = f
	}
	s.sort()
	out, written := bufio.NewWriterSize(s.file, 1<<18), int64(0)
	for _, e := range s.index {
		n, err := out.Write(encoded(s.at(e)))
		if written += int64(n); err != nil {
			return diskFault(s.cfg, err)
		}
	}
	if err := out.Flush(); err != nil {
		return diskFault(s.cfg, err)
	}
	start := int64(0)
	if len(s.runs) > 0 {
		start = s.runs[len(s.runs)-1]
	}
	s.runs = append(s.runs, start+written)
	s.chunks, s.index, s.held = nil, s.index[:0], 0
	return nil
}

func (s *sorter) close() {
	if s.file != nil {
		_ = s.file.Close() // nobody reads it again
	}
}

// finish ends the adding. What is in memory stays there if nothing is on disk; else it becomes the last run.
func (s *sorter) finish(stats Stats) (*Sorted, error) {
	if s.file == nil {
		s.sort()
		return &Sorted{stats: stats, sorter: s}, nil
	}
	if err := s.spill(); err != nil {
		s.close()
		return nil, err
	}
	return &Sorted{stats: stats, sorter: s}, nil
}

// appendEvent appends the length of what follows, then the event, then its line.
func appendEvent(dst []byte, e *schemas.Event, line []byte) []byte {
	var head [7 * binary.MaxVarintLen64]byte
	b := binary.AppendVarint(head[:0], e.Time)
	b = binary.AppendVarint(b, e.Amount)
	b = binary.AppendVarint(b, e.Duration)
	b = binary.AppendVarint(b, int64(e.Offset))
	b = append(b, byte(e.Type), byte(e.Category))
	b = appendID(b, e.ID)
	b = binary.AppendUvarint(b, uint64(len(e.User)))
	dst = binary.AppendUvarint(dst, uint64(len(b)+len(e.User)+len(line)))
	return append(append(append(dst, b...), e.User...), line...)
}

// appendID appends 0 for an event without an id, else 1 and the id, which is a hash: as a number of any length it would only be longer.
func appendID(b []byte, id uint64) []byte {
	if id == 0 {
		return append(b, 0)
	}
	return binary.LittleEndian.AppendUint64(append(b, 1), id)
}

// cutID is appendID's inverse, and returns what follows.
func cutID(b []byte) (id uint64, rest []byte) {
	if b[0] == 0 {
		return 0, b[1:]
	}
	return binary.LittleEndian.Uint64(b[1:]), b[9:]
}

// encoded cuts the first event off b, its length included.
func encoded(b []byte) []byte {
	n, head := binary.Uvarint(b)
	return b[:head+int(n)]
}

// decode is appendEvent's inverse, without the length. What it returns points into b.
func decode(b []byte) (e Event) {
	next := func(v int64, n int) int64 {
		b = b[n:]
		return v
	}
	e.Time = next(binary.Varint(b))
	e.Amount = next(binary.Varint(b))
	e.Duration = next(binary.Varint(b))
	e.Offset = int16(next(binary.Varint(b)))
	e.Type, e.Category, b = schemas.TypeID(b[0]), schemas.CategoryID(b[1]), b[2:]
	e.ID, b = cutID(b)
	user, n := binary.Uvarint(b)
	b = b[n:]
	e.User, e.Line = b[:user:user], b[user:]
	return e
}

package pipeline

import (
	"fmt"

	"winback/schemas"
)

// note travels with a committed offset. It holds what the records below cannot tell the next owner: which of them the wall clock
// refused, and how far it moved the watermark while none came.
type note struct {
	newest   int64 // the largest event time that moved the watermark, Unix milliseconds
	advanced int64 // the last watermark that the wall clock set, Unix milliseconds
	before   int64 // the offset that was to be read next then
}

const noteFormat = "newest=%d advanced=%d before=%d"

func (n note) String() string { return fmt.Sprintf(noteFormat, n.newest, n.advanced, n.before) }

// readNote reports false for what another program committed.
func readNote(text string) (n note, ok bool) {
	_, err := fmt.Sscanf(text, noteFormat, &n.newest, &n.advanced, &n.before)
	return n, err == nil
}

// memory is the note that a restored worker goes by until it has reached the committed offset.
type memory struct {
	note
	advance bool // the watermark is still to be moved
	known   bool
}

// refused reports an event that was in the future when its record was read first, and may have become past since: believed now, it
// would move the watermark at a record that did not move it then. What is a day further ahead is left to max_jump: it may
// as well be a mapping that has been mended.
func (m *memory) refused(at int64, maxJump schemas.Duration) bool {
	return m.known && at > m.newest && at-m.newest <= int64(max(maxJump, schemas.Day))
}

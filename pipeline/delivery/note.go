package delivery

import "fmt"

// Note travels with a committed offset. It holds what the records below cannot tell the next owner: which of them the wall clock
// refused, and how far it moved the watermark while none came.
type Note struct {
	Newest   int64 // the largest event time that moved the watermark, Unix milliseconds
	Advanced int64 // the last watermark that the wall clock set, Unix milliseconds
	Before   int64 // the offset that was to be read next then; 0 is never
}

const noteFormat = "newest=%d advanced=%d before=%d"

// String writes the note as ParseNote reads it, in less than 100 bytes.
func (n Note) String() string { return fmt.Sprintf(noteFormat, n.Newest, n.Advanced, n.Before) }

// ParseNote reports false for what another program committed.
func ParseNote(text string) (n Note, ok bool) {
	_, err := fmt.Sscanf(text, noteFormat, &n.Newest, &n.Advanced, &n.Before)
	return n, err == nil
}

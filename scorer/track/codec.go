package track

import "fmt"

// Codec reads and writes the tracks of one partition. It has the dictionary by which they are written, and memory that calls reuse; it is
// not safe for concurrent use. Make it with NewCodec.
type Codec struct {
	Reader
	dictionary shapeDictionary // what the Reader's shapes points to

	event   [1]Cell
	cells   []Cell
	dropped []Cell
	buf     []byte
}

// NewCodec returns a codec whose dictionary has observed nothing.
func (s *Schema) NewCodec() *Codec {
	c := &Codec{dictionary: newShapeDictionary(s), cells: make([]Cell, 0, 256), buf: make([]byte, 0, 1024)}
	c.Reader = Reader{schema: s, shapes: &c.dictionary, store: make([]Cell, 256)}
	return c
}

// Unpack appends a track's cells.
func (c *Codec) Unpack(cells []Cell, head Head, track []byte) []Cell {
	c.Open(head, track, AllLanes, 0)
	c.Read(0)
	return append(cells, c.Cells()...)
}

// Shapes lists the shapes by which the tracks are written. Whoever keeps the tracks keeps them too.
func (c *Codec) Shapes() []ObservedShape { return c.shapes.observed }

// Load takes over the Shapes of another codec of the same schema, so that tracks written by it can be read. Tracks that this one has written
// cannot be read any more.
func (c *Codec) Load(observed []ObservedShape) error {
	if err := c.shapes.load(len(c.schema.lanes), observed); err != nil {
		return fmt.Errorf("track: %w", err)
	}
	return nil
}

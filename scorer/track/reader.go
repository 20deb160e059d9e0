package track

import "math/bits"

// Head is where a user's track ends: its newest record's grain and shift. It is kept outside of the track. Of an empty track it says nothing.
type Head struct {
	Newest uint32
	Shift  int8
}

// Reader reads a track from its end back, as far as it is asked to, and on from there. Cells stand in the order of their grains, so their
// store fills from its end.
type Reader struct {
	schema *Schema
	shapes *shapeDictionary
	track  []byte
	wanted uint64 // the lanes whose cells are kept
	lapsed uint64 // of these, those whose cells are kept only until they expire
	place         // where reading goes on
	last   Head   // of the last record read
	gapEnd int    // bits of the track below that record: the gap, and what lies before it
	old    oldRecords
	store  []Cell
	from   int // where in the store the cells begin
	expiryWatch
}

// place is a place between two records of a track.
type place struct {
	at   int  // bits of the track below it
	head Head // of the next record back
}

// oldRecords is where the first record was found in which something may have expired.
type oldRecords struct {
	place
	last   Head
	gapEnd int
	found  bool
}

// Open begins at a track's end. Cells of the wanted lanes are kept. h is the border whose expiries are counted, 0 for none.
func (t *Reader) Open(head Head, track []byte, wanted uint64, h uint32) {
	t.track, t.wanted, t.lapsed, t.place = track, wanted, 0, place{endOf(track), head}
	t.from, t.expiryWatch, t.gapEnd, t.old.found = len(t.store), expiryWatch{}, t.at, false
	if h > 0 {
		t.expiryWatch = t.schema.watchExpiry(h)
	}
}

// Cells are those read so far, void once more is read.
func (t *Reader) Cells() []Cell { return t.store[t.from:] }

// Done reports whether all has been read.
func (t *Reader) Done() bool { return t.at == 0 }

// Empty reports whether the track holds nothing.
func (t *Reader) Empty() bool { return len(t.track) == 0 }

// Stale reports whether all has been read and so many cells tell nothing at the border any more that the track is to be trimmed.
func (t *Reader) Stale() bool { return t.Done() && staleShare*t.stale > t.lanes }

// Read reads on to the oldest record at grain until or after it. Branches that follow a user's habits are avoided, because a processor
// guesses them wrong as often as not.
func (t *Reader) Read(until uint32) {
	c, head := cursor{at: t.at}, t.head
	for c.at > 0 && head.Newest >= until {
		if t.from <= MaxLanes {
			t.growStore()
		}
		if head.Newest < t.next {
			t.passExpiry(c.at, head)
		}
		var shape Shape
		shape, c = t.shape(c)
		t.count(shape.Lanes)
		kept := shape.Lanes & t.wanted &^ (t.expired & t.lapsed)
		t.from -= bits.OnesCount64(kept)
		t.placeCells(kept, head)
		c = t.counts(c, shape.Many, kept)
		c = t.sums(c.look(t.track), shape.Lanes&t.schema.summed, kept) // a window for themselves, because they are long
		t.last, t.gapEnd = head, c.at
		if c.at > 0 {
			head, c = t.gap(c, head)
		}
	}
	t.place = place{c.at, head}
}

// growStore makes room in front of the cells.
func (t *Reader) growStore() {
	store := make([]Cell, 2*len(t.store)+4*MaxLanes)
	from := len(store) - len(t.Cells())
	copy(store[from:], t.Cells())
	t.store, t.from = store, from
}

// passExpiry takes note of the lanes that are expired in the next record back, and of the first such record.
func (t *Reader) passExpiry(at int, head Head) {
	if !t.old.found {
		t.old = oldRecords{place{at, head}, t.last, t.gapEnd, true}
	}
	t.pass(head.Newest)
}

// shape reads a record's shape.
func (t *Reader) shape(c cursor) (Shape, cursor) {
	zeros, n, c := c.peek(t.track, shapeOrder)
	number := c.value(zeros, n, shapeOrder)
	if c = c.skip(n); number != 0 {
		return t.shapes.shapes[number-1], c
	}
	shape, at := rawShapeAt(t.track, c.at, len(t.schema.lanes))
	return shape, cursor{at: at}
}

// placeCells begins the cells of a record.
func (t *Reader) placeCells(kept uint64, head Head) {
	cells := t.store[t.from:]
	for i := 0; kept != 0 && i < len(cells); kept &= kept - 1 {
		c := &cells[i] // field by field, because what is put together would be read back before it is written
		c.Grain, c.Shift, c.Lane, c.Count, c.Sum = head.Newest, head.Shift, uint8(bits.TrailingZeros64(kept)), 1, 0
		i++
	}
}

// cellOf returns where the cell of a lane of the last record stands. If it is not kept, that is a place in front of all cells.
func (t *Reader) cellOf(lane int, kept uint64) *Cell {
	below := uint64(1)<<(lane&63) - 1
	return &t.store[(t.from+bits.OnesCount64(kept&below))&-int(kept>>(lane&63)&1)]
}

// counts reads the counts of the lanes that have more than one event.
func (t *Reader) counts(c cursor, lanes, kept uint64) cursor {
	for lanes != 0 {
		lane := 63 - bits.LeadingZeros64(lanes)
		lanes &^= 1 << (lane & 63)
		var zeros, n int
		zeros, n, c = c.peek(t.track, countOrder)
		cell := t.cellOf(lane, kept)
		cell.Count = uint32(c.value(zeros, n, countOrder)) + 2
		if zeros > maxZeros {
			cell.Count, c.at = countAt(t.track, c.at)
			c = c.look(t.track)
			continue
		}
		c = c.skip(n)
	}
	return c
}

// sums reads the sums of the lanes that have one.
func (t *Reader) sums(c cursor, lanes, kept uint64) cursor {
	for lanes != 0 {
		lane := 63 - bits.LeadingZeros64(lanes)
		lanes &^= 1 << (lane & 63)
		kind := t.schema.kind(uint8(lane))
		var zeros, n int
		zeros, n, c = c.peek(t.track, sumOrders[kind])
		cell := t.cellOf(lane, kept)
		if zeros >= zeroZeros || kind == SpanSum {
			cell.Sum, c.at = sumAt(kind, t.track, c.at)
			c = c.look(t.track)
			continue
		}
		cell.Sum = unzigzag(c.value(zeros, n, sumOrders[kind]), kind)
		c = c.skip(n)
	}
	return c
}

// gap reads how far the record before is from one.
func (t *Reader) gap(c cursor, head Head) (Head, cursor) {
	zeros, n, c := c.peek(t.track, gapOrder)
	grains := c.value(zeros, n, gapOrder)
	if grains == 0 || zeros > gapZeros {
		head, c.at = head.before(t.track, c.at)
		return head, cursor{at: c.at}
	}
	head.Newest -= uint32(grains)
	return head, c.skip(n)
}

// before reads a gap of any kind.
func (h Head) before(track []byte, at int) (_ Head, next int) {
	grains, at := numberAt(track, at, gapOrder, gapZeros)
	if grains == 0 {
		w := windowAt(track, at)
		if at--; int64(w) < 0 {
			h.Shift = int8(w << 1 >> (64 - shiftBits))
			grains, at = numberAt(track, at-shiftBits, gapOrder, gapZeros)
		}
	}
	h.Newest -= uint32(grains)
	return h, at
}

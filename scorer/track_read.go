package scorer

import (
	"encoding/binary"
	"math/bits"
)

// trail reads a track from its end back, as far as it is asked to, and on from there. Cells stand in the order of their grains, so their
// store fills from its end.
type trail struct {
	book  *book
	track []byte
	lanes lanes // those whose cells are kept
	at    int   // bits of the track that have not been read
	next  place // of the next record
	last  place // of the last one read
	seam  int   // bits of the track below that one: the gap, and what lies before it
	old   cut   // where the first record was met in which something may have expired
	store []Cell
	from  int // where in the store the cells begin
	aging
}

// cut is a place between two records of a track.
type cut struct {
	next, last place
	at, seam   int
	met        bool
}

// place is what a record's cells have in common.
type place struct {
	grain uint32
	shift int8
}

// lanes says of which lanes cells are kept.
type lanes uint8

const (
	judgedLanes lanes = iota
	everyLane
)

// open begins with a user's newest record.
func (t *trail) open(u *User, track []byte, kept lanes) {
	t.track, t.lanes, t.next = track, kept, place{u.newest, u.shift}
	t.at, t.from, t.aging = endOf(track), len(t.store), aging{}
	t.seam, t.old.met = t.at, false
}

// rewind goes back to where old records begin, to read them again.
func (t *trail) rewind(kept lanes) {
	t.lanes, t.at, t.next, t.from = kept, t.old.at, t.old.next, len(t.store)
	t.border = 0
}

// endOf is how many bits of a track are records.
func endOf(track []byte) int {
	if len(track) == 0 {
		return 0
	}
	return 8*len(track) - 9 + bits.Len8(track[len(track)-1])
}

// cells are those read so far, void once more is read.
func (t *trail) cells() []Cell { return t.store[t.from:] }

// done reports whether all has been read.
func (t *trail) done() bool { return t.at == 0 }

// read reads on to the oldest record at grain until or after it.
//
// Branches that follow a user's habits are guessed wrong as often as not, so there are few: two words show all of nearly any record; a
// plan says what a record of a shape is made of, its numbers are read one like the other, and then its cells are made of them, more
// than there are: what is too much is written over.
func (r *Rules) read(t *trail, until uint32) {
	var numbers [2 * planned]uint64 // from 1 on; the first is 0
	track, at, here := t.track, t.at, t.next
	store, from := t.store, t.from
	for at > 0 && here.grain >= until {
		if from < 2*maxLanes {
			store, from = roomier(store, from)
		}
		if here.grain < t.border && !t.old.met {
			t.old = cut{here, t.last, at, t.seam, true}
		}
		high, low := windows(track, at)
		zeros := bits.LeadingZeros64(high)
		n := 2*zeros + shapeOrder + 1
		number := high<<(zeros&63)>>((zeros-n)&63) - 1<<shapeOrder
		used := n
		high, low = high<<(n&63)|low>>(-n&63), low<<(n&63)
		p := &t.book.plans[0]
		if zeros <= mostZeros {
			p = &t.book.plans[number]
		}
		most := p.numbers
		for i := range most {
			order := int(p.orders[i&(planned-1)])
			zeros := bits.LeadingZeros64(high)
			n := 2*zeros + order + 1
			if zeros >= zeroZeros {
				most = -1
				break
			}
			numbers[1+i&(planned-1)] = high<<(zeros&63)>>((zeros-n)&63) - (1<<order)&^1
			used += n
			high, low = high<<(n&63)|low>>(-n&63), low<<(n&63)
		}
		zeros = bits.LeadingZeros64(high)
		n = 2*zeros + gapOrder + 1
		gap := high<<(zeros&63)>>((zeros-n)&63) - 1<<gapOrder
		if most < 0 || used > shown || at > used && (used+n > shown || zeros > gapZeros) {
			t.at, t.next, t.store, t.from = at, here, store, from
			r.readAny(t)
			at, here, from = t.at, t.next, t.from
			continue
		}
		made := &p.cells[t.lanes]
		for i := 0; ; i++ {
			m := &made.cells[i&(planned-1)]
			c, sum := &store[from-1-i], numbers[m.sum&(2*planned-1)] // field by field: what is put together is read back too early
			c.Grain, c.shift, c.lane, c.count = here.grain, here.shift, m.lane, uint32(numbers[m.count&(2*planned-1)])+1
			c.Sum = int64(sum>>(m.sign&63)) ^ -int64(sum&uint64(m.sign))
			if i >= usual-1 && i >= int(made.n)-1 {
				break
			}
		}
		from -= int(made.n)
		t.age(here.grain, p.shape.Lanes)
		at -= used
		t.last, t.seam = here, at
		switch {
		case at == 0:
		case gap == 0:
			here, at = here.before(track, at)
		default:
			here.grain -= uint32(gap)
			at -= n
		}
	}
	t.at, t.next, t.store, t.from = at, here, store, from
}

// usual is how many cells are written of any record; those there are not are written over.
const usual = 3

// readAny reads a record of any shape, with any numbers.
func (r *Rules) readAny(t *trail) {
	shape, at := r.shapeAt(t.book, t.track, t.at)
	for left := shape.Lanes; left != 0; {
		lane := uint8(bits.Len64(left) - 1)
		left &^= 1 << lane
		var c Cell
		c, at = r.cellAt(shape, lane, t.track, at)
		if t.lanes == everyLane || r.judged>>lane&1 == 1 {
			t.from--
			c.Grain, c.shift, c.lane = t.next.grain, t.next.shift, lane
			t.store[t.from] = c
		}
	}
	t.age(t.next.grain, shape.Lanes)
	t.last, t.seam, t.at = t.next, at, at
	if at > 0 {
		t.next, t.at = t.next.before(t.track, at)
	}
}

func roomier(cells []Cell, from int) (store []Cell, first int) {
	store = make([]Cell, 2*len(cells)+4*maxLanes)
	first = len(store) - (len(cells) - from)
	copy(store[first:], cells[from:])
	return store, first
}

// before reads a gap of any kind.
func (p place) before(track []byte, at int) (_ place, next int) {
	gap, at := numberAt(track, at, gapOrder, gapZeros)
	if gap == 0 {
		w := window(track, at)
		if at--; int64(w) < 0 {
			p.shift = int8(w << 1 >> (64 - shiftBits))
			gap, at = numberAt(track, at-shiftBits, gapOrder, gapZeros)
		}
	}
	p.grain -= uint32(gap)
	return p, at
}

// windows returns what lies below a place in two words, the highest bit first: 121 bits or more.
func windows(track []byte, at int) (high, low uint64) {
	end, over := (at+7)>>3, -at&7
	if end < 16 {
		var start [16]byte
		copy(start[16-end:], track[:end])
		track, end = start[:], 16
	}
	low = binary.LittleEndian.Uint64(track[end-16 : end])
	return binary.LittleEndian.Uint64(track[end-8:end])<<over | low>>(64-over), low << over
}

// shown is how many bits windows shows at least.
const shown = 121

// window returns the bits below a place, the highest first; below the track lie zeros.
func window(track []byte, at int) uint64 {
	end := (at + 7) >> 3
	if end < 8 {
		return windowAtStart(track[:end]) << (-at & 7)
	}
	return binary.LittleEndian.Uint64(track[end-8:end]) << (-at & 7)
}

func windowAtStart(track []byte) (w uint64) {
	for _, b := range track {
		w = w>>8 | uint64(b)<<56
	}
	return w
}

// numberAt reads a number below a place.
func numberAt(track []byte, at, order, most int) (v uint64, next int) {
	w := window(track, at)
	zeros := bits.LeadingZeros64(w)
	if zeros > most {
		return rawAt(track, at-zeros-1)
	}
	n := zeros + order + 1
	return w<<(zeros&63)>>(-n&63) - 1<<order, at - zeros - n
}

func rawAt(track []byte, at int) (v uint64, next int) {
	return window(track, at)&^(1<<32-1) | window(track, at-32)>>32, at - 64
}

// shapeAt reads a shape.
func (r *Rules) shapeAt(b *book, track []byte, at int) (s Shape, next int) {
	number, at := numberAt(track, at, shapeOrder, mostZeros)
	if number != 0 {
		return b.plans[number].shape, at
	}
	n := len(r.lanes)
	return Shape{setAt(track, at, n), setAt(track, at-n, n)}, at - 2*n
}

func setAt(track []byte, at, n int) uint64 {
	if n <= 32 {
		return window(track, at) >> ((64 - n) & 63)
	}
	high := window(track, at) >> ((96 - n) & 63)
	return high<<32 | window(track, at-n+32)>>32
}

// sumAt reads the sum below a place.
func sumAt(kind sumKind, track []byte, at int) (v int64, next int) {
	n, at := plainAt(track, at, orders[kind])
	if kind == spanSum {
		length, at := plainAt(track, at, lengthOrder)
		return int64(n<<spanBits | length), at
	}
	return int64(n>>signs[kind]) ^ -int64(n&uint64(signs[kind])), at
}

func plainAt(track []byte, at, order int) (v uint64, next int) {
	w := window(track, at)
	zeros := bits.LeadingZeros64(w)
	n := zeros + order + 1
	switch {
	case zeros < zeroZeros:
	case zeros == zeroZeros:
		return 0, at - zeroZeros - 1
	case zeros > mostZeros+1:
		return rawAt(track, at-zeros-1)
	default:
		n--
	}
	return w<<(zeros&63)>>(-n&63) - 1<<order, at - zeros - n
}

// aging counts what of a track no border sees any more.
type aging struct {
	limits  []limit // those still to be passed
	border  uint32  // the next one's
	h       uint32
	expired uint64 // the lanes whose limit has been passed
	seen    int    // lanes of all records read
	stale   int    // of these, beyond their limit
}

// limit is where some lanes' cells tell nothing any more, grains before a border.
type limit struct {
	reach uint32
	lanes uint64
}

// watch begins to count, for border h.
func (a *aging) watch(r *Rules, h uint32) {
	a.limits, a.h = r.limits, h
	a.border = back(h, r.limits[0].reach)
}

func (a *aging) age(grain uint32, set uint64) {
	for grain < a.border {
		a.expired |= a.limits[0].lanes
		if a.limits = a.limits[1:]; len(a.limits) == 0 {
			a.border = 0
			break
		}
		a.border = back(a.h, a.limits[0].reach)
	}
	a.seen += bits.OnesCount64(set)
	a.stale += bits.OnesCount64(set & a.expired)
}

package scorer

import (
	"encoding/binary"
	"math/bits"
)

// trail reads a track from its end back, as far as it is asked to, and on from there. Cells stand in the order of their grains, so their
// store fills from its end.
type trail struct {
	book    *book
	track   []byte
	wanted  uint64 // the lanes whose cells are kept
	dropped uint64 // of these, those that are only until they expire
	at      int    // bits of the track that have not been read
	next    place  // of the next record
	last    place  // of the last one read
	seam    int    // bits of the track below that one: the gap, and what lies before it
	old     cut    // where the first record was met in which something may have expired
	store   []Cell
	from    int // where in the store the cells begin
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

// open begins with a user's newest record.
func (t *trail) open(u *User, track []byte, wanted uint64) {
	t.track, t.wanted, t.dropped, t.next = track, wanted, 0, place{u.newest, u.shift}
	t.at, t.from, t.aging = endOf(track), len(t.store), aging{}
	t.seam, t.old.met = t.at, false
}

// rewind goes back to where old records begin, to read them again as border h sees them: without what has expired in some lanes.
func (t *trail) rewind(r *Rules, dropped uint64, h uint32) {
	t.wanted, t.dropped, t.at, t.next, t.from = allLanes, dropped, t.old.at, t.old.next, len(t.store)
	t.watch(r, h)
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
// What a window shows is used up before the next one is looked at, for that waits for memory; but the sums get one of their own. Branches
// that follow a user's habits are avoided, because they are guessed wrong as often as not.
//
//nolint:funlen,gocognit // one loop: at a call, what it needs would leave the registers
func (r *Rules) read(t *trail, until uint32) {
	track, at, here, wanted := t.track, t.at, t.next, t.wanted
	store, from := t.store, t.from
	w, shown := uint64(0), 0
	for at > 0 && here.grain >= until {
		if from <= maxLanes {
			store, from = roomier(store, from)
		}
		if here.grain < t.border && !t.old.met {
			t.old = cut{here, t.last, at, t.seam, true}
		}
		zeros := bits.LeadingZeros64(w)
		n := 2*zeros + shapeOrder + 1
		if n > shown {
			w, shown = window(track, at), sure
			zeros = bits.LeadingZeros64(w)
			n = 2*zeros + shapeOrder + 1
		}
		number := w<<(zeros&63)>>((zeros-n)&63) - 1<<shapeOrder
		at -= n
		w <<= n & 63
		shown -= n
		var shape Shape
		if number != 0 {
			shape = t.book.shapes[number-1]
		} else {
			shape, at = r.shapeAt(track, at)
			shown = 0
		}
		if here.grain < t.border {
			t.pass(here.grain)
		}
		t.count(shape.Lanes)
		kept := shape.Lanes & wanted &^ (t.expired & t.dropped)
		from -= bits.OnesCount64(kept)
		for left, i := kept, from; left != 0; left &= left - 1 { // field by field: what is put together is read back before it is written
			c := &store[i]
			c.Grain, c.shift, c.lane, c.count, c.Sum = here.grain, here.shift, uint8(bits.TrailingZeros64(left)), 1, 0
			i++
		}
		for left := shape.Many; left != 0; {
			lane := 63 - bits.LeadingZeros64(left)
			bit := uint64(1) << (lane & 63)
			left &^= bit
			c := &store[(from+bits.OnesCount64(kept&(bit-1)))&-int(kept>>(lane&63)&1)] // nobody's, if it is not kept
			zeros := bits.LeadingZeros64(w)
			n := 2*zeros + 1
			if n > shown {
				w, shown = window(track, at), sure
				zeros = bits.LeadingZeros64(w)
				n = 2*zeros + 1
			}
			c.count = uint32(w>>(-n&63)) + 1
			if zeros > mostZeros {
				v, after := rawAt(track, at-zeros-1)
				c.count, n, shown = uint32(v+2), at-after, 0
			}
			at -= n
			w <<= n & 63
			shown -= n
		}
		w, shown = window(track, at), sure // sums are long: nobody can guess whether what is left would do
		for left := shape.Lanes & r.summed; left != 0; {
			lane := 63 - bits.LeadingZeros64(left)
			bit := uint64(1) << (lane & 63)
			left &^= bit
			c := &store[(from+bits.OnesCount64(kept&(bit-1)))&-int(kept>>(lane&63)&1)]
			kind := r.kindOfSum(uint8(lane))
			order := orders[kind]
			zeros := bits.LeadingZeros64(w)
			n := 2*zeros + order + 1
			if n > shown {
				w, shown = window(track, at), sure
				zeros = bits.LeadingZeros64(w)
				n = 2*zeros + order + 1
			}
			if zeros < zeroZeros && kind != spanSum {
				v := w<<(zeros&63)>>((zeros-n)&63) - 1<<order
				c.Sum = int64(v>>signs[kind]) ^ -int64(v&uint64(signs[kind]))
				at -= n
				w <<= n & 63
				shown -= n
			} else {
				c.Sum, at = sumAt(kind, track, at)
				shown = 0
			}
		}
		t.last, t.seam = here, at
		if at == 0 {
			break
		}
		zeros = bits.LeadingZeros64(w)
		n = 2*zeros + gapOrder + 1
		if n > shown {
			w, shown = window(track, at), sure
			zeros = bits.LeadingZeros64(w)
			n = 2*zeros + gapOrder + 1
		}
		gap := w<<(zeros&63)>>((zeros-n)&63) - 1<<gapOrder
		if gap == 0 || zeros > gapZeros {
			here, at = here.before(track, at)
			shown = 0
			continue
		}
		here.grain -= uint32(gap)
		at -= n
		w <<= n & 63
		shown -= n
	}
	t.at, t.next, t.store, t.from = at, here, store, from
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

// sure is how many bits a window shows at least.
const sure = 57

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

// shapeAt reads a shape that has no number.
func (r *Rules) shapeAt(track []byte, at int) (s Shape, next int) {
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
	lanes   int    // of all records read
	stale   int    // of these, beyond their limit
}

// limit is where some lanes' cells tell nothing any more, grains before a border.
type limit struct {
	reach uint32
	lanes uint64
}

// watch begins to count, for border h.
func (a *aging) watch(r *Rules, h uint32) {
	*a = aging{limits: r.limits, h: h, border: back(h, r.limits[0].reach)}
}

// pass takes the lanes that are expired at a grain before the next border.
func (a *aging) pass(grain uint32) {
	for grain < a.border {
		a.expired |= a.limits[0].lanes
		if a.limits = a.limits[1:]; len(a.limits) == 0 {
			a.border = 0
			break
		}
		a.border = back(a.h, a.limits[0].reach)
	}
}

// count counts a record's lanes.
func (a *aging) count(set uint64) {
	a.lanes += bits.OnesCount64(set)
	a.stale += bits.OnesCount64(set & a.expired)
}

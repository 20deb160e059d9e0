package scorer

import (
	"encoding/binary"
	"math/bits"
)

// trail reads a track from its end back, as far as it is asked to, and on from there. Cells stand in the order of their grains, so their
// store fills from its end.
type trail struct {
	track  []byte
	wanted uint64 // the lanes whose cells are kept
	at     int    // bits of the track that have not been read
	grain  uint32 // of the next record
	shift  int8   // its shift
	store  []Cell
	from   int // where in the store the cells begin
	aging
}

// open begins with a user's newest record.
func (t *trail) open(u *User, track []byte, wanted uint64) {
	t.track, t.wanted, t.grain, t.shift = track, wanted, u.newest, u.shift
	t.at, t.from, t.aging = endOf(track), len(t.store), aging{}
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
func (r *Rules) read(t *trail, until uint32) {
	for t.at > 0 && t.grain >= until {
		r.readOne(t)
	}
}

// readOne reads a record and goes on to the one before. It returns where the gap between them begins.
func (r *Rules) readOne(t *trail) (seam int) {
	if t.from < maxLanes {
		t.makeRoom()
	}
	var set uint64
	t.from, t.at, set = r.readRecord(t.store, t.from, t.track, t.at, t.grain, t.shift, t.wanted)
	t.age(t.grain, set)
	if seam = t.at; seam > 0 {
		t.back()
	}
	return seam
}

func (t *trail) makeRoom() {
	store := make([]Cell, 2*len(t.store)+4*maxLanes)
	from := len(store) - len(t.cells())
	copy(store[from:], t.cells())
	t.store, t.from = store, from
}

// back goes on to the record before.
func (t *trail) back() {
	var gap uint64
	if gap, t.at = numberAt(t.track, t.at, gapOrder, gapZeros); gap == 0 {
		w := window(t.track, t.at)
		if t.at--; int64(w) < 0 {
			t.shift = int8(w << 1 >> (64 - shiftBits))
			gap, t.at = numberAt(t.track, t.at-shiftBits, gapOrder, gapZeros)
		}
	}
	t.grain -= uint32(gap)
}

// window returns the 57 bits below a place, or more, the highest first; below the track lie zeros.
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

// readRecord puts the wanted cells of the record below a place into the store, before those from from on. The store must have room for
// all lanes.
func (r *Rules) readRecord(store []Cell, from int, track []byte, at int, grain uint32, shift int8, wanted uint64) (first, next int, set uint64) {
	w := window(track, at)
	set, used := r.setIn(track, at, w)
	at -= used
	w <<= used & 63
	shown := 57 - used
	for left := set; left != 0; {
		lane := 63 - bits.LeadingZeros64(left)
		left &^= 1 << (lane & 63)
		if shown < 2*mostZeros+1 {
			w, shown = window(track, at), 57
		}
		zeros := bits.LeadingZeros64(w)
		n := 2*zeros + 1
		count := uint32(w >> (-n & 63))
		if zeros > mostZeros {
			v, after := rawAt(track, at-zeros-1)
			count, n, shown = uint32(v+1), at-after, 0
		}
		at -= n
		w <<= n & 63
		shown -= n
		sum := int64(0)
		if kind := r.sums[lane&(maxLanes+1)]; kind != noSum {
			sum, at = sumAt(kind, track, at)
			shown = 0
		}
		if wanted>>(lane&63)&1 == 1 {
			from--
			c := &store[from] // field by field: a cell put together elsewhere would be read back before it has been written
			c.Grain, c.shift, c.lane, c.count, c.Sum = grain, shift, uint8(lane), count, sum
		}
	}
	return from, at, set
}

// setIn reads the lanes of a record whose window is w, and how many bits they take.
func (r *Rules) setIn(track []byte, at int, w uint64) (set uint64, used int) {
	if int64(w) < 0 {
		return 1 << (w << 1 >> ((64 - r.laneBits) & 127) & 63), 1 + r.laneBits
	}
	if used = 1 + len(r.lanes); used <= 57 {
		return w << 1 >> ((65 - used) & 63), used
	}
	high := w >> 32 // the flag and 31 lanes
	low := window(track, at-32) >> ((96 - used) & 63)
	return high<<((used-32)&63) | low, used
}

// sumAt reads the sum below a place.
func sumAt(kind sumKind, track []byte, at int) (v int64, next int) {
	switch kind {
	case signedSum:
		v, at := plainAt(track, at, amountOrder)
		return int64(v>>1) ^ -int64(v&1), at
	case plainSum:
		v, at := plainAt(track, at, lengthOrder)
		return int64(v), at
	default:
		start, at := plainAt(track, at, startOrder)
		length, at := plainAt(track, at, lengthOrder)
		return int64(start<<spanBits | length), at
	}
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
	a.lanes += bits.OnesCount64(set)
	a.stale += bits.OnesCount64(set & a.expired)
}

package scorer

// A track is a user's cells in as few bits as they need: one record a grain and shift, oldest first, packed without regard for bytes.
// It is read from its end, the newest record first, because most events go to that one, and because a border looks back only as far as
// its windows do. Above the newest record stands a single 1, which tells where in the last byte the records end.
//
// As it is read, from the highest bit down:
//
//	record = shape {count} {sum} [gap]
//	shape:   which lanes there are and which of them count more than one, by its number in the partition's book and shapeOrder; 0 is one
//	         that has none (yet): a bit for each lane, twice
//	count:   of each lane that counts more than one, from the highest number down, less two, by countOrder
//	sum:     of each lane that has one, from the highest number down
//	gap:     grains since the record before, by gapOrder; the oldest record has none. After 0 comes a flag: 0 says that the record
//	         before is of the same grain; 1 that it has another shift, which follows in eight bits, and the gap after it
//
// Counts and sums stand apart so that the reader need not ask of each lane which of them it has: branches like that are guessed wrong.
//
// Numbers are written in exponential Golomb codes of an order k: those below 2^k take k+1 bits, those below 3*2^k two more, and so on.
// The code of v is v+2^k, with as many zeros before it as it has bits beyond k+1. A number that would need too many zeros has one more
// than any other, then a 1, and 64 bits.

const (
	shapeOrder  = 2
	countOrder  = 0
	gapOrder    = 3 // grains: hours between the visits of who comes daily
	lengthOrder = 16

	mostZeros = 12 // so that any code fits into what a window shows
	gapZeros  = 26 // the same for gaps, whose order is low: removing a record must not make the gap longer than the two it was
	zeroZeros = 5  // before a sum of nothing, which is common and whose code would be long; sums with so many zeros have one more
	shiftBits = 8
)

// maxLanes is how many lanes the lanes' bits can name: they are a word.
const maxLanes = 62

// sumKind says how a lane's sum is written.
type sumKind uint8

const (
	noSum     sumKind = iota
	signedSum         // amounts: refunds are negative
	plainSum          // durations
	spanSum           // a session's start within the grain, by its order, and its length, by lengthOrder
	sumKinds
)

var (
	orders = [sumKinds]int{signedSum: 12, plainSum: lengthOrder, spanSum: 20} // minor units, milliseconds
	signs  = [sumKinds]uint8{signedSum: 1}                                    // the lowest bit is the sign
)

const allLanes = ^uint64(0)

// pack appends a track of the cells to an empty one and sets what the user knows of its end.
func (r *Rules) pack(track []byte, u *User, cells []Cell, b *book) []byte {
	w := packer{track: track, book: b}
	u.newest, u.shift = w.records(r, cells, true)
	if len(cells) == 0 {
		return track
	}
	return w.sealed()
}

// sameRecord is how many of the cells, from the first on, share a record.
func sameRecord(cells []Cell) int {
	n := 1
	for n < len(cells) && cells[n].Grain == cells[0].Grain && cells[n].shift == cells[0].shift && cells[n].lane > cells[n-1].lane {
		n++
	}
	return n
}

// unpack appends a track's cells.
func (r *Rules) unpack(cells []Cell, u *User, track []byte, t *trail) []Cell {
	t.open(u, track, allLanes)
	r.read(t, 0)
	return append(cells, t.cells()...)
}

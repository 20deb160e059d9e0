package state

import "math/bits"

// ref says where a user's block lies, how large it is and how much is in use at its front. The zero ref has no block.
type ref struct {
	place uint32 // in granules from the beginning; of a large block its number
	size  uint32 // the length in the low half and the block's granules above it; of a large block the length, and large
}

const (
	granule     = 4    // bytes
	headerBytes = 1    // the class
	largest     = 4096 // granules of the largest block that shares a page
	maxShared   = largest*granule - headerBytes
	large       = uint32(1) << 31
	sizeShift   = 16
	lengthMask  = 1<<sizeShift - 1
	exact       = 128 // classes up to this one are so many granules; above it there are 16 classes to a doubling, up to largest
	deadClass   = 240 // from here on no block: so many granules as a power of two has
)

func newRef(place uint32, class uint8, length int) ref {
	return ref{place: place, size: granules(class)<<sizeShift | uint32(length)}
}

// granules is the size of a block that is not large: looked for at every turn, and so not worked out from the class.
func (r ref) granules() uint32 { return r.size >> sizeShift }
func (r ref) class() uint8     { return classOf(r.granules()) }
func (r ref) isLarge() bool    { return r.size&large != 0 }
func (r ref) length() int      { return int(r.size & r.lengthBits()) }

// setLength says how many bytes are in use at the block's front.
func (r *ref) setLength(length int) { r.size = r.size&^r.lengthBits() | uint32(length) }

func (r ref) lengthBits() uint32 {
	if r.isLarge() {
		return large - 1
	}
	return lengthMask
}

// is reports whether the block lies at a place of a page.
func (r ref) is(place uint32) bool { return r.place == place && r.size != 0 && !r.isLarge() }

// granules is the size of a class.
func granules(class uint8) uint32 {
	switch {
	case class <= exact:
		return uint32(class)
	case class >= deadClass:
		return 1 << (class - deadClass)
	}
	k := uint32(class) - exact - 1
	return (17 + k%16) << (3 + k/16)
}

// classOf is the smallest class of at least so many granules, at most largest.
func classOf(n uint32) uint8 {
	if n <= exact {
		return uint8(n)
	}
	doubling := uint32(bits.Len32(n-1)) - 8
	step := uint32(1) << (3 + doubling)
	return uint8(exact + 1 + 16*doubling + (n+step-1)/step - 17)
}

// classFor is the class of a block that holds so many bytes, at most maxShared.
func classFor(length int) uint8 {
	return classOf(uint32(headerBytes+length+granule-1) / granule)
}

// ample is the length to take a block for: some room to grow in, so that a user who comes again is not moved every time. See
// TestArenaWaste for what it costs and saves.
func ample(length int) int { return length + length/slackShare }

const slackShare = 12

package state

import "math/bits"

// ref says where a block lies, how large it is and how long its data are. The zero ref has no block.
type ref struct {
	place uint32 // in granules from the beginning of the first page; of a large block its number
	size  uint32 // the data's length in the lower half and the block's granules above it; of a large block largeFlag and the data's length
}

const (
	granule          = 4    // bytes
	headerBytes      = 1    // a block's class
	maxClassGranules = 4096 // granules of the largest block that shares a page
	maxSharedBytes   = maxClassGranules*granule - headerBytes
	slackOneIn       = 12 // a block has room to grow by one part in so many
	largeFlag        = uint32(1) << 31
	sizeShift        = 16
	lengthMask       = 1<<sizeShift - 1
	exactClasses     = 128 // a class up to this one is a block of so many granules; above there are 16 classes to a doubling, up to maxClassGranules
	firstDeadClass   = 240 // this class and those above are pieces of holes: of one granule, two, four, ...
)

func newRef(place uint32, class uint8, length int) ref {
	return ref{place: place, size: granules(class)<<sizeShift | uint32(length)}
}

// granules is the size of a block that is not large. It is kept in the ref, and not worked out from the class, because every access needs it.
func (r ref) granules() uint32 { return r.size >> sizeShift }
func (r ref) class() uint8     { return classOf(r.granules()) }
func (r ref) isLarge() bool    { return r.size&largeFlag != 0 }
func (r ref) length() int      { return int(r.size & r.lengthBits()) }

// setLength notes how many bytes the data are.
func (r *ref) setLength(length int) { r.size = r.size&^r.lengthBits() | uint32(length) }

func (r ref) lengthBits() uint32 {
	if r.isLarge() {
		return largeFlag - 1
	}
	return lengthMask
}

// liesAt reports whether the block lies at a place of a page.
func (r ref) liesAt(place uint32) bool { return r.place == place && r.size != 0 && !r.isLarge() }

// granules is the size of a block, or of a piece of a hole, of a class.
func granules(class uint8) uint32 {
	switch {
	case class <= exactClasses:
		return uint32(class)
	case class >= firstDeadClass:
		return 1 << (class - firstDeadClass)
	}
	k := uint32(class) - exactClasses - 1
	return (17 + k%16) << (3 + k/16)
}

// classOf is the smallest class of at least so many granules. n is at most maxClassGranules.
func classOf(n uint32) uint8 {
	if n <= exactClasses {
		return uint8(n)
	}
	doubling := uint32(bits.Len32(n-1)) - 8
	step := uint32(1) << (3 + doubling)
	return uint8(exactClasses + 1 + 16*doubling + (n+step-1)/step - 17)
}

// classFor is the class of a block whose body holds so many bytes, at most maxSharedBytes.
func classFor(length int) uint8 {
	return classOf(uint32(headerBytes+length+granule-1) / granule)
}

// withSlack adds room to grow in to a length, so that a user who comes again is not moved every time. TestSlackAndHolesAreBounded bounds what it costs.
func withSlack(length int) int { return length + length/slackOneIn }

package scorer

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// A track is a user's cells in as few bytes as they need: one record a grain, oldest first.
//
//	record = [shiftMark shift] advance lanes [counts] values
//	advance: grains since the record before, one byte below far, two below leap, five from there; the first record's is nothing
//	lanes:   a bit each, lanes 0 to 5 in the first byte, seven in each further one; moreLanes announces it
//	counts:  two bits a lane, 1 to 3 or escape; left out where the bit once says that every count is 1
//	values:  for each lane in turn what an escaped count exceeds 4 by, then its sum if the lane has one
//
// The grain of the last record stands in User.newest, so that the first one needs none, and an event of the newest grain, as most
// are, is added without reading what came before.

const (
	far       = 0xC0 // advances from here on take a second byte
	leap      = 0xF0 // advances of so many and more take four further bytes
	shiftMark = 0xF1
	furthest  = far + (leap-far)<<8 // the first advance that takes five bytes

	moreLanes = 0x80
	once      = 0x40
	firstByte = 6 // lanes in the first byte

	escape = 3 // a count of 4 or more
)

// maxLanes is how many lanes the lanes' bits can name: they are a word.
const maxLanes = 62

// sumKind says how a lane's sum is written.
type sumKind uint8

const (
	noSum     sumKind = iota
	signedSum         // amounts: refunds are negative
	plainSum          // durations
	spanSum           // a session's start within the grain, and its length
)

// unpack appends a track's cells.
func (r *Rules) unpack(cells []Cell, u *User, track []byte) []Cell {
	return r.unpackLanes(cells, u, track, allLanes)
}

const allLanes = ^uint64(0)

// unpackLanes appends the cells of some lanes, a bit each.
func (r *Rules) unpackLanes(cells []Cell, u *User, track []byte, wanted uint64) []Cell {
	from, grain, shift := len(cells), uint32(0), int8(0)
	for i := 0; i < len(track); {
		if track[i] == shiftMark {
			shift = int8(track[i+1])
			i += 2
		}
		var passed uint32
		passed, i = advance(track, i)
		grain += passed
		cells, i = r.unpackRecord(cells, track, i, Cell{Grain: grain, shift: shift}, wanted)
	}
	first := u.newest - grain
	for i := from; i < len(cells); i++ {
		cells[i].Grain += first
	}
	return cells
}

func advance(track []byte, i int) (grains uint32, next int) {
	switch b := track[i]; {
	case b < far:
		return uint32(b), i + 1
	case b < leap:
		return far + uint32(b-far)<<8 + uint32(track[i+1]), i + 2
	default:
		return binary.LittleEndian.Uint32(track[i+1:]), i + 5
	}
}

func appendAdvance(track []byte, grains uint32) []byte {
	switch {
	case grains < far:
		return append(track, byte(grains))
	case grains < furthest:
		return append(track, byte(far+(grains-far)>>8), byte(grains-far))
	default:
		return binary.LittleEndian.AppendUint32(append(track, leap), grains)
	}
}

// unpackRecord appends the wanted cells of the record whose lanes begin at i; they are like the given one.
func (r *Rules) unpackRecord(cells []Cell, track []byte, i int, like Cell, wanted uint64) ([]Cell, int) {
	lanes, ones, i := lanesAt(track, i)
	codes, shift := i, 0
	if !ones {
		i += (2*bits.OnesCount64(lanes) + 7) / 8
	}
	for ; lanes != 0; lanes &= lanes - 1 {
		lane, count, value := uint8(bits.TrailingZeros64(lanes)), uint32(1), int64(0)
		if !ones {
			count = uint32(track[codes+shift/8]>>(shift%8))&3 + 1
			shift += 2
			if count > escape {
				var more uint64
				more, i = uvarint(track, i)
				count += uint32(more)
			}
		}
		if kind := r.sums[lane&(maxLanes+1)]; kind != noSum {
			value, i = sumAt(kind, track, i)
		}
		if wanted>>lane&1 == 1 {
			cells = append(cells, Cell{Grain: like.Grain, shift: like.shift, lane: lane, count: count, Sum: value})
		}
	}
	return cells, i
}

// uvarint is binary.Uvarint for what is known to be whole; most are one byte.
func uvarint(track []byte, i int) (v uint64, next int) {
	b := track[i]
	if i++; b < 0x80 {
		return uint64(b), i
	}
	v = uint64(b & 0x7f)
	for shift := 7; ; shift += 7 {
		b = track[i]
		v |= uint64(b&0x7f) << shift
		if i++; b < 0x80 {
			return v, i
		}
	}
}

func lanesAt(track []byte, i int) (lanes uint64, ones bool, next int) {
	b := track[i]
	lanes, ones = uint64(b)&(once-1), b&once != 0
	i++
	for shift := firstByte; b&moreLanes != 0; shift += 7 {
		b = track[i]
		lanes |= uint64(b&^moreLanes) << shift
		i++
	}
	return lanes, ones, i
}

func appendLanes(track []byte, lanes uint64, ones bool) []byte {
	b := byte(lanes & (once - 1))
	if ones {
		b |= once
	}
	for lanes >>= firstByte; lanes != 0; lanes >>= 7 {
		track = append(track, b|moreLanes)
		b = byte(lanes) &^ moreLanes
	}
	return append(track, b)
}

func sumAt(kind sumKind, track []byte, i int) (int64, int) {
	v, i := uvarint(track, i)
	switch kind {
	case signedSum:
		return int64(v>>1) ^ -int64(v&1), i
	case plainSum:
		return int64(v), i
	default:
		length, i := uvarint(track, i)
		return int64(v<<spanBits | length), i
	}
}

func appendSum(track []byte, kind sumKind, v int64) []byte {
	switch kind {
	case signedSum:
		return binary.AppendVarint(track, v)
	case plainSum:
		return binary.AppendUvarint(track, uint64(v))
	case spanSum:
		track = binary.AppendUvarint(track, uint64(v)>>spanBits)
		return binary.AppendUvarint(track, uint64(v)&(1<<spanBits-1))
	}
	return track
}

// appendRecord appends the lanes, counts and values of the cells of one grain and shift, in the order of their lanes.
func (r *Rules) appendRecord(track []byte, cells []Cell) []byte {
	lanes, ones := uint64(0), true
	for i := range cells {
		lanes |= 1 << cells[i].lane
		ones = ones && cells[i].count == 1
	}
	track = appendLanes(track, lanes, ones)
	if !ones {
		track = appendCodes(track, cells)
	}
	for i := range cells {
		if c := &cells[i]; c.count > escape {
			track = binary.AppendUvarint(track, uint64(c.count-escape-1))
		}
		track = appendSum(track, r.sums[cells[i].lane], cells[i].Sum)
	}
	return track
}

func appendCodes(track []byte, cells []Cell) []byte {
	for i := 0; i < len(cells); i += 4 {
		b := byte(0)
		for k, c := range cells[i:min(i+4, len(cells))] {
			b |= byte(min(c.count-1, escape)) << (2 * k)
		}
		track = append(track, b)
	}
	return track
}

// pack appends a track of the cells and sets what the user knows of its end.
func (r *Rules) pack(track []byte, u *User, cells []Cell) []byte {
	u.newest, u.shift, u.tail = 0, 0, 0
	last := len(track)
	for i := 0; i < len(cells); {
		n, c := sameRecord(cells[i:]), &cells[i]
		if c.shift != u.shift {
			track = append(track, shiftMark, byte(c.shift))
			u.shift = c.shift
		}
		passed := uint32(0)
		if i > 0 {
			passed = c.Grain - u.newest
		}
		track = appendAdvance(track, passed)
		last, u.newest = len(track), c.Grain
		track = r.appendRecord(track, cells[i:i+n])
		i += n
	}
	u.setTail(len(track) - last)
	return track
}

// setTail notes how long the last record is behind its advance; 0 stands for longer than a byte can say.
func (u *User) setTail(n int) {
	u.tail = uint8(n)
	if n > math.MaxUint8 {
		u.tail = 0
	}
}

// sameRecord is how many of the cells, from the first on, share a record.
func sameRecord(cells []Cell) int {
	n := 1
	for n < len(cells) && cells[n].Grain == cells[0].Grain && cells[n].shift == cells[0].shift && cells[n].lane > cells[n-1].lane {
		n++
	}
	return n
}

package mapping

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// followSteps reads what is known: steps that followed last before, for as long as their values are texts of plain ASCII or short
// integers, which is what most records are made of. It returns the last step that it followed and the place behind its value. open says
// that this value is of another kind: it is still to be read, and the place is where it begins. Nothing is refused here.
//
//nolint:gocognit // a call in the loop would cost a third of its speed: what it needs would leave the registers
func followSteps(last *step, s []byte, i int) (_ *step, at int, open bool) {
follow:
	for st := last.next; st != nil; {
		begin, end := i+int(st.length), i+int(st.span)
		if end > len(s) || word(s, i)&st.mask != st.head || word(s, end-8)&st.mask != st.tail || st.span > 16 && !st.between(s, i) {
			st = st.other
			continue
		}
		last, i = st, begin
		v := st.value
		if st.text {
			for ; i < len(s); i += 8 {
				w := wordOrLess(s, i)
				if marks := markUnusual(w); marks != 0 {
					bit := bits.TrailingZeros64(marks) &^ 7
					if byte(w>>bit) != '"' {
						return last, begin, true
					}
					i += bit / 8
					v.start, v.end, v.kind = int32(begin), int32(i), kindASCII
					if i == begin {
						v.kind = kindNull
					}
					i++
					st = st.next
					continue follow
				}
			}
			return last, begin, true
		}
		if st.nested || i+17 > len(s) {
			return last, begin, true
		}
		w := word(s, i) ^ '0'*ones
		count := digitsIn(w)
		n := eightDigits(w, count)
		i += count
		if count == 8 {
			w = word(s, i) ^ '0'*ones
			if count = digitsIn(w); count > 0 {
				n = n*int64(powers[count]) + eightDigits(w, count)
				i += count
			}
		}
		if s[i] != ',' || i == begin || s[begin] == '0' && i != begin+1 {
			return last, begin, true
		}
		v.kind, v.n, v.start, v.end = kindInteger, n, int32(begin), int32(i)
		st = st.next
	}
	return last, i, false
}

// markUnusual marks the bytes that markSpecials marks, and all that are not ASCII. Only these carry into the next byte, so the lowest
// mark is exact; it takes fewer instructions than markSpecials.
func markUnusual(w uint64) uint64 {
	plain := (w ^ 2*ones + 0x5F*ones) & (w ^ '\\'*ones + 0x7F*ones)
	return ^plain & highs
}

// digitsIn counts the digits that a word begins with, whose bytes are the text's less '0'. Adding makes the high bit of a byte above 9.
func digitsIn(w uint64) int {
	return bits.TrailingZeros64(((w+0x76*ones)|w)&highs) / 8
}

// eightDigits is the number that the first count digits of a word make, at least one: shifted behind zeros, and then added up in pairs, fours
// and eights (Lemire 2018, "Quickly parsing eight digits").
func eightDigits(w uint64, count int) int64 {
	w <<= (64 - 8*count) & 63
	w = w*10 + w>>8
	const pairs = 0x000000FF000000FF
	return int64((w&pairs*(100+1_000_000<<32) + w>>16&pairs*(1+10_000<<32)) >> 32)
}

// wordOrLess returns the eight bytes at i, and zeros behind the end of s, which has eight bytes or more.
func wordOrLess(s []byte, i int) uint64 {
	if more := i + 8 - len(s); more > 0 {
		return word(s, len(s)-8) >> (8 * more & 63)
	}
	return word(s, i)
}

// word returns the eight bytes at i, which must be there.
func word(s []byte, i int) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(s)), i))[:])
}

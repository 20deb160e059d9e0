package state

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestTailIsReadAsWritten puts ids of all lengths at the ends of blocks that have just room for them, a byte less, and more.
func TestTailIsReadAsWritten(t *testing.T) {
	for n := range 301 {
		mustEnd(t, bytes.Repeat([]byte{byte(n)}, n), n%9)
	}
	for _, n := range []int{1<<16 - 1, 1 << 16, maxSharedBytes + 1} {
		mustEnd(t, bytes.Repeat([]byte{0xff}, n), 5)
	}
	rapid.Check(t, func(t *rapid.T) {
		mustEnd(t, rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "id"), rapid.IntRange(0, 600).Draw(t, "room"))
	})
}

func mustEnd(t rapid.TB, id []byte, room int) {
	t.Helper()
	before := bytes.Repeat([]byte{0xa5}, room)
	block := append(bytes.Clone(before), make([]byte, tailBytes(id))...)
	writeTail(block, id)
	from, to := idRange(block)
	if got := idOf(block); !bytes.Equal(got, id) || from != room || to != from+len(id) || cap(got) != len(id) {
		t.Fatalf("an id of %d bytes is read as %d bytes from %d to %d, with room for %d", len(id), len(got), from, to, cap(got))
	}
	if !bytes.Equal(block[:from], before) {
		t.Fatalf("an id of %d bytes is written over what is before it", len(id))
	}
	if !tailFits(block, room) || tailFits(block, room+1) || tailFits(block[room+1:], 0) {
		t.Fatalf("an id of %d bytes after %d: it fits where it does not, or the other way round", len(id), room)
	}
}

// TestAnyTailIsReadOrRefused has any bytes for a block, as a snapshot that lies might: either the tail fits or it says that it does not.
func TestAnyTailIsReadOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte{0, 1, longID - 1, longID}))
		block, length := rapid.SliceOfN(some, 0, 40).Draw(t, "block"), rapid.IntRange(0, 40).Draw(t, "length")
		if !tailFits(block, length) {
			return
		}
		if from, to := idRange(block); from < length || to < from || to >= len(block) || len(idOf(block)) != to-from {
			t.Fatalf("the id of %x stands from %d to %d, behind %d bytes", block, from, to, length)
		}
	})
}

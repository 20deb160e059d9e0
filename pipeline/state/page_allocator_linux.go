package state

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const systemPage = 64 << 10 // a multiple of every page size in use

// adviseHugePages asks the system to use huge pages. Where it does not, nothing is lost but time.
func adviseHugePages(memory []byte) { _ = unix.Madvise(wholePages(memory), unix.MADV_HUGEPAGE) }

// populate has the system provide memory now. Linux before 5.14 does not know the call, and provides it at the first access.
func populate(memory []byte) { _ = unix.Madvise(wholePages(memory), unix.MADV_POPULATE_WRITE) }

// wholePages is what of the memory is made of whole pages.
func wholePages(memory []byte) []byte {
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(memory))) % systemPage)
	return memory[skip : skip+(len(memory)-skip)/systemPage*systemPage]
}

package state

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const systemPage = 64 << 10 // a multiple of every page size in use

// adviseHugePages is a hint: where the system does not take it, nothing is lost but time.
func adviseHugePages(memory []byte) { _ = unix.Madvise(wholePages(memory), unix.MADV_HUGEPAGE) }

// fetch puts memory behind addresses. Linux before 5.14 does not know how, and does it when they are used.
func fetch(memory []byte) { _ = unix.Madvise(wholePages(memory), unix.MADV_POPULATE_WRITE) }

func wholePages(memory []byte) []byte {
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(memory))) % systemPage)
	return memory[skip : skip+(len(memory)-skip)/systemPage*systemPage]
}

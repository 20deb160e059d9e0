package state

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const systemPage = 64 << 10 // a multiple of every page size in use

// adviseHugePages is a hint: where the system does not take it, nothing is lost but time.
func adviseHugePages(memory []byte) {
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(memory))) % systemPage)
	length := (len(memory) - skip) / systemPage * systemPage
	_ = unix.Madvise(memory[skip:skip+length], unix.MADV_HUGEPAGE)
}

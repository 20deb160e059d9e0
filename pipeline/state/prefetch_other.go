//go:build !amd64

package state

import "unsafe"

// prefetch reads a byte of the cache lines at some addresses: reads that do not depend on each other overlap.
//
//go:noinline
func prefetch(lines []unsafe.Pointer) (sum byte) {
	for _, line := range lines {
		sum += *(*byte)(line)
	}
	return sum
}

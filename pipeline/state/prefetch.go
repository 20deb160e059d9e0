//go:build amd64 || arm64

package state

// prefetch asks for the cache lines at some addresses, without waiting for any of them. A batch of users fetched so, first where the
// index has them, then the slots, then the blocks, costs about a third of one user after the other (BenchmarkLookUp). Reading the
// lines in Go instead costs a quarter more: a read that waits holds up whatever stands behind it. Addresses are numbers here: nothing
// is kept alive by them, and storing them needs no write barrier.
func prefetch(lines []uintptr) {
	if len(lines) > 0 {
		prefetchLines(&lines[0], len(lines))
	}
}

//go:noescape
func prefetchLines(first *uintptr, n int)

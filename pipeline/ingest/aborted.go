package ingest

import (
	"encoding/binary"
	"slices"
)

// abortFilter skips control frames, and the frames of transactions that were aborted: the broker sends both, and
// a list of the aborted transactions that reach into the response.
type abortFilter struct {
	coming []abortedTransaction // by first offset
	void   []int64              // producers whose transactional frames are aborted until their next abort marker
}

func (a *abortFilter) reset(list []abortedTransaction) {
	a.coming, a.void = list, a.void[:0]
	slices.SortFunc(a.coming, func(x, y abortedTransaction) int { return int(max(-1, min(1, x.first-y.first))) })
}

// passOver reports whether a frame is to be skipped. It must be asked about each frame, in order.
func (a *abortFilter) passOver(f frame) bool {
	for len(a.coming) > 0 && a.coming[0].first < f.end() {
		a.void = append(a.void, a.coming[0].producer)
		a.coming = a.coming[1:]
	}
	attrs := f.attrs()
	if attrs&attrControl != 0 {
		if f.isAbort() {
			a.void = slices.DeleteFunc(a.void, func(p int64) bool { return p == f.producer() })
		}
		return true
	}
	return attrs&attrTransactional != 0 && slices.Contains(a.void, f.producer())
}

// isAbort reads the key of a control frame's one record: an int16 version, then an int16 type, 0 for an abort.
func (f frame) isAbort() bool {
	records := f[frameHeader:]
	_, at := varint(records, 0)
	_, at = varint(records, at+1)
	_, at = varint(records, at)
	size, at := varint(records, at)
	return size >= 4 && len(records)-at >= 4 && binary.BigEndian.Uint16(records[at+2:]) == 0
}

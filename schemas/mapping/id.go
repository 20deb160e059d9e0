package mapping

import (
	"math/bits"

	"github.com/cespare/xxhash/v2"
)

// idReader reads an event's own id, as a hash.
type idReader struct {
	field  []int
	within []int
}

func (c *compiler) id() {
	id := &c.cfg.ID
	c.m.id.field = c.entry("id", id.Field, id.Optional)
	for _, path := range id.Within { // each of them counts, so that each must be there
		c.m.id.within = append(c.m.id.within, c.entry("id.within", Paths{path}, id.Optional)...)
	}
}

// read returns a hash of the id, of what it is within and of the user, never 0; and 0 if there is no id, or one that is neither text nor
// a number. Equal ids of two users are two ids.
func (r *idReader) read(d *Decoder, user []byte) uint64 {
	v := d.first(r.field)
	if v == nil || !v.isWord() {
		return 0
	}
	h := mix(d.hash(v), xxhash.Sum64(user))
	for _, slot := range r.within {
		h = mix(h, d.hash(&d.values[slot]))
	}
	return max(h, 1)
}

// hash is a hash of a value's text, whatever escapes it is written with. Text too long to be written out is hashed as it is written. What is
// missing, or no text and no number, is as good as empty.
func (d *Decoder) hash(v *value) uint64 {
	switch {
	case !v.isWord():
		return xxhash.Sum64(nil)
	case v.end-v.start > maxEscaped:
		return xxhash.Sum64(d.raw(v))
	}
	return xxhash.Sum64(d.plain(v, d.buffer[:0]))
}

// mix makes one hash of two, in which their order counts.
func mix(a, b uint64) uint64 {
	const odd = 0x9e3779b97f4a7c15
	h := (bits.RotateLeft64(a, 32) ^ b) * odd
	return h ^ h>>32
}

//go:build bench

package main

import (
	"winback/bench/load"
	"winback/pipeline/state"
)

// canCopy says whether this build can copy a population.
const canCopy = true

// copyInto gives a partition the stream's users.
func (t *past) copyInto(p *state.Partition, s *stream) error {
	p.Clone(t.partition, s.copies, func(dst, id []byte, copied int) []byte {
		user := 0
		for _, digit := range id[1:] {
			user = 10*user + int(digit-'0')
		}
		return load.AppendKey(dst, s.number(user, copied))
	})
	return nil
}

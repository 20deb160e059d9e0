package state

import "math"

// tombstones keep how many episodes forgotten users had, so that an episode's number, and with it a trigger's id, is never used
// twice. A tombstone is 56 bits of the id's hash and the number, some 10.5 bytes with its share of the table. Two users whose
// hashes agree in them share one: a number is left out then, never used twice.
type tombstones struct {
	tables [segments]table
	many   map[uint64]uint32 // by hash: numbers that 16 bits cannot hold
	count  int
}

const (
	episodeBits = 16
	inMany      = math.MaxUint16 // instead of a number: it is in many
)

func newTombstones() tombstones { return tombstones{tables: newTables()} }

// put remembers a forgotten user's last episode, the larger one if two users share a tombstone. 0 leaves nothing to remember.
func (s *tombstones) put(hash uint64, episodes uint32) {
	episodes = max(episodes, s.take(hash))
	if episodes == 0 {
		return
	}
	kept := uint64(episodes)
	if episodes >= inMany {
		kept = inMany
		if s.many == nil {
			s.many = map[uint64]uint32{}
		}
		s.many[hash>>8] = episodes
	}
	s.tables[hash>>56].insert(hash<<8>>episodeBits<<episodeBits|kept, uint32(hash>>56)%8)
	s.count++
}

// take returns the last episode of a user who is back, 0 if they had none, and forgets it.
func (s *tombstones) take(hash uint64) (episodes uint32) {
	t := &s.tables[hash>>56]
	key := uint32(hash >> 24)
	for i := t.seek(key); ; i++ {
		e := t.entries[i]
		if e == 0 || uint32(e>>32) != key {
			return 0
		}
		if e>>episodeBits == hash<<8>>episodeBits {
			t.remove(i)
			s.count--
			return s.number(hash, uint32(e&inMany))
		}
	}
}

func (s *tombstones) number(hash uint64, kept uint32) uint32 {
	if kept < inMany {
		return kept
	}
	episodes := s.many[hash>>8]
	delete(s.many, hash>>8)
	return episodes
}

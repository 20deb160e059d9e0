package state

// episodeCounters keep how many episodes the users had who are forgotten, so that an episode's number, and with it a trigger's id, is never
// used twice. A counter is 56 bits of the id's hash and the number, some 10.5 bytes with its share of the table. Two users whose hashes agree
// in these bits share one: a number is left out then, never used twice.
type episodeCounters struct {
	tables [segments]sortedTable // by the hash's top byte; an entry is the 48 bits after it, and the number
	count  int                   // counters in all tables
}

const (
	episodeBits = 16 // as many as scorer.User.Episode has
	episodeMask = 1<<episodeBits - 1
)

func newEpisodeCounters() episodeCounters { return episodeCounters{tables: newTables()} }

// put remembers the last episode of a user who is forgotten; of two users who share a counter, the larger one. 0 leaves nothing to remember.
func (c *episodeCounters) put(hash uint64, episode uint16) {
	episode = max(episode, c.take(hash))
	if episode == 0 {
		return
	}
	c.tables[hash>>56].insert(counterKey(hash)|uint64(episode), growthStep(int(hash>>56)))
	c.count++
}

// take returns the last episode of a user who is back, 0 if they had none, and forgets it.
func (c *episodeCounters) take(hash uint64) (episode uint16) {
	t := &c.tables[hash>>56]
	key := uint32(hash >> 24)
	for i := t.seek(key); ; i++ {
		e := t.entries[i]
		if e == 0 || uint32(e>>32) != key {
			return 0
		}
		if e&^episodeMask == counterKey(hash) {
			t.remove(i)
			c.count--
			return uint16(e & episodeMask)
		}
	}
}

// counterKey is what an entry holds of a hash: the 48 bits after the top byte, which chooses the table.
func counterKey(hash uint64) uint64 { return hash << 8 &^ episodeMask }

// growthStep makes tables that hold as many entries grow at different times.
func growthStep(table int) uint32 { return uint32(table) % 8 }

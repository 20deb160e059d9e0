package state

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// session is what a user comes back with: bytes that stay in the windows for a while.
const (
	sessionBytes = 7  // on average
	idBytes      = 12 // with its length
	meanSessions = 15 // within the windows
)

// sessionArena is blocks of users who come in sessions, at log-normal rates of spread 1.2.
type sessionArena struct {
	*checkedArena
	random   *rand.Rand
	rates    []float64  // cumulative
	sessions [][]uint32 // the sessions still kept, by the number of the session of all
	now      uint32
}

func newSessionArena(users int) *sessionArena {
	c := &sessionArena{checkedArena: newCheckedArena(users, sessionID), random: rand.New(rand.NewPCG(1, 2)), rates: make([]float64, users), sessions: make([][]uint32, users)}
	total := 0.0
	for i := range c.rates {
		total += math.Exp(1.2 * c.random.NormFloat64())
		c.rates[i] = total
	}
	return c
}

func sessionID(owner uint32) []byte { return idOfLength(owner, idBytes-shortLength) }

func (c *sessionArena) next() uint32 {
	x := c.random.Float64() * c.rates[len(c.rates)-1]
	low, high := 0, len(c.rates)-1
	for low < high {
		if mid := (low + high) / 2; c.rates[mid] <= x {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return uint32(low)
}

func (c *sessionArena) session() { c.visit(c.next()) }

// visit adds a session to a user, as a partition would: what has left the windows goes first when there is no room.
func (c *sessionArena) visit(owner uint32) {
	r := &c.refs[owner]
	c.now++
	if r.size == 0 {
		c.blocks.create(owner, c.idFor(owner), 0)
	}
	n := sessionBytes - 2 + c.random.IntN(5)
	if _, front := c.blocks.idAndData(*r); len(front)+n > cap(front) {
		c.dropExpired(owner)
	}
	c.blocks.reserve(owner, n)
	r.setLength(r.length() + n)
	c.sessions[owner] = append(c.sessions[owner], c.now)
}

// leave drops the sessions that are out of the windows.
func (c *sessionArena) dropExpired(owner uint32) {
	came, n := c.sessions[owner], 0
	for n < len(came) && int(came[n])+meanSessions*len(c.rates) < int(c.now) {
		n++
	}
	if n > 0 {
		c.sessions[owner] = append(came[:0], came[n:]...)
		r := &c.refs[owner]
		r.setLength(max(0, r.length()-n*sessionBytes))
		c.blocks.trim(owner)
	}
}

// waste is what share of the pages in use holds nothing: beside the bytes themselves, headers, room to grow, holes.
type waste struct{ headers, slack, holes float64 }

func (c *sessionArena) waste() (perUser float64, w waste) {
	bytes, users := 0, 0
	for _, r := range c.refs {
		if r.size != 0 {
			users++
			bytes += c.blocks.usedBytes(r)
		}
	}
	inUse := float64(len(c.blocks.used)-len(c.blocks.freePages)) * pageBytes
	live := float64(c.blocks.live) * granule
	headers := float64(users) * headerBytes
	return inUse / float64(users), waste{headers / inUse, (live - float64(bytes) - headers) / inUse, (inUse - live) / inUse}
}

// TestSlackAndHolesAreBounded lets users grow together from nothing and then live on, and bounds what is not bytes of users. It prints the
// bytes moved for a session, by growth and by compaction.
func TestSlackAndHolesAreBounded(t *testing.T) {
	const users, every = 30_000, 5
	c := newSessionArena(users)
	t.Log("sessions a user  bytes a user  headers  slack  holes   bytes moved and cleared a session")
	moved, cleared := uint64(0), uint64(0)
	for k := every; k <= 2*meanSessions; k += every {
		for range every * users {
			c.session()
		}
		perUser, w := c.waste()
		b := &c.blocks
		t.Logf("%15d  %12.1f  %6.1f%%  %4.1f%%  %4.1f%%  %7.1f %7.1f", k, perUser, 100*w.headers, 100*w.slack, 100*w.holes,
			float64(b.movedByGrowth-moved)*granule/every/users, float64(b.movedByCompaction-cleared)*granule/every/users)
		moved, cleared = b.movedByGrowth, b.movedByCompaction
		if most := 0.135; k > every && w.slack+w.holes > most {
			t.Errorf("%.1f %% of the pages is slack and holes, want at most %.1f", 100*(w.slack+w.holes), 100*most)
		}
	}
}

// BenchmarkArenaSession is what a session costs when users live on: the bytes, the moves and the compaction they cause.
func BenchmarkArenaSession(b *testing.B) {
	const users = 200_000
	c := newSessionArena(users)
	for range meanSessions * users {
		c.session()
	}
	owners := make([]uint32, 1<<20)
	for i := range owners {
		owners[i] = c.next()
	}
	moved, cleared := c.blocks.movedByGrowth, c.blocks.movedByCompaction
	worst := time.Duration(0)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		start := time.Now()
		c.visit(owners[i%len(owners)])
		worst = max(worst, time.Since(start))
	}
	b.ReportMetric(float64(c.blocks.movedByGrowth-moved)*granule/float64(b.N), "moved-B/op")
	b.ReportMetric(float64(c.blocks.movedByCompaction-cleared)*granule/float64(b.N), "cleared-B/op")
	b.ReportMetric(float64(worst.Microseconds()), "worst-us")
}

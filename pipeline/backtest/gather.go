package backtest

import (
	"fmt"
	"iter"
	"math"

	"github.com/cespare/xxhash/v2"

	"winback/pipeline/state"
	"winback/pipeline/train"
	"winback/schemas"
)

// Replay is what Gather needs to know of the engine that the events go through.
type Replay struct {
	Activity func(*schemas.Event) bool // the event makes its user active
	Added    func() uint64             // how many events the engine has added
}

// Gather makes a History of a replay: Watch notes what goes into the engine, Decide what it decides, Take what its state knows at the cut-offs.
type Gather struct {
	cfg    Config
	replay Replay

	days    train.Days
	history History
	byHash  map[uint64]uint32 // an id's hash to its number
	people  []person
}

// person is what is kept of a user while rows are gathered.
type person struct {
	last    int64   // activity, Unix milliseconds
	since   int64   // when the open episode was entered; 0 for none
	pending []place // the rows since the last activity
}

// place is where a row is.
type place struct{ cutoff, row int }

// NewGather prepares to gather rows.
func NewGather(cfg Config, replay Replay) (*Gather, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("backtest: %w", err)
	}
	return &Gather{cfg: cfg, replay: replay, byHash: map[uint64]uint32{}}, nil
}

func (g *Gather) number(hash uint64) uint32 {
	n, known := g.byHash[hash]
	if !known {
		n = uint32(len(g.people))
		g.byHash[hash] = n
		g.people = append(g.people, person{last: math.MinInt64})
		g.history.Users = append(g.history.Users, hash)
	}
	return n
}

// Watch passes events on, which must be in event-time order, and notes each after it has gone through, so that the cut-offs before an event are
// taken without it. An event that the engine does not add, because it was sent before, is no activity.
func (g *Gather) Watch(events iter.Seq[*schemas.Event]) iter.Seq[*schemas.Event] {
	return func(yield func(*schemas.Event) bool) {
		for e := range events {
			added := g.replay.Added()
			if !yield(e) {
				return
			}
			if g.history.First == 0 {
				g.history.First = e.Time
			}
			g.days.Seen(e.Time)
			if g.replay.Added() != added && g.replay.Activity(e) {
				g.active(xxhash.Sum64(e.User), e.Time)
			}
		}
	}
}

func (g *Gather) active(hash uint64, at int64) {
	p := &g.people[g.number(hash)]
	p.last = at
	for _, row := range p.pending {
		g.history.Cutoffs[row.cutoff].Rows[row.row].Next = at
	}
	p.pending = p.pending[:0]
}

// Decide notes the entries and ends of episodes; decisions come in order of their border.
func (g *Gather) Decide(decisions []schemas.Decision) {
	for i := range decisions {
		switch d := &decisions[i]; d.Kind {
		case schemas.KindLifecycle:
		case schemas.KindEntered:
			n := g.number(xxhash.Sum64String(d.User))
			g.people[n].since = d.At
			g.history.Flags = append(g.history.Flags, Flag{n, d.At})
		default:
			g.people[g.number(xxhash.Sum64String(d.User))].since = 0
		}
	}
}

// Take makes the rows of a cut-off of what the state knows of its users there. Cut-offs come in order, Config.Cut apart.
func (g *Gather) Take(at int64, looks iter.Seq[state.UserLook]) {
	c := Cutoff{At: at}
	for look := range looks {
		n := g.number(xxhash.Sum64(look.ID))
		p := &g.people[n]
		if p.last < at-int64(g.cfg.Active) {
			continue
		}
		p.pending = append(p.pending, place{len(g.history.Cutoffs), len(c.Rows)})
		c.Rows = append(c.Rows, Row{
			User: n, Last: p.last, Next: Never, Since: p.since, Risk: look.Risk, Bare: look.Dropped, State: look.State, Tier: look.Tier,
		})
	}
	g.history.Cutoffs = append(g.history.Cutoffs, c)
}

// History returns what was gathered from data that ends at a time, Unix milliseconds.
func (g *Gather) History(end int64) *History {
	g.history.Complete = g.days.CompleteUntil(end)
	return &g.history
}

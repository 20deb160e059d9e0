package train

import (
	"bytes"
	"cmp"
	"iter"
	"math"
	"slices"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
	"winback/scorer"
)

// FlaggingGather fills HeldOutLooks from a replay with the model of a HeldOut: Watch notes what goes into the engine, Take what its state says.
//
// It is a replay of its own, after the one that gathered the rows, because the score of a look is one number while its features are dozens: kept from
// the first replay they would take more memory than all rows. And so the very code that serves gives the scores.
type FlaggingGather struct {
	cfg     Config
	held    *HeldOut
	engine  FlaggingEngine
	cutoffs int   // so far
	last    int64 // the last of them, Unix milliseconds

	byHash map[uint64]int // an id's hash to its place in people
	people []followed
	ofHour [][]int         // the people by their own hour: the border of each day at which they are asked about
	due    map[int64][]int // people who may become candidates, or none, at a border, Unix milliseconds
	silent map[int64][]int // people who will have churned at a border, if nothing comes of them until then

	mayHaveEnded []int // people whose episode may have ended at the border before: who is a candidate then is one anew, and asked about at once
}

// FlaggingEngine is what must be known of the engine that the events go through.
type FlaggingEngine struct {
	Activity func(*schemas.Event) bool // the event makes its user active
	Grain    int64                     // milliseconds, as all that follow
	Window   int64                     // the current window of the drop
	Baseline int64                     // the baseline before it
	Churned  int64                     // the age from which on a user has churned
}

// followed is a user whose looks are kept.
type followed struct {
	userLooks
	id        []byte
	last      int64  // activity, Unix milliseconds
	pending   int    // the rows from here on are of the silence since
	grain     uint32 // of the newest event
	awaited   bool   // they are among the silent
	candidate bool   // at the look before
}

// NewFlaggingGather prepares to gather looks.
func NewFlaggingGather(cfg Config, held *HeldOut, engine FlaggingEngine) *FlaggingGather {
	engine.Churned = (engine.Churned + engine.Grain - 1) / engine.Grain * engine.Grain // as the service does
	return &FlaggingGather{
		cfg: cfg, held: held, engine: engine, byHash: map[uint64]int{}, due: map[int64][]int{}, silent: map[int64][]int{},
		ofHour: make([][]int, max(1, dayLength/engine.Grain)),
	}
}

func (g *FlaggingGather) person(user []byte) int {
	hash := xxhash.Sum64(user)
	n, known := g.byHash[hash]
	if !known {
		n = len(g.people)
		g.byHash[hash] = n
		p := followed{id: bytes.Clone(user), last: math.MinInt64}
		if p.from = math.MinInt64; !Unseen(hash, g.held.Unseen) {
			p.from = g.held.TestFrom - int64(g.cfg.Every)
		}
		g.people = append(g.people, p)
		hour := hash % uint64(len(g.ofHour))
		g.ofHour[hour] = append(g.ofHour[hour], n)
	}
	return n
}

// Watch passes events on, which must be in event-time order, and notes each after it has gone through.
func (g *FlaggingGather) Watch(events iter.Seq[*schemas.Event]) iter.Seq[*schemas.Event] {
	return func(yield func(*schemas.Event) bool) {
		for e := range events {
			if !yield(e) {
				return
			}
			g.note(e)
		}
	}
}

// note notes an event. Who is a candidate changes when an event comes, passes from the current window into the baseline, and leaves that: these borders are
// looked at too. The last and the first make nobody a candidate, but who was none at the border before is asked about when they become one.
func (g *FlaggingGather) note(e *schemas.Event) {
	n := g.person(e.User)
	p := &g.people[n]
	if grain := uint32(e.Time / g.engine.Grain); grain != p.grain {
		p.grain = grain
		border := g.borderAfter(e.Time)
		for _, at := range [...]int64{border, border + g.engine.Window, border + g.engine.Window + g.engine.Baseline} {
			g.due[at] = append(g.due[at], n)
		}
	}
	if !g.engine.Activity(e) {
		return
	}
	p.last = e.Time
	for ; p.pending < len(p.rows); p.pending++ {
		r := &p.rows[p.pending]
		r.lost = e.Time >= r.at+int64(g.cfg.Horizon)
	}
	g.await(n)
}

func (g *FlaggingGather) borderAfter(at int64) int64 { return (at/g.engine.Grain + 1) * g.engine.Grain }

// await has a user looked at when they churn: one who is back before their own hour would keep an episode that was lost. Each user is
// awaited once, and anew when the time has come and they have been active since.
func (g *FlaggingGather) await(n int) {
	if p := &g.people[n]; !p.awaited {
		p.awaited = true
		at := g.borderAfter(p.last) + g.engine.Churned
		g.silent[at] = append(g.silent[at], n)
	}
}

// churn looks at those of the silent who have churned.
func (g *FlaggingGather) churn(at int64, standing func(user []byte) (scorer.Standing, bool)) {
	for _, n := range g.silent[at] {
		p := &g.people[n]
		if p.awaited = false; g.borderAfter(p.last)+g.engine.Churned > at {
			g.await(n)
			continue
		}
		g.look(n, at, false, standing)
	}
	delete(g.silent, at)
}

// Take notes what the state says at a border, Unix milliseconds: of those whose own hour it is, of those who may become candidates, and of those who churn;
// and the rows, if it is a cut-off. Borders come in order, a grain apart.
func (g *FlaggingGather) Take(at int64, standing func(user []byte) (scorer.Standing, bool)) {
	if at > g.held.Complete-int64(g.cfg.Horizon) {
		return
	}
	g.churn(at, standing)
	for _, n := range append(g.due[at], g.mayHaveEnded...) {
		g.look(n, at, false, standing)
	}
	delete(g.due, at)
	g.mayHaveEnded = g.mayHaveEnded[:0]
	for _, n := range g.ofHour[at/g.engine.Grain%int64(len(g.ofHour))] {
		g.look(n, at, true, standing)
	}
	if at%int64(g.cfg.Every) == 0 {
		g.cutoff(at)
	}
}

func (g *FlaggingGather) look(n int, at int64, own bool, standing func(user []byte) (scorer.Standing, bool)) {
	p := &g.people[n]
	s, known := standing(p.id)
	may := mayChange(s, p, own)
	if !known {
		may = mustEnd
	}
	if may&mayEnd != 0 {
		g.mayHaveEnded = append(g.mayHaveEnded, n)
	}
	p.candidate = s.Candidate
	if k := len(p.looks); may != 0 && !(may == mustEnd && (k == 0 || p.looks[k-1].may == mustEnd)) {
		p.looks = append(p.looks, look{s.Risk, uint32(at / g.engine.Grain), may})
	}
}

// mayChange says what a look can bring about; own is whether it is at the user's own hour.
func mayChange(s scorer.Standing, before *followed, own bool) (may changes) {
	switch asked := s.Candidate && s.Risk >= 0; {
	case s.Churned:
		return mustEnd
	case asked && (own || !before.candidate):
		may = mayEnter
	case asked:
		may = mayReturn
	}
	if own && s.Used && s.Risk >= 0 {
		may |= mayEnd
	}
	return may
}

// cutoff makes a row of each of the active users that the model was not fitted on.
func (g *FlaggingGather) cutoff(at int64) {
	for i := range g.people {
		p := &g.people[i]
		if p.last >= at-int64(g.cfg.Active) && at > p.from {
			p.rows = append(p.rows, flaggingRow{at: at, cutoff: g.cutoffs, last: p.last, looks: len(p.looks), lost: true})
		}
	}
	g.cutoffs, g.last = g.cutoffs+1, at
}

// Looks returns what was gathered, up to the last cut-off.
func (g *FlaggingGather) Looks() *HeldOutLooks {
	h := &HeldOutLooks{cfg: g.cfg, grain: g.engine.Grain, cutoffs: g.cutoffs}
	for i := range g.people {
		p := &g.people[i]
		n, _ := slices.BinarySearchFunc(p.looks, g.last+1, func(l look, at int64) int { return cmp.Compare(int64(l.border)*g.engine.Grain, at) })
		if p.looks = p.looks[:n]; n > 0 || len(p.rows) > 0 {
			h.users = append(h.users, p.userLooks)
		}
	}
	return h
}

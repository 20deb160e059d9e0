// Package state keeps one partition's users in memory: dense slots found by hash, their cells, timers by event time, and the
// cohorts. It feeds events to the scorer, moves the watermark, and judges the users due at each border the watermark passes.
//
// One goroutine owns a Partition; nothing here locks, does I/O, or looks at a clock. What follows goes into an Outbox. Used by
// pipeline, by the direct replay and by bench.
package state

import (
	"fmt"
	"math"
	"slices"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
	"winback/scorer"
)

// Partition is the state of one partition. Make it with New.
type Partition struct {
	rules      *scorer.Rules
	vocabulary *schemas.Vocabulary
	journey    string

	clock   clock
	next    uint32 // the first border not yet judged
	nextAt  int64  // the watermark at which something is due next: that border, or the end of a minute
	horizon int64  // events later than this are refused

	index   index
	slots   [][]slot // pages
	users   uint32
	ids     ids
	arena   arena
	timers  timers
	cohorts Cohorts
	minutes minutes

	perEvent int      // the cells one event can add
	due      []uint32 // reused by judge
	counts   Counts
	timerAt  func(uint32) *timer
}

// slot is a user: fixed size, no pointers.
type slot struct {
	hash  uint64
	user  scorer.User
	cells block
	timer timer
	id    uint32
	idLen uint16
}

const slotPage = 1 << 10

// Counts are totals since the partition was made.
type Counts struct {
	Events uint64 // added
	Late   uint64 // of these, behind the watermark
	Judged uint64 // users looked at, one a border
}

// New returns an empty partition. The vocabulary is the one the rules were compiled with and events are decoded with.
func New(rules *scorer.Rules, vocabulary *schemas.Vocabulary, config Config) (*Partition, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	p := &Partition{
		rules: rules, vocabulary: vocabulary, journey: config.Journey,
		clock:   clock{lateness: int64(config.Lateness), maxJump: int64(config.MaxJump)},
		horizon: math.MaxInt64,
		index:   newIndex(), timers: newTimers(rules.Horizon()), cohorts: newCohorts(), minutes: newMinutes(vocabulary),
		perEvent: rules.CellsPerEvent(),
	}
	p.timerAt = func(slot uint32) *timer { return &p.slot(slot).timer }
	return p, nil
}

func (p *Partition) slot(n uint32) *slot { return &p.slots[n/slotPage][n%slotPage] }

// Limit refuses events later than a time from now on (wall time plus max_skew, Unix milliseconds). Without it nothing is too late.
func (p *Partition) Limit(latest int64) { p.horizon = latest }

// Add adds an event and judges the borders that the watermark passes by it. The reason is Accepted, or why the event was refused:
// Late or Future.
func (p *Partition) Add(e *schemas.Event, out *Outbox) schemas.Reason {
	if e.Time > p.horizon {
		return schemas.Future
	}
	if p.tooLate(e.Time) {
		return schemas.Late
	}
	if !p.clock.started {
		p.begin(e.Time)
	}
	p.counts.Events++
	if e.Time < p.clock.watermark {
		p.counts.Late++
	}
	p.minutes.add(e)
	hash := xxhash.Sum64(e.User)
	if p.rules.Counts(e.Type) {
		p.step(e, hash)
	}
	p.clock.observe(e.Time, hash)
	if p.clock.watermark >= p.nextAt {
		p.pass(out)
	}
	return schemas.Accepted
}

// begin sets the first border: those up to the first watermark see nothing.
func (p *Partition) begin(first int64) {
	p.next = p.rules.GrainOf(max(0, first-p.clock.lateness)) + 1
}

// tooLate reports whether no border still to be judged can see the event's grain.
func (p *Partition) tooLate(at int64) bool {
	return p.clock.started && p.rules.GrainOf(at)+p.rules.Reach() < p.next
}

func (p *Partition) step(e *schemas.Event, hash uint64) {
	n, s := p.find(e.User, hash)
	if int(s.cells.length)+p.perEvent > p.room(s.cells) {
		p.makeRoom(s)
	}
	cells, due := p.rules.Step(&s.user, p.arena.cells(s.cells), e, p.next)
	s.cells.length = uint32(len(cells))
	if due != scorer.Never && (s.timer.due == 0 || due < s.timer.due) {
		p.timers.unset(p.timerAt, n)
		p.timers.set(p.timerAt, n, due, p.next)
	}
}

func (p *Partition) room(b block) int {
	if b.class == 0 {
		return 0
	}
	return capacity(b.class)
}

// makeRoom first drops cells that nobody can see any more, then takes a larger block.
func (p *Partition) makeRoom(s *slot) {
	s.cells.length = uint32(len(p.rules.Expire(p.arena.cells(s.cells), p.next)))
	if need := int(s.cells.length) + p.perEvent; need > p.room(s.cells) {
		s.cells = p.arena.fit(s.cells, need)
	}
}

func (p *Partition) find(id []byte, hash uint64) (uint32, *slot) {
	n, found := p.index.find(hash, func(n uint32) bool {
		s := p.slot(n)
		return s.hash == hash && string(p.ids.get(s.id, s.idLen)) == string(id)
	})
	if found {
		return n, p.slot(n)
	}
	return p.newUser(id, hash)
}

func (p *Partition) newUser(id []byte, hash uint64) (uint32, *slot) {
	n := p.users
	if n%slotPage == 0 {
		p.slots = append(p.slots, make([]slot, slotPage))
	}
	p.users++
	s := p.slot(n)
	s.hash, s.id, s.idLen = hash, p.ids.put(id), uint16(len(id))
	p.index.put(hash, n, func(n uint32) uint64 { return p.slot(n).hash })
	return n, s
}

// Advance moves the watermark to a time without an event, Unix milliseconds, and judges the borders it passes: the end of a
// replay, or wall time less lateness while no records come. It never moves it back.
func (p *Partition) Advance(watermark int64, out *Outbox) {
	if !p.clock.started {
		return
	}
	p.clock.advance(watermark)
	if p.clock.watermark >= p.nextAt {
		p.pass(out)
	}
}

// pass closes the minutes and judges the borders up to the watermark, one by one.
func (p *Partition) pass(out *Outbox) {
	last := p.rules.GrainOf(p.clock.watermark)
	for ; p.next <= last; p.next++ {
		if p.timers.count == 0 {
			p.next = last + 1
			break
		}
		p.judge(p.next, out)
	}
	out.Activity = p.minutes.close(p.clock.watermark, out.Activity)
	p.nextAt = min(int64(p.next)*p.rules.Grain(), p.minutes.nextClose())
}

// judge looks at the users due at border h, in the order of their slots.
func (p *Partition) judge(h uint32, out *Outbox) {
	p.due = p.timers.take(p.timerAt, h, p.due[:0])
	slices.Sort(p.due)
	for _, n := range p.due {
		s := p.slot(n)
		verdict, next := p.rules.Judge(&s.user, p.arena.cells(s.cells), h)
		p.counts.Judged++
		if verdict.From != verdict.State || verdict.Kind != "" {
			p.report(n, s, &verdict, h, out)
		}
		if next != scorer.Never {
			p.timers.set(p.timerAt, n, next, h)
		}
	}
}

func (p *Partition) report(n uint32, s *slot, v *scorer.Verdict, h uint32, out *Outbox) {
	user, at := string(p.ids.get(s.id, s.idLen)), int64(h)*p.rules.Grain()
	if v.From != v.State {
		p.cohorts.move(n, v.From, v.State)
		out.Decisions = append(out.Decisions, schemas.Decision{User: user, At: at, Kind: schemas.KindLifecycle, From: v.From.String(), To: v.State.String()})
	}
	if v.Kind == "" {
		return
	}
	p.cohorts.setPreChurn(n, v.Kind == schemas.KindEntered)
	d := schemas.Decision{User: user, At: at, Kind: v.Kind, Episode: v.Episode}
	if v.Kind == schemas.KindEntered {
		d.Metric, d.Cur, d.Base, d.Drop = p.rules.MetricName(v.Metric), v.Cur, v.Base, p.rules.Drop(v.Cur, v.Base)
		d.Reason = p.rules.Reason(v)
		out.Triggers = append(out.Triggers, p.trigger(&d, v.State))
	}
	out.Decisions = append(out.Decisions, d)
}

// firstStage is the only stage of a journey so far: the recall at the episode's entry.
const firstStage = 1

func (p *Partition) trigger(d *schemas.Decision, state scorer.State) schemas.Trigger {
	return schemas.Trigger{
		ID: schemas.NewTriggerID(d.User, p.journey, d.Episode, firstStage), User: d.User, Journey: p.journey, Episode: d.Episode, Stage: firstStage,
		At: d.At, Lifecycle: state.String(), Metric: d.Metric, Cur: d.Cur, Base: d.Base, Drop: d.Drop, Reason: d.Reason,
	}
}

// Watermark is the partition's watermark, Unix milliseconds; ok is false until the first event.
func (p *Partition) Watermark() (at int64, ok bool) { return p.clock.watermark, p.clock.started }

// Newest is the largest event time that moved the watermark, Unix milliseconds.
func (p *Partition) Newest() int64 { return p.clock.newest }

// Users is how many users have been seen.
func (p *Partition) Users() int { return int(p.users) }

// Counts returns the totals.
func (p *Partition) Counts() Counts { return p.counts }

// Cohorts returns the live sets; the owner of the partition may read them between calls.
func (p *Partition) Cohorts() *Cohorts { return &p.cohorts }

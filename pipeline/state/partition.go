// Package state keeps one partition's users in memory: dense slots found by hash, their cells, timers by event time, and the
// cohorts. It feeds events to the scorer, moves the watermark, and judges the users due at each border the watermark passes.
//
// One goroutine owns a Partition; nothing here locks, does I/O, or looks at a clock. What follows goes into an Outbox. Used by
// pipeline, by the direct replay and by bench.
package state

import (
	"fmt"
	"math"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
	"winback/scorer"
)

// Partition is the state of one partition. Make it with New.
type Partition struct {
	rules   *scorer.Rules
	journey string

	clock   clock
	next    uint32 // the first border that the watermark has not passed
	drained uint32 // the first border at which somebody may still have to be judged
	limit   int    // users judged at a time
	nextAt  int64  // the watermark at which something is due next: the next border, or the end of a minute
	horizon int64  // events later than this are refused

	users      *users
	timers     timers
	cohorts    Cohorts
	minutes    minutes
	population *population

	scratch *scorer.Scratch
	due     []uint32 // slots that are out of the calendar, to be judged at border drained
	taken   []uint32 // the memory of due
	ahead   ahead
	counts  Counts
}

// Counts are totals since the partition was made.
type Counts struct {
	Events    uint64 // added
	Late      uint64 // of these, behind the watermark
	Judged    uint64 // users looked at, one a border
	Forgotten uint64 // users whose state has been given up
}

// New returns an empty partition. The vocabulary is the one the rules were compiled with and events are decoded with.
func New(rules *scorer.Rules, vocabulary *schemas.Vocabulary, config Config) (*Partition, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	p := &Partition{
		rules: rules, journey: config.Journey,
		clock:   clock{lateness: int64(config.Lateness), maxJump: int64(config.MaxJump)},
		limit:   config.Drain,
		horizon: math.MaxInt64,
		users:   newUsers(), cohorts: newCohorts(), minutes: newMinutes(vocabulary), population: newPopulation(rules), scratch: rules.NewScratch(),
	}
	if p.limit == 0 {
		p.limit = math.MaxInt
	}
	p.timers = newTimers(rules.Horizon(), p.users.timer)
	return p, nil
}

// Limit refuses events later than a time from now on (wall time plus max_skew, Unix milliseconds). Without it nothing is too late.
func (p *Partition) Limit(latest int64) { p.horizon = latest }

// Add adds an event and judges the borders that the watermark passes by it. The reason is Accepted, or why the event was refused:
// Late or Future.
func (p *Partition) Add(e *schemas.Event, out *Outbox) schemas.Reason {
	return p.add(e, xxhash.Sum64(e.User), nobody, out)
}

func (p *Partition) add(e *schemas.Event, hash uint64, guess uint32, out *Outbox) schemas.Reason {
	if e.Time > p.horizon {
		return schemas.Future
	}
	if p.tooLate(e) {
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
	p.population.add(e)
	if p.rules.Counts(e.Type, e.Category) {
		p.step(e, hash, guess, out)
	}
	p.clock.observe(e.Time, hash)
	if p.clock.watermark >= p.nextAt {
		p.pass(out)
	} else if p.Behind() {
		p.drain(drainPerEvent, out)
	}
	return schemas.Accepted
}

// drainPerEvent is how many users are judged beside each event while the partition is behind.
const drainPerEvent = 4

// begin sets the first border: those up to the first watermark see nothing.
func (p *Partition) begin(first int64) {
	p.next = p.rules.GrainOf(max(0, first-p.clock.lateness)) + 1
	p.drained = p.next
	p.population.begin(p.next)
}

// tooLate reports whether no border still to be judged can see the event's grain.
func (p *Partition) tooLate(e *schemas.Event) bool {
	return p.clock.started && e.Time < p.clock.watermark && p.rules.GrainOf(e.Time)+p.rules.Expiry(e.Type) < p.next
}

func (p *Partition) step(e *schemas.Event, hash uint64, guess uint32, out *Outbox) {
	n, s, track := p.users.find(e.User, hash, guess)
	if s.timer.due < p.next && s.timer.due != 0 {
		p.catchUp(n, s, out)
		n, s, track = p.users.find(e.User, hash, n) // who may be forgotten, or have less of a track
	}
	context := scorer.StepContext{NextBorder: p.next, UserHash: hash}
	for {
		longer, due, need := p.rules.Step(&s.user, track, e, context, p.scratch)
		if need > 0 {
			p.users.blocks.reserve(n, cap(track)-len(track)+need) // beyond what is in use
			_, track = p.users.parts(s)
			continue
		}
		s.keep(longer)
		if due != scorer.Never && (s.timer.due == 0 || due < s.timer.due) {
			p.timers.unset(n)
			p.timers.set(n, due)
		}
		return
	}
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

// Watermark is the partition's watermark, Unix milliseconds; ok is false until the first event.
func (p *Partition) Watermark() (at int64, ok bool) { return p.clock.watermark, p.clock.started }

// Newest is the largest event time that moved the watermark, Unix milliseconds.
func (p *Partition) Newest() int64 { return p.clock.newest }

// Users is how many users are known.
func (p *Partition) Users() int { return p.users.count() }

// Counts returns the totals.
func (p *Partition) Counts() Counts { return p.counts }

// Cohorts returns the live sets; the owner of the partition may read them between calls.
func (p *Partition) Cohorts() *Cohorts { return &p.cohorts }

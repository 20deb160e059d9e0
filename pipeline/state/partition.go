// Package state keeps one partition's users in memory: dense slots found by the hash of the id, blocks with the users' tracks, a calendar of
// when each must be judged next, and the cohorts. It feeds events to the scorer, moves the watermark, and judges the users who are due at each
// border that the watermark passes.
//
// One goroutine owns a Partition; nothing here locks, does I/O, or looks at a clock. What follows from the events goes into an Outbox, which the
// caller delivers. Pipeline, the direct replay and the benches call it.
package state

import (
	"fmt"
	"math"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
	"winback/scorer"
)

// Partition is the state of one partition. Make it with New, or with Restore from a snapshot. It is not safe for concurrent use.
type Partition struct {
	rules   *scorer.Rules
	journey string // the name that triggers carry

	clock       clock
	nextBorder  uint32 // the first border that the watermark has not passed
	drainBorder uint32 // the first border at which somebody may still have to be judged; at most nextBorder
	drainLimit  int    // users judged at a time
	nextDueAt   int64  // the watermark at which passBorders has something to do next: the next border, or the end of a minute
	latest      int64  // events later than this are refused, Unix milliseconds

	users      *users
	timers     timers
	cohorts    Cohorts
	minutes    minutes
	population *population // nil while drops are not relative to everybody
	ids        eventIDs

	scratch    *scorer.Scratch
	due        []uint32 // slots that have left the calendar to be judged at drainBorder; the rest of dueBuffer
	dueBuffer  []uint32 // reused
	prefetcher prefetcher
	counts     Counts
}

// Counts are totals since the partition was made.
type Counts struct {
	Events       uint64 // added
	Late         uint64 // of these, behind the watermark
	Duplicates   uint64 // not added, because an event with the same id had been
	IDsForgotten uint64 // ids of events given up before their time, for lack of room: see Dedup.MaxIDs
	JumpsHeld    uint64 // events that the watermark did not follow when they came, because they were more than max_jump ahead
	JumpsTaken   uint64 // times that enough users agreed, and the watermark followed
	Judged       uint64 // users looked at, one a border
	Forgotten    uint64 // users whose state has been given up
}

// New returns an empty partition. The vocabulary is the one the rules were compiled with and events are decoded with.
func New(rules *scorer.Rules, vocabulary *schemas.Vocabulary, config Config) (*Partition, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	p := &Partition{
		rules: rules, journey: config.Journey,
		clock:      clock{lateness: int64(config.Lateness), maxJump: int64(config.MaxJump), witnesses: config.JumpWitnesses},
		ids:        newEventIDs(config.Dedup),
		drainLimit: config.Drain,
		latest:     math.MaxInt64,
		users:      newUsers(), cohorts: newCohorts(), minutes: newMinutes(vocabulary), population: newPopulation(rules), scratch: rules.NewScratch(),
	}
	if p.drainLimit == 0 {
		p.drainLimit = math.MaxInt
	}
	p.timers = newTimers(rules.Horizon(), p.users.timer)
	return p, nil
}

// Limit refuses events after a time from now on: wall time plus max_skew, Unix milliseconds. Without it no event is refused as Future.
func (p *Partition) Limit(latest int64) { p.latest = latest }

// Add adds an event and judges the borders that the watermark passes by it. The reason is Accepted, or why the event was refused:
// Late or Future. A duplicate, an event whose id is remembered, is accepted and does nothing: it is counted among the duplicates, and moves neither
// the watermark nor what is known of the user. An event that is refused leaves no id behind, so that one with the same id and a time that has been
// mended counts.
func (p *Partition) Add(e *schemas.Event, out *Outbox) schemas.Reason {
	return p.add(e, xxhash.Sum64(e.User), noSlot, out)
}

// timeOf is the time that an event tells: its own if it is believed and ahead of the watermark, else that of the watermark.
func (p *Partition) timeOf(e *schemas.Event) int64 {
	if e.Time > p.latest || p.clock.isJump(e.Time) {
		return p.clock.watermark
	}
	return max(e.Time, p.clock.watermark)
}

func (p *Partition) add(e *schemas.Event, hash uint64, guess uint32, out *Outbox) schemas.Reason {
	remembers := e.ID != 0 && p.ids.span > 0
	if remembers && p.ids.known(spread(e.ID), e.Time, p.clock.watermark, p.timeOf(e)) {
		p.counts.Duplicates++
		return schemas.Accepted
	}
	if e.Time > p.latest {
		return schemas.Future
	}
	if p.tooLate(e) {
		return schemas.Late
	}
	if !p.clock.started {
		p.setFirstBorder(e.Time)
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
	if remembers {
		p.ids.remember(spread(e.ID), e.Time, p.clock.watermark)
	}
	if p.clock.watermark >= p.nextDueAt {
		p.passBorders(out)
	} else if p.Behind() {
		p.judgeDue(drainPerEvent, out)
	}
	return schemas.Accepted
}

// drainPerEvent is how many users are judged with each event while the partition is behind.
const drainPerEvent = 4

// setFirstBorder begins with the first border after the watermark of the first event: at those before it there is nobody to judge.
func (p *Partition) setFirstBorder(first int64) {
	p.nextBorder = p.rules.GrainOf(max(0, first-p.clock.lateness)) + 1
	p.drainBorder = p.nextBorder
	p.population.setFirstBorder(p.nextBorder)
}

// tooLate reports whether no border still to be judged can see the event's grain.
func (p *Partition) tooLate(e *schemas.Event) bool {
	return p.clock.started && e.Time < p.clock.watermark && p.rules.GrainOf(e.Time)+p.rules.Expiry(e.Type) < p.nextBorder
}

// step gives an event to the scorer, after the user has been judged up to the watermark, and sets the timer if that brings a border nearer.
func (p *Partition) step(e *schemas.Event, hash uint64, guess uint32, out *Outbox) {
	n, s, track := p.users.findOrCreate(e.User, hash, guess)
	if s.timer.due < p.nextBorder && s.timer.due != 0 {
		p.catchUp(n, s, out)
		n, s, track = p.users.findOrCreate(e.User, hash, n) // judging may have forgotten the user, or trimmed the track
	}
	context := scorer.StepContext{NextBorder: p.nextBorder, UserHash: hash}
	for {
		longer, due, need := p.rules.Step(&s.user, track, e, context, p.scratch)
		if need > 0 {
			p.users.blocks.reserve(n, cap(track)-len(track)+need) // counted from the track's end; need is counted from its capacity's
			_, track = p.users.idAndTrack(s)
			continue
		}
		s.setTrackLength(longer)
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
	if p.clock.watermark >= p.nextDueAt {
		p.passBorders(out)
	}
}

// Watermark is the partition's watermark, Unix milliseconds; ok is false until the first event.
func (p *Partition) Watermark() (at int64, ok bool) { return p.clock.watermark, p.clock.started }

// Newest is the largest event time that has been believed, which the watermark trails, Unix milliseconds. Unlike the watermark it is not moved by Advance.
func (p *Partition) Newest() int64 { return p.clock.newest }

// Users is how many users are known.
func (p *Partition) Users() int { return p.users.count() }

// Counts returns the totals.
func (p *Partition) Counts() Counts {
	c := p.counts
	c.IDsForgotten, c.JumpsHeld, c.JumpsTaken = p.ids.forgotten, p.clock.held, p.clock.taken
	return c
}

// EventIDs is how many ids of events are held, so that their duplicates are known.
func (p *Partition) EventIDs() uint64 { return p.ids.count }

// JumpsWaiting is how many users' last events are further ahead than max_jump and have not been believed.
func (p *Partition) JumpsWaiting() int { return p.clock.waiting }

// Cohorts returns the live sets; the owner of the partition may read them between calls.
func (p *Partition) Cohorts() *Cohorts { return &p.cohorts }

package delivery

import (
	"fmt"

	"winback/pipeline/state"
	"winback/schemas"
)

// Config says when an epoch is sealed.
type Config struct {
	FlushEvery schemas.Duration // so long after the one before, if nothing is under way
	FlushRows  int              // or as soon as it has so many rows
}

// Position is how far a partition has been read and judged.
type Position struct {
	Next      int64 // offsets below it have been read
	Newest    int64 // the largest event time that moved the watermark, Unix milliseconds
	Watermark int64 // everything has been decided up to here, Unix milliseconds
	Partial   bool  // users are still due at borders that have been passed
}

// protocol decides what may happen to the epochs of one partition. It does no I/O, so that tests can take it through every order of
// events. See Epoch for the rules.
type protocol struct {
	config    Config
	topic     string
	partition int32
	build     schemas.Build

	open     *Epoch
	underWay *Epoch // nil, or sealed and not yet committed
	spare    *Epoch // the memory of the next open epoch; nil while an epoch is under way

	committed     int64 // the offset committed last; what follows from the records below it has been delivered
	committedNote Note  // went with it
	windowsFrom   int64 // see schemas.Rows
	lastWatermark int64 // of the rows stored last, Unix milliseconds
	sealedAt      int64 // wall time of the last seal, Unix milliseconds
}

func newProtocol(config Config, topic string, partition int32) *protocol {
	return &protocol{config: config, topic: topic, partition: partition, open: &Epoch{}, spare: &Epoch{}}
}

// Begin says from which offset on things are to be delivered, what was noted with it, and which build they belong to. It is called before
// the first epoch is sealed.
func (p *protocol) Begin(committed int64, note Note, build schemas.Build) {
	p.committed, p.committedNote, p.build = committed, note, build
	p.open.Note = note
}

// WindowsFrom says that decisions of borders before a time rest on windows whose beginning is no longer in the log.
func (p *protocol) WindowsFrom(at int64) { p.windowsFrom = at }

// Outbox is where to put what follows from the open epoch's records. Ask for it anew after each call of the Driver.
func (p *protocol) Outbox() *state.Outbox { return &p.open.outbox }

// Committed is the offset committed last.
func (p *protocol) Committed() int64 { return p.committed }

// ClockAdvanced notes that the wall clock is moving the watermark, before the record at an offset is read.
func (p *protocol) ClockAdvanced(watermark, before int64) {
	e := p.open
	e.Note.Advanced, e.Note.Before = watermark, before
	const minute = int64(schemas.Minute)
	if n := len(e.Advances); n > 0 && e.Advances[n-1].Before == before && e.Advances[n-1].Watermark/minute == watermark/minute {
		e.Advances = e.Advances[:n-1] // nothing was closed between the two: rows and borders end with minutes
	}
	e.Advances = append(e.Advances, Advance{Watermark: watermark, Before: before})
}

// sealDue reports whether the open epoch is to be sealed, as soon as none is under way.
func (p *protocol) sealDue(now int64) bool {
	old := now-p.sealedAt >= int64(p.config.FlushEvery)
	return p.open.size() >= p.config.FlushRows || old && p.underWay == nil
}

// seal puts the open epoch under way, and opens the next.
func (p *protocol) seal(now int64, at Position) (*Epoch, error) {
	if p.underWay != nil {
		return nil, fmt.Errorf("the delivery epoch of offsets %d to %d is still %v: the next one cannot be sealed: this is a fault of winback, please report it",
			p.underWay.From, p.underWay.To, p.underWay.state)
	}
	e, next := p.open, p.spare
	e.Note.Newest = at.Newest
	next.Note = e.Note
	e.From, e.To, e.Watermark = p.committed, at.Next, at.Watermark
	if at.Partial {
		e.To, e.Note = p.committed, p.committedNote // I6
	}
	if err := e.enter(Sealed); err != nil {
		return nil, err
	}
	e.rows = schemas.Rows{
		Topic: p.topic, Partition: p.partition, Build: p.build, From: e.From, To: e.To, Watermark: e.Watermark, WindowsFrom: p.windowsFrom,
		Activity: e.outbox.Activity, Decisions: e.outbox.Decisions, Profiles: e.outbox.Profiles,
	}
	// A quiet partition too must say how far it is, but once a minute is enough.
	e.stores = e.size() > 0 || e.Watermark-p.lastWatermark >= int64(schemas.Minute)
	e.commits = e.To > p.committed || e.stores && e.Note != p.committedNote
	if !e.commits {
		next.Advances = append(next.Advances, e.Advances...) // recovery needs all of those since the last commit
	}
	p.open, p.underWay, p.spare, p.sealedAt = next, e, nil, now
	return e, nil
}

// triggersAcknowledged completes the rows of the epoch under way.
func (p *protocol) triggersAcknowledged() error {
	p.underWay.rows.Triggers = p.underWay.acknowledged
	return p.underWay.enter(TriggersAcknowledged)
}

func (p *protocol) journalled() error { return p.underWay.enter(Journalled) }

func (p *protocol) rowsStored() error {
	if err := p.underWay.enter(RowsStored); err != nil {
		return err
	}
	if p.underWay.stores {
		p.lastWatermark = p.underWay.Watermark
	}
	return nil
}

func (p *protocol) epochCommitted() error {
	e := p.underWay
	if err := e.enter(Committed); err != nil {
		return err
	}
	if e.commits {
		p.committed, p.committedNote = e.To, e.Note
	}
	e.reset()
	p.underWay, p.spare = nil, e
	return nil
}

package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
	"winback/scorer"
)

// A snapshot is a partition as bytes, little-endian:
//
//	magic, version, fingerprint     what wrote it, and under which rules
//	clock, borders, counts, open minutes, the population's totals, the shapes of the tracks' records
//	slots and blocks                pages as they lie in memory, 64 bytes a slot and 64 KiB a page of blocks; empty pages are left out
//	episode counters                the last episodes of users who are forgotten
//	ids of events                   by which duplicates are known
//	checksum                        xxhash64 of all before it
//
// The index, the cohorts and the calendar follow from the slots and are made anew. Equal states give equal bytes.

const (
	snapshotMagic   = uint64('w') | 'i'<<8 | 'n'<<16 | 'b'<<24 | 'a'<<32 | 'c'<<40 | 'k'<<48 | 0x80<<56
	snapshotVersion = 8 // changes with the meaning of what is kept, be it the same bytes
)

// Snapshot writes all that the partition knows, so that Restore makes one that goes on exactly as this one does. What has been put into
// outboxes is not part of it, nor is Limit, which follows wall time. Slots hold bytes as they lie in memory, so that snapshots cannot be
// carried to a big-endian machine.
func (p *Partition) Snapshot(w io.Writer) error {
	if err := checkByteOrder(); err != nil {
		return fmt.Errorf("state: snapshot: %w", err)
	}
	a := newArchiveWriter(w)
	p.archiveHead(a)
	p.archive(a)
	a.seal()
	if a.err != nil {
		return fmt.Errorf("state: snapshot: %w", a.err)
	}
	return nil
}

// Restore makes the partition that was written by Snapshot, under the same rules and vocabulary; r ends with the snapshot. The settings
// may be others. Call Limit again if events are to be refused as too late. A snapshot that is torn, damaged, of other rules or of no
// winback at all is an error: rebuild the state from the log then.
func Restore(r io.Reader, rules *scorer.Rules, vocabulary *schemas.Vocabulary, config Config) (*Partition, error) {
	p, err := New(rules, vocabulary, config)
	if err != nil {
		return nil, err
	}
	if err := checkByteOrder(); err != nil {
		return nil, fmt.Errorf("state: restore: %w", err)
	}
	a := newArchiveReader(r)
	p.archiveHead(a)
	p.archive(a)
	a.seal()
	if a.err == nil {
		a.err = p.rebuild()
	}
	switch {
	case errors.Is(a.err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("state: restore: the snapshot is torn: %w", a.err)
	case a.err != nil:
		return nil, fmt.Errorf("state: restore: %w", a.err)
	}
	return p, nil
}

func checkByteOrder() error {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return errors.New("snapshots need a little-endian machine")
	}
	return nil
}

// archiveHead says, or makes sure of, what the rest means.
func (p *Partition) archiveHead(a *archive) {
	identity := p.rules.Identity()
	for _, part := range []struct {
		want  uint64
		fault string
	}{
		{snapshotMagic, "this is not a snapshot of a partition"},
		{snapshotVersion, "the snapshot is of another version of the format"},
		{layout(reflect.TypeFor[slot]()), "the snapshot was made by another build, whose users look otherwise"},
		{xxhash.Sum64String(identity.Config), "the snapshot was made under other rules: the scorer's configuration has changed"},
		{xxhash.Sum64String(identity.Names), "the snapshot was made with other event types or categories"},
		{xxhash.Sum64String(identity.Model), "the snapshot was made with another model of the risk"},
	} {
		if a.word(part.want) != part.want {
			a.fault("%s: rebuild the state from the log", part.fault)
		}
	}
}

// layout is a hash of how values of a type lie in memory.
func layout(t reflect.Type) uint64 {
	text := fmt.Appendf(nil, "%s %d:", t.Kind(), t.Size())
	switch t.Kind() {
	case reflect.Struct:
		for f := range t.Fields() {
			text = fmt.Appendf(text, "%s %d %x,", f.Name, f.Offset, layout(f.Type))
		}
	case reflect.Array:
		text = fmt.Appendf(text, "%x", layout(t.Elem()))
	}
	return xxhash.Sum64(text)
}

func (p *Partition) archive(a *archive) {
	p.clock.archive(a)
	number(a, &p.nextBorder)
	number(a, &p.drainBorder)
	number(a, &p.nextDueAt)
	for _, n := range []*uint64{&p.counts.Events, &p.counts.Late, &p.counts.Duplicates, &p.counts.Judged, &p.counts.Forgotten} {
		number(a, n)
	}
	p.minutes.archive(a)
	p.population.archive(a)
	p.archiveShapes(a)
	p.users.archive(a)
	p.ids.archive(a, p.clock.watermark)
}

func (p *Partition) archiveShapes(a *archive) {
	shapes := p.scratch.Shapes()
	if slice(a, &shapes); a.in != nil && a.err == nil {
		a.err = p.scratch.LoadShapes(shapes)
	}
}

// archive leaves out the lateness, the longest jump and how many must agree on one: they are settings.
func (c *clock) archive(a *archive) {
	a.flag(&c.started)
	for _, n := range []*int64{&c.newest, &c.watermark} {
		number(a, n)
	}
	for _, n := range []*uint64{&c.held, &c.taken} {
		number(a, n)
	}
	jumps, seen := c.jumps[:c.waiting], c.seen[:c.seenCount]
	slice(a, &jumps)
	slice(a, &seen)
	if len(jumps) > maxJumps || len(seen) > maxWitnesses {
		a.fault("%d jumps of the clock and %d users, at most %d and %d", len(jumps), len(seen), maxJumps, maxWitnesses)
		return
	}
	c.waiting, c.seenCount = copy(c.jumps[:], jumps), copy(c.seen[:], seen)
}

func (m *minutes) archive(a *archive) {
	number(a, &m.closed)
	mapEntries(a, m.open, func(tallies *[]tally) *[]tally {
		if tallies == nil {
			tallies = m.newTallies()
		}
		rawValues(a, *tallies)
		return tallies
	})
}

func (p *population) archive(a *archive) {
	if p == nil {
		return
	}
	number(a, &p.nextBorder)
	rawValues(a, p.cur[:])
	rawValues(a, p.base[:])
	mapEntries(a, p.grains, func(sums *totals) *totals {
		if sums == nil {
			sums = &totals{}
		}
		rawValues(a, sums[:])
		return sums
	})
	mapEntries(a, p.factors, func(factors []uint32) []uint32 {
		if slice(a, &factors); len(factors) != p.metrics {
			a.fault("the population's factors of %d metrics, of %d", len(factors), p.metrics)
		}
		return factors
	})
}

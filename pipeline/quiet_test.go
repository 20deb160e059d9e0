package pipeline_test

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"winback/pipeline/delivery"
	"winback/pipeline/delivery/deliverytest"
	"winback/schemas"
	"winback/sinks/events"
	"winback/sinks/memory"
)

// wall is a clock that a test sets.
type wall struct{ at atomic.Int64 }

func (w *wall) now() time.Time       { return time.UnixMilli(w.at.Load()) }
func (w *wall) set(at time.Duration) { w.at.Store(dawn + at.Milliseconds()) }

const dawn = int64(1_750_000_000_000) / 3_600_000 * 3_600_000

// visit writes one event of a user, so long after dawn. All events of a user are in one partition.
func (b *bed) visit(t *testing.T, user string, at ...time.Duration) {
	t.Helper()
	out := events.Defaults()
	out.Topic, out.Partitions = input, partitions
	producer := events.New(b.connection.Client(), out, b.parts.Log)
	for _, d := range at {
		value := fmt.Sprintf(`{"user":%q,"type":"visit","time":%d}`, user, dawn+d.Milliseconds())
		must(t, producer.Send(t.Context(), []byte(user), []byte(value), 0))
		b.events++
	}
	must(t, producer.Close(t.Context()))
}

// untilQuiet runs the pipeline until it has caught up, sets the clock so that the partitions are idle, and goes on until every
// partition with events has told a watermark of that time less the lateness.
func (b *bed) untilQuiet(t *testing.T, clock *wall, rows *memory.Rows, later time.Duration) {
	t.Helper()
	p := b.pipeline(t, &memory.Triggers{}, rows)
	ready, idle := caughtUp(p), false
	want := dawn + (later - 5*time.Minute).Milliseconds()
	must(t, b.run(t, p, func() bool {
		if !idle && ready() {
			clock.set(later)
			idle = true
		}
		return idle && slices.ContainsFunc(rows.All(), func(r schemas.Rows) bool { return r.Watermark >= want })
	}))
}

// activity adds up the events of the activity table: of rows with the same key the last one stays.
func activity(all []schemas.Rows) (events uint64) {
	type key struct {
		partition       int32
		minute, emitted int64
		word            string
	}
	table := map[key]uint64{}
	for _, r := range all {
		for _, a := range r.Activity {
			table[key{r.Partition, a.Minute, a.Emitted, a.Type}] = a.Events
		}
	}
	for _, n := range table {
		events += n
	}
	return events
}

// TestAQuietPartitionTellsHowFarItIs lets the wall clock move the watermark by less than a minute from one shipment to the next.
func TestAQuietPartitionTellsHowFarItIs(t *testing.T) {
	b := emptyBed(t)
	b.visit(t, "anna", 0)
	var steps atomic.Int64
	b.parts.Now = func() time.Time { return time.UnixMilli(dawn + steps.Add(1)*5_000) }
	var rows memory.Rows
	p := b.pipeline(t, &memory.Triggers{}, &rows)
	empty := func() (n int) {
		for _, r := range rows.All() {
			if r.Empty() {
				n++
			}
		}
		return n
	}
	must(t, b.run(t, p, func() bool { return empty() >= 5 || steps.Load() > 1000 }))
	if n := empty(); n < 5 {
		t.Errorf("%d inserts said how far the quiet partition is in %v of its time, want one a minute", n, time.Duration(steps.Load())*5*time.Second)
	}
}

// TestARestartAfterSilenceRepeatsNoActivity closes minutes by the wall clock, and starts again from the log, which knows nothing of it.
func TestARestartAfterSilenceRepeatsNoActivity(t *testing.T) {
	b := emptyBed(t)
	var clock wall
	b.parts.Now = clock.now
	var rows memory.Rows
	b.visit(t, "anna", 0, time.Minute, 2*time.Minute, 3*time.Minute)
	clock.set(4 * time.Minute)
	b.untilQuiet(t, &clock, &rows, time.Hour)
	if n := activity(rows.All()); n != uint64(b.events) {
		t.Fatalf("%d events in the activity rows before the restart, want %d", n, b.events)
	}
	b.visit(t, "anna", 61*time.Minute, 10*time.Minute)
	clock.set(62 * time.Minute)
	b.untilQuiet(t, &clock, &rows, 2*time.Hour)
	b.untilQuiet(t, &clock, &rows, 3*time.Hour)
	if n := activity(rows.All()); n != uint64(b.events) {
		t.Errorf("%d events in the activity rows after two restarts, want %d", n, b.events)
	}
}

// TestARestartDoesNotBelieveAClockThatWasRefused starts again when the wall clock has reached what was in its future before.
func TestARestartDoesNotBelieveAClockThatWasRefused(t *testing.T) {
	b := emptyBed(t)
	var clock wall
	b.parts.Now = clock.now
	b.visit(t, "anna", 0, time.Minute, 2*time.Hour+30*time.Minute)
	b.events-- // the last one is refused
	for minute := range 30 {
		b.visit(t, "anna", time.Duration(minute)*time.Minute)
	}
	clock.set(30 * time.Minute)
	var rows memory.Rows
	p := b.pipeline(t, &memory.Triggers{}, &rows)
	must(t, b.run(t, p, caughtUp(p)))
	for minute := 30; minute < 200; minute++ {
		b.visit(t, "anna", time.Duration(minute)*time.Minute)
		if minute != 100 {
			continue
		}
		clock.set(100 * time.Minute)
		p := b.pipeline(t, &memory.Triggers{}, &rows)
		must(t, b.run(t, p, caughtUp(p)))
	}
	clock.set(200 * time.Minute)
	b.untilQuiet(t, &clock, &rows, 5*time.Hour)
	if n := activity(rows.All()); n != uint64(b.events) {
		t.Errorf("%d events in the activity rows, want %d", n, b.events)
	}
}

// TestACrashAfterSilenceRepeatsNoActivityWithAJournal lets the wall clock close minutes, and the owner die when their rows are stored and
// nothing is committed. The journal tells the next owner what the clock had done.
func TestACrashAfterSilenceRepeatsNoActivityWithAJournal(t *testing.T) {
	b := emptyBed(t)
	var clock wall
	var rows memory.Rows
	var calls atomic.Int64
	b.parts.Now = func() time.Time { return clock.now().Add(time.Duration(calls.Add(60)) * time.Millisecond) } // enough for the next flush
	b.parts.Journal = &deliverytest.Journal{}
	b.visit(t, "anna", 0, time.Minute, 2*time.Minute, 3*time.Minute)
	clock.set(4 * time.Minute)
	b.parts.DeliveryHook = func(_ int32, at delivery.Point) error {
		if at == (delivery.Point{Arrow: delivery.EpochCommitted}) && activity(rows.All()) == uint64(b.events) {
			return deliverytest.ErrDied
		}
		return nil
	}
	p := b.pipeline(t, &memory.Triggers{}, &rows)
	ready := caughtUp(p)
	if err := b.run(t, p, func() bool {
		if ready() {
			clock.set(time.Hour)
		}
		return false
	}); !errors.Is(err, deliverytest.ErrDied) {
		t.Fatalf("the first owner ended with %v, want its death", err)
	}
	b.parts.DeliveryHook = nil
	b.visit(t, "anna", 61*time.Minute, 10*time.Minute)
	clock.set(62 * time.Minute)
	b.untilQuiet(t, &clock, &rows, 2*time.Hour)
	if n := activity(rows.All()); n != uint64(b.events) {
		t.Errorf("%d events in the activity rows after the crash, want %d", n, b.events)
	}
}

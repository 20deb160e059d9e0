package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"winback/pipeline/delivery"
	"winback/pipeline/delivery/deliverytest"
	"winback/schemas"
)

func newWorld(t interface{ Fatal(...any) }) *deliverytest.World {
	w, err := deliverytest.NewWorld(12, 40)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// dying returns a hook that lets the owner die when it comes to a point for the nth time, from 0.
func dying(at delivery.Point, nth int) delivery.Hook {
	return func(_ int32, p delivery.Point) error {
		if p != at {
			return nil
		}
		if nth--; nth < 0 {
			return deliverytest.ErrDied
		}
		return nil
	}
}

// commitsOnlyTheDelivered checks at every commit that all that follows from the records below has been delivered.
func commitsOnlyTheDelivered(t interface{ Errorf(string, ...any) }, w *deliverytest.World) {
	w.Check = func(committed int64) {
		if committed == 0 {
			return
		}
		for line := range w.Expected[committed-1] {
			if w.Stored[line] == 0 {
				t.Errorf("offset %d is committed and a row is not stored: %s", committed, line)
			}
		}
		for id := range w.Alerts[committed-1] {
			if w.Triggers[id] == 0 {
				t.Errorf("offset %d is committed and trigger %v is not produced", committed, id)
			}
		}
		for i := range committed {
			if w.Log[i].User == nil && w.Letters[i] == 0 {
				t.Errorf("offset %d is committed and the dead letter of %d is not produced", committed, i)
			}
		}
	}
}

// isComplete checks what there must be in the end, and returns how many rows were stored by more than one insert.
func isComplete(t interface{ Errorf(string, ...any) }, w *deliverytest.World) (repeated int) {
	end := len(w.Log) - 1
	for id, n := range w.Triggers {
		if _, expected := w.Alerts[end][id]; n != 1 || !expected {
			t.Errorf("trigger %v is produced %d times, expected: %v", id, n, expected)
		}
	}
	for line, n := range w.Stored {
		if _, expected := w.Expected[end][line]; !expected {
			t.Errorf("nobody expects the row %s", line)
		}
		if n > 1 {
			repeated++
		}
	}
	if len(w.Commits) == 0 || w.Commits[len(w.Commits)-1] != int64(len(w.Log)) {
		t.Errorf("commits %v, want the end of %d records", w.Commits, len(w.Log))
	}
	if !slices.IsSorted(w.Commits) {
		t.Errorf("commits go back: %v", w.Commits)
	}
	place := int64(0)
	for i, r := range w.Inserts {
		if i > 0 && r.From < place {
			t.Errorf("insert %d is of %d to %d after one that began at %d", i, r.From, r.To, place)
		}
		place = r.From
	}
	if n := w.MostAtOnce(); n > 1 {
		t.Errorf("%d inserts under way at once", n)
	}
	return repeated
}

// An owner dies at each point; the next one finishes. Nothing is lost, and no trigger is repeated.
func TestAnOwnerThatDiesAtAnyPointLosesNothing(t *testing.T) {
	for _, point := range delivery.Points() {
		t.Run(point.String(), func(t *testing.T) {
			w := newWorld(t)
			commitsOnlyTheDelivered(t, w)
			owner := deliverytest.Owner{Config: delivery.Config{FlushEvery: 1, FlushRows: 4}, Drain: 2, Batch: 7, Hook: dying(point, 1)}
			if err := w.Own(t.Context(), owner); !errors.Is(err, deliverytest.ErrDied) {
				t.Fatalf("the owner ended with %v, want its death", err)
			}
			owner.Hook = nil
			if err := w.Own(t.Context(), owner); err != nil {
				t.Fatal(err)
			}
			repeated := isComplete(t, w)
			letters := 0
			for _, n := range w.Letters {
				letters += n - 1
			}
			t.Logf("%d inserts, %d commits, %d rows stored again, %d dead letters again", len(w.Inserts), len(w.Commits), repeated, letters)
		})
	}
}

func TestAnOwnerThatLivesDeliversEverythingOnce(t *testing.T) {
	for _, owner := range []deliverytest.Owner{
		{Config: delivery.Config{FlushEvery: 1, FlushRows: 4}, Drain: 2, Batch: 7},
		{Config: delivery.Config{FlushEvery: 1, FlushRows: 1}, Drain: 1, Batch: 1},
		{Config: delivery.Config{FlushEvery: 60_000, FlushRows: 1_000}, Batch: 1_000},
	} {
		w := newWorld(t)
		commitsOnlyTheDelivered(t, w)
		if err := w.Own(t.Context(), owner); err != nil {
			t.Fatal(err)
		}
		if repeated := isComplete(t, w); repeated > 0 {
			t.Errorf("%+v: %d rows are stored twice", owner, repeated)
		}
		for offset, n := range w.Letters {
			if n != 1 {
				t.Errorf("%+v: the dead letter of offset %d is produced %d times", owner, offset, n)
			}
		}
	}
}

// Owners of all kinds come and die, one after the other.
func TestOwnersThatComeAndDieLoseNothing(t *testing.T) {
	world := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		w := world.Anew()
		commitsOnlyTheDelivered(t, w)
		draw := func() deliverytest.Owner {
			return deliverytest.Owner{
				Config: delivery.Config{FlushEvery: 1, FlushRows: rapid.IntRange(1, 40).Draw(t, "rows")},
				Drain:  rapid.IntRange(0, 5).Draw(t, "drain"), Batch: rapid.IntRange(1, 60).Draw(t, "batch"),
			}
		}
		for range rapid.IntRange(0, 4).Draw(t, "deaths") {
			owner := draw()
			owner.Hook = dying(rapid.SampledFrom(delivery.Points()).Draw(t, "point"), rapid.IntRange(0, 30).Draw(t, "nth"))
			if err := w.Own(context.Background(), owner); err == nil {
				break
			} else if !errors.Is(err, deliverytest.ErrDied) {
				t.Fatal(err)
			}
		}
		if err := w.Own(context.Background(), draw()); err != nil {
			t.Fatal(err)
		}
		isComplete(t, w)
	})
}

// An insert that waits holds up neither triggers nor reading, until the next epoch is full; then the owner waits, with two epochs in memory.
func TestAnInsertThatWaitsDelaysNoTriggers(t *testing.T) {
	w := newWorld(t)
	commitsOnlyTheDelivered(t, w)
	release, held := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.Waiting = func(context.Context, int) {
		once.Do(func() { close(held) })
		<-release
	}
	done := make(chan error, 1)
	rows := len(w.Expected[len(w.Log)-1])
	go func() {
		done <- w.Own(t.Context(), deliverytest.Owner{Config: delivery.Config{FlushEvery: 1, FlushRows: rows - 3}, Batch: 7})
	}()
	<-held
	for deadline := time.Now().Add(20 * time.Second); w.CountTriggers() < len(w.Alerts[len(w.Log)-1]); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d triggers produced while the first insert waits, want all %d", w.CountTriggers(), len(w.Alerts[len(w.Log)-1]))
		}
	}
	select {
	case err := <-done:
		t.Fatalf("the owner ended with %v while its first insert waits", err)
	default:
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	isComplete(t, w)
}

func TestPointsHaveNamesOfTheirOwn(t *testing.T) {
	names := map[string]bool{}
	for _, p := range delivery.Points() {
		names[p.String()] = true
	}
	if len(names) != 14 {
		t.Errorf("%d names: %v", len(names), slices.Sorted(maps.Keys(names)))
	}
	if got := fmt.Sprint(delivery.Points()[0]); got != "before triggers produced" {
		t.Errorf("the first point is called %q", got)
	}
}

// A build that begins where another has been sends nobody a trigger of the past, and stores none that is not in the topic.
func TestTriggersOfThePastAreMutedUnlessTheyAreInTheirTopic(t *testing.T) {
	w := newWorld(t)
	if err := w.Own(t.Context(), deliverytest.Owner{Config: delivery.Config{FlushEvery: 1, FlushRows: 10}, Batch: 20}); err != nil {
		t.Fatal(err)
	}
	var all []schemas.Trigger
	for _, rows := range w.Inserts {
		all = append(all, rows.Triggers...)
	}
	sent, until := w.Anew(), all[len(all)/2].At
	for i := range all {
		if all[i].At <= until && i%2 == 0 {
			sent.Triggers[all[i].ID] = 1 // by the build before
		}
	}
	inTopic := maps.Clone(sent.Triggers)
	if err := sent.Own(t.Context(), deliverytest.Owner{Config: delivery.Config{FlushEvery: 1, FlushRows: 10}, Batch: 20, MutedUntil: until}); err != nil {
		t.Fatal(err)
	}
	muted, later := 0, 0
	for i := range all {
		before, stored, want := inTopic[all[i].ID], sent.Stored[fmt.Sprintf("trigger %+v", all[i])], 1
		switch {
		case all[i].At > until:
			later++
		case before == 0:
			want, muted = 0, muted+1
		}
		if sent.Triggers[all[i].ID] != want || stored != want {
			t.Errorf("trigger at %d, muted until %d, in the topic before: %d: produced %d times and stored %d times, want %d",
				all[i].At, until, before, sent.Triggers[all[i].ID], stored, want)
		}
	}
	if muted == 0 || later == 0 || len(inTopic) == 0 {
		t.Errorf("%d muted, %d later, %d in the topic before: the test shows nothing", muted, later, len(inTopic))
	}
}

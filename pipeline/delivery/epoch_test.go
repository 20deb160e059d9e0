package delivery

import (
	"strings"
	"testing"

	"winback/schemas"
)

func TestAnEpochOnlyGoesToItsNextState(t *testing.T) {
	for from := Open; from <= Committed; from++ {
		for to := Open; to <= Committed; to++ {
			e := Epoch{state: from, Entry: Entry{From: 3, To: 9}}
			switch err := e.enter(to); {
			case to == from+1 && (err != nil || e.State() != to):
				t.Errorf("from %v to %v: %v, and the epoch is %v", from, to, err, e.State())
			case to != from+1 && (err == nil || e.State() != from):
				t.Errorf("from %v to %v: no error, and the epoch is %v", from, to, e.State())
			case to != from+1 && (!strings.Contains(err.Error(), "offsets 3 to 9") || !strings.Contains(err.Error(), to.String())):
				t.Errorf("from %v to %v: the error %q does not say where or what", from, to, err)
			}
		}
	}
}

func TestAnEpochIsNotAcknowledgedWhileTriggersOrDeadLettersWait(t *testing.T) {
	for name, fill := range map[string]func(*Epoch){
		"a trigger":     func(e *Epoch) { e.outbox.Triggers = make([]schemas.Trigger, 1) },
		"a dead letter": func(e *Epoch) { e.outbox.DeadLetters = make([]schemas.DeadLetter, 1) },
	} {
		e := Epoch{state: Sealed}
		if fill(&e); e.enter(TriggersAcknowledged) == nil {
			t.Errorf("%s waits, and the epoch is acknowledged", name)
		}
		e.acknowledgeTriggers()
		e.acknowledgeDeadLetters()
		if err := e.enter(TriggersAcknowledged); err != nil {
			t.Errorf("%s is acknowledged, and the epoch is not: %v", name, err)
		}
	}
}

// newTestProtocol has delivered the offsets below 10.
func newTestProtocol() *protocol {
	p := newProtocol(Config{FlushEvery: schemas.Second, FlushRows: 3}, "clicks", 1)
	p.Begin(10, Note{Newest: 5}, schemas.Build{Name: "group", Began: 1})
	return p
}

func finish(t *testing.T, p *protocol) {
	t.Helper()
	for _, step := range []func() error{p.triggersAcknowledged, p.journalled, p.rowsStored, p.epochCommitted} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheNextEpochIsNotSealedWhileOneIsUnderWay(t *testing.T) {
	p := newTestProtocol()
	if _, err := p.seal(0, Position{Next: 12}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.seal(0, Position{Next: 14}); err == nil {
		t.Error("two epochs are under way")
	}
	finish(t, p)
	if _, err := p.seal(0, Position{Next: 14}); err != nil {
		t.Error(err)
	}
}

func TestAnEpochBeginsWhereTheOneBeforeWasCommitted(t *testing.T) {
	p := newTestProtocol()
	from := int64(10)
	for _, next := range []int64{12, 12, 20} {
		e, err := p.seal(0, Position{Next: next})
		if err != nil {
			t.Fatal(err)
		}
		if e.From != from || e.To != next || e.rows.From != from || e.rows.To != next {
			t.Errorf("the epoch is of %d to %d, its rows of %d to %d, want %d to %d", e.From, e.To, e.rows.From, e.rows.To, from, next)
		}
		finish(t, p)
		if from = next; p.Committed() != from {
			t.Errorf("committed %d, want %d", p.Committed(), from)
		}
	}
}

func TestAnEpochThatIsPartlyJudgedCommitsNothing(t *testing.T) {
	p := newTestProtocol()
	p.Outbox().Decisions = make([]schemas.Decision, 1)
	p.ClockAdvanced(1_000, 12)
	e, err := p.seal(0, Position{Next: 12, Newest: 7, Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	if !e.stores || e.commits || e.To != 10 || e.Note != (Note{Newest: 5}) {
		t.Errorf("stores %v, commits %v offset %d with note %v: want rows, and offset 10 with its note left as they are", e.stores, e.commits, e.To, e.Note)
	}
	finish(t, p)
	if e, err = p.seal(0, Position{Next: 12, Newest: 7}); err != nil {
		t.Fatal(err)
	}
	want := Note{Newest: 7, Advanced: 1_000, Before: 12}
	if !e.commits || e.From != 10 || e.To != 12 || e.Note != want || len(e.Advances) != 1 {
		t.Errorf("commits %v %d to %d with note %v and advances %v: want 10 to 12, what the clock did included", e.commits, e.From, e.To, e.Note, e.Advances)
	}
}

func TestAnEpochIsSealedWhenItIsOldOrFull(t *testing.T) {
	p := newTestProtocol()
	if !p.sealDue(1_000) || p.sealDue(999) {
		t.Error("the first epoch is due a second after nothing")
	}
	if _, err := p.seal(1_000, Position{Next: 11}); err != nil {
		t.Fatal(err)
	}
	if p.sealDue(9_000) {
		t.Error("an old epoch with few rows must not wait for the one under way")
	}
	p.Outbox().Activity = make([]schemas.Activity, 1)
	p.Outbox().Triggers = make([]schemas.Trigger, 2)
	if p.open.acknowledgeTriggers(); !p.sealDue(1_000) {
		t.Error("a full epoch is due whatever is under way: its triggers are rows too")
	}
}

func TestAQuietPartitionStoresHowFarItIsOnceAMinute(t *testing.T) {
	p := newTestProtocol()
	for _, c := range []struct {
		watermark int64
		stores    bool
	}{{59_999, false}, {60_000, true}, {119_999, false}, {120_000, true}} {
		e, err := p.seal(0, Position{Next: 10, Watermark: c.watermark, Newest: 5})
		if err != nil {
			t.Fatal(err)
		}
		if e.stores != c.stores {
			t.Errorf("at %d ms: stores %v, want %v", c.watermark, e.stores, c.stores)
		}
		finish(t, p)
	}
}

func TestStepsOfTheClockWithinAMinuteAreOne(t *testing.T) {
	p := newTestProtocol()
	for _, a := range []Advance{{61_000, 10}, {62_000, 10}, {63_000, 11}, {119_999, 11}, {120_000, 11}} {
		p.ClockAdvanced(a.Watermark, a.Before)
	}
	want := []Advance{{62_000, 10}, {119_999, 11}, {120_000, 11}}
	if got := p.open.Advances; len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("advances %v, want %v", got, want)
	}
}

func TestANoteIsReadAsItWasWritten(t *testing.T) {
	n := Note{Newest: 1_750_000_000_000, Advanced: -3, Before: 1 << 60}
	if got, ok := ParseNote(n.String()); !ok || got != n {
		t.Errorf("%v, %v, want %v", got, ok, n)
	}
	for _, text := range []string{"", "another program's", "newest=1 advanced=2"} {
		if _, ok := ParseNote(text); ok {
			t.Errorf("%q is read as a note", text)
		}
	}
}

package direct_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"winback/pipeline/direct"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
)

const day = int64(schemas.Day)

// weekly gives two users a visit a day at noon for some days; user b begins an hour later and stops after stop days.
func weekly(vocabulary *schemas.Vocabulary, days, stop int64) iter.Seq[*schemas.Event] {
	visit := vocabulary.Lookup([]byte("visit"))
	return func(yield func(*schemas.Event) bool) {
		for d := range days {
			at := (20_000+d)*day + day/2
			if !yield(&schemas.Event{User: []byte("a"), Time: at, Type: visit}) {
				return
			}
			if d < stop && !yield(&schemas.Event{User: []byte("b"), Time: at + int64(schemas.Hour), Type: visit}) {
				return
			}
		}
	}
}

// newEngine returns an engine with the default rules, whose watermark no jump of a clock holds back. A service with its settings would judge
// three users at a time.
func newEngine(t *testing.T, until int64) (*direct.Engine, *schemas.Vocabulary) {
	t.Helper()
	cfg := direct.Config{Scorer: scorer.Defaults(), State: state.Defaults(), Until: until}
	cfg.State.MaxJump, cfg.State.Drain = 0, 3
	vocabulary, err := cfg.Scorer.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := direct.New(cfg, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	return engine, vocabulary
}

func run(t *testing.T, until int64) (direct.Result, []string) {
	t.Helper()
	engine, vocabulary := newEngine(t, until)
	var lines []string
	result, err := engine.Run(t.Context(), weekly(vocabulary, 60, 40), func(ds []schemas.Decision) error {
		for _, d := range ds {
			lines = append(lines, fmt.Sprintf("day %.2f %s %s%s", float64(d.At)/float64(day)-20_000, d.User, d.Kind, d.To))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return result, lines
}

func TestAReplayDecidesAtTheBorderAtWhichItBecameTrue(t *testing.T) {
	result, lines := run(t, 0)
	want := []string{
		"day 0.54 a lifecyclenew",
		"day 0.58 b lifecyclenew",
		"day 7.50 a lifecycleactive",
		"day 7.54 b lifecycleactive",
		"day 42.58 b entered", // four visits left in the week where seven were usual
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
	if end := (20_059)*day + day/2 + int64(schemas.Hour); result.Watermark != end {
		t.Errorf("the watermark ends at %d, want %d: the end of the last event's grain", result.Watermark, end)
	}
	if result.Events != 100 || result.Users != 2 || result.Decisions[schemas.KindEntered] != 1 || result.Decisions[schemas.KindLifecycle] != 4 {
		t.Errorf("got %+v", result)
	}
}

// Whatever state.drain is: it is for a service, in which other events wait while a border is judged.
func TestAllUsersDueAtABorderAreJudgedTogetherInTheirOrder(t *testing.T) {
	const users, weeks = 50, 5
	engine, vocabulary := newEngine(t, (20_000+7*weeks+40)*day)
	visit := vocabulary.Lookup([]byte("visit"))
	var got []schemas.Decision
	result, err := engine.Run(t.Context(), func(yield func(*schemas.Event) bool) {
		for d := range int64(7 * weeks) {
			for u := range users {
				if !yield(&schemas.Event{User: fmt.Appendf(nil, "u%02d", u), Time: (20_000 + d) * day, Type: visit}) {
					return
				}
			}
		}
	}, func(ds []schemas.Decision) error { got = append(got, ds...); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if n := result.Decisions[schemas.KindEntered]; n != users {
		t.Errorf("%d of %d users were flagged", n, users)
	}
	if !slices.IsSortedFunc(got, func(a, b schemas.Decision) int {
		return cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.User, b.User))
	}) {
		t.Error("the decisions do not come in order of their border and their user")
	}
	last := (20_000 + 7*weeks - 1 + 30) * day // light silence begins for all at one border, and nothing comes after it
	if silent := slices.DeleteFunc(got, func(d schemas.Decision) bool { return d.To != "silent_light" || d.At < last }); len(silent) != users {
		t.Errorf("%d of %d users fell silent", len(silent), users)
	}
}

func TestUntilLeavesOutLaterEventsAndEndsTheWatermark(t *testing.T) {
	until := 20_010 * day
	result, lines := run(t, until)
	if result.Watermark != until || result.Events != 20 || result.After != 80 || len(lines) != 4 {
		t.Errorf("got %+v and %q", result, lines)
	}
	until = 20_200 * day // long after the last event
	result, lines = run(t, until)
	if last := lines[len(lines)-1]; result.Watermark != until || last != "day 149.54 a lifecyclechurned" && last != "day 149.54 a lost" {
		t.Errorf("got %+v and %q", result, lines)
	}
}

func TestARunEndsWithItsContextOrWithAnErrorOfEmit(t *testing.T) {
	cause := errors.New("told to stop")
	first, vocabulary := newEngine(t, 0)
	second, _ := newEngine(t, 0)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := first.Run(ctx, weekly(vocabulary, 5000, 0), func([]schemas.Decision) error { return nil }); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if _, err := second.Run(t.Context(), weekly(vocabulary, 10, 0), func([]schemas.Decision) error { return cause }); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestNoEventsDecideNothing(t *testing.T) {
	engine, vocabulary := newEngine(t, 20_000*day)
	result, err := engine.Run(t.Context(), weekly(vocabulary, 0, 0), func(ds []schemas.Decision) error { return fmt.Errorf("%d decisions", len(ds)) })
	if err != nil || result.Events != 0 || result.Watermark != 0 {
		t.Errorf("got %+v, %v", result, err)
	}
}

// sentTwice is the weekly stream with an id for every event, and the last week's events once more, each beside its first.
func sentTwice(vocabulary *schemas.Vocabulary, twice bool) iter.Seq[*schemas.Event] {
	return func(yield func(*schemas.Event) bool) {
		id := uint64(0)
		for e := range weekly(vocabulary, 60, 60) {
			id++
			e.ID = id
			again := *e
			if !yield(e) || twice && e.Time >= (20_000+53)*day && !yield(&again) {
				return
			}
		}
	}
}

func TestCallsThatWereSentTwiceDecideNothingElse(t *testing.T) {
	decide := func(twice bool, dedup state.Dedup) (result direct.Result, lines []string) {
		cfg := direct.Config{Scorer: scorer.Defaults(), State: state.Defaults(), Until: 20_070 * day}
		cfg.State.MaxJump, cfg.State.Dedup = 0, dedup
		vocabulary, err := cfg.Scorer.Vocabulary()
		if err != nil {
			t.Fatal(err)
		}
		engine, err := direct.New(cfg, vocabulary)
		if err != nil {
			t.Fatal(err)
		}
		result, err = engine.Run(t.Context(), sentTwice(vocabulary, twice), func(ds []schemas.Decision) error {
			for _, d := range ds {
				lines = append(lines, fmt.Sprintf("%+v", d))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return result, lines
	}
	once, want := decide(false, state.DefaultDedup())
	twice, got := decide(true, state.DefaultDedup())
	if !slices.Equal(got, want) || len(want) < 4 {
		t.Errorf("got %q, want %q", got, want)
	}
	if once.Events != 120 || once.Twice != 0 || twice.Events != 120 || twice.Twice != 14 {
		t.Errorf("%+v and %+v: want 120 events each, and 14 that were sent again", once, twice)
	}
	if _, off := decide(true, state.Dedup{}); slices.Equal(off, want) {
		t.Error("the same is decided when every copy counts: the run shows nothing")
	}
}

func TestEventsThatTheClockDoesNotFollowAreCounted(t *testing.T) {
	cfg := direct.Config{Scorer: scorer.Defaults(), State: state.Defaults()}
	vocabulary, err := cfg.Scorer.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := direct.New(cfg, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	result, err := engine.Run(t.Context(), func(yield func(*schemas.Event) bool) {
		for e := range weekly(vocabulary, 60, 60) {
			if !yield(e) {
				return
			}
		}
		for _, user := range []string{"c", "d"} { // their clocks are years ahead, and agree
			yield(&schemas.Event{User: []byte(user), Time: 25_000 * day, Type: vocabulary.Lookup([]byte("visit"))})
		}
	}, func([]schemas.Decision) error { return nil })
	if err != nil || result.Held != 2 || result.Events != 122 || result.Watermark != 20_059*day+day/2+2*int64(schemas.Hour) {
		t.Errorf("%v: %+v: want two of 122 events held back, and the watermark behind the last true one", err, result)
	}
}

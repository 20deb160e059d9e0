package repartition_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"winback/pipeline"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/schemas/mapping"
	"winback/scorer"
	"winback/sinks/memory"
	"winback/sinks/produce"
)

const steady = 40 // users who come every day of four months, all their life

// months are the visits of the steady users, one a day each at an hour of their own, and of a few who stay away from day 60 on.
func months(from, to int64) (all []produce.Record) {
	for d := from; d < to; d++ {
		for u := range int64(steady) {
			all = append(all, visit(fmt.Sprintf("steady-%d", u), monday+d*day+u*20*60_000))
		}
		for u := range int64(6) {
			if d < 60 {
				all = append(all, visit(fmt.Sprintf("leaving-%d", u), monday+d*day+23*hour+u*60_000))
			}
		}
	}
	return all
}

// closing is a last visit of everybody at one moment, so that every partition has come as far. It is of people who decide nothing: they
// come once.
func closing(at int64) (all []produce.Record) {
	for u := range 64 {
		all = append(all, visit(fmt.Sprintf("closing-%d", u), at))
	}
	return all
}

// decide runs the service on a topic from its beginning to its end, and returns the decisions in an order of their own.
func (b *bed) decide(topic string, partitions int) []schemas.Decision {
	b.t.Helper()
	var rows memory.Rows
	p := b.service(topic, &rows)
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	for !readToItsEnd(p.Status(), partitions) {
		select {
		case err := <-ended:
			b.t.Fatalf("the service on %s ended: %v", topic, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	cancel()
	must(b.t, <-ended)
	var all []schemas.Decision
	for _, r := range rows.All() {
		all = append(all, r.Decisions...)
	}
	slices.SortFunc(all, func(x, y schemas.Decision) int {
		return cmp.Or(cmp.Compare(x.User, y.User), cmp.Compare(x.At, y.At), cmp.Compare(x.Kind, y.Kind))
	})
	return all
}

func readToItsEnd(all []pipeline.Status, partitions int) bool {
	return len(all) == partitions && !slices.ContainsFunc(all, func(s pipeline.Status) bool { return s.Lag != 0 || s.Committed < s.Offset })
}

func (b *bed) service(topic string, rows *memory.Rows) *pipeline.Pipeline {
	b.t.Helper()
	vocabulary, err := scorer.Defaults().Vocabulary()
	must(b.t, err)
	rules, err := scorer.Compile(scorer.Defaults(), vocabulary, nil)
	must(b.t, err)
	cfg := pipeline.Defaults()
	cfg.FlushEvery, cfg.IdleAfter = 50*schemas.Millisecond, 365*schemas.Day // no border passes by the wall clock
	settings := state.Defaults()
	settings.MaxJump = 0
	p, err := pipeline.New(cfg, pipeline.Parts{
		Connection: b.conn, Ingest: reading(topic), Mapping: compiled(b.t, mapping.Defaults()), Vocabulary: vocabulary, Rules: rules, State: settings,
		Triggers: &memory.Triggers{}, DeadLetters: &memory.DeadLetters{}, Rows: rows, Now: time.Now, Log: silent(),
	})
	must(b.t, err)
	return p
}

// flagged are the users for whom an episode began.
func flagged(ds []schemas.Decision) map[string]bool {
	all := map[string]bool{}
	for _, d := range ds {
		if d.Kind == schemas.KindEntered {
			all[d.User] = true
		}
	}
	return all
}

func countSteady(users map[string]bool) (n int) {
	for u := range steady {
		if users[fmt.Sprintf("steady-%d", u)] {
			n++
		}
	}
	return n
}

// Users of a topic of two partitions move to others when two are added: half of the steady ones seem to stay away. On the copy nobody
// does, and every decision is that of a log that was never split.
func TestOnTheCopyEveryDecisionIsThatOfALogThatWasNeverSplit(t *testing.T) {
	for name, restamp := range map[string]func(*produce.Record){
		"records stamped with their event's time":      func(*produce.Record) {},
		"records stamped when they were sent, at once": func(r *produce.Record) { r.Time, r.Copied = 0, false },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t)
			b.batchBytes = 128 << 10 // hundreds of visits, weeks of the stream, are sent at one moment
			before, after := months(0, 80), slices.Concat(months(80, 120), closing(monday+130*day))
			for _, half := range [][]produce.Record{before, after} {
				for i := range half {
					restamp(&half[i])
				}
			}
			b.topic("whole", 1)
			b.write("whole", 1, byKey(t, "murmur2", 1, slices.Concat(before, after)...)...)
			b.topic(oldTopic, 2)
			b.write(oldTopic, 2, byKey(t, "murmur2", 2, before...)...)
			b.grow(oldTopic, 4)
			b.write(oldTopic, 4, byKey(t, "murmur2", 4, after...)...)

			want := b.decide("whole", 1)
			leaving := flagged(want)
			if len(leaving) != steady+6 || countSteady(flaggedBy(want, monday+120*day)) != 0 {
				t.Fatalf("of the log that was never split %d users are flagged in the end", len(leaving))
			}
			if n := countSteady(flaggedBy(b.decide(oldTopic, 4), monday+120*day)); n < steady/4 || n > 3*steady/4 {
				t.Errorf("%d of %d steady users are flagged by what was split: the test shows nothing", n, steady)
			}
			cfg := config()
			cfg.Partitions = 3 // no multiple, so that each takes from all of the old ones
			b.copy(cfg)
			got := b.decide(newTopic, 3)
			if n := countSteady(flaggedBy(got, monday+120*day)); n != 0 {
				t.Errorf("%d steady users are flagged", n)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d decisions, want %d, or other ones", len(got), len(want))
			}
		})
	}
}

// flaggedBy are the users flagged at borders up to a time.
func flaggedBy(ds []schemas.Decision, until int64) map[string]bool {
	return flagged(slices.DeleteFunc(slices.Clone(ds), func(d schemas.Decision) bool { return d.At > until }))
}

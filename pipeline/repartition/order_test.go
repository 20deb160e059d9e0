package repartition_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"winback/pipeline/repartition"
	"winback/sinks/produce"
)

// stamped is a visit whose record bears another time than the event: that of a replay, or of a broken clock.
func stamped(user string, event, record int64) produce.Record {
	r := visit(user, event)
	r.Time = record
	return r
}

// order is what a copy of two partitions to one makes of them.
func order(t *testing.T, first, second []produce.Record) (values []string) {
	t.Helper()
	b := newBed(t)
	b.topic(oldTopic, 2)
	var all []sent
	for _, r := range first {
		all = append(all, sent{0, r})
	}
	for _, r := range second {
		all = append(all, sent{1, r})
	}
	b.write(oldTopic, 2, all...)
	cfg := config()
	cfg.Partitions, cfg.Unchecked = 1, true
	b.copy(cfg)
	for _, r := range b.read(newTopic, 1)[0] {
		values = append(values, string(r.Value))
	}
	return values
}

func wantOrder(t *testing.T, got []string, want ...produce.Record) {
	t.Helper()
	for i, r := range want {
		if i >= len(got) || got[i] != string(r.Value) {
			t.Fatalf("record %d: got %v, want %s", i, got[i:min(i+3, len(got))], r.Value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d records, want %d", len(got), len(want))
	}
}

// A replay sends a batch of many days at one moment.
func TestEventsAreMergedByTheirOwnTimeNotByWhenTheyWereSent(t *testing.T) {
	var a, b, want []produce.Record
	for d := range int64(500) {
		a = append(a, stamped("ann", monday+d*day, monday+600*day))
		b = append(b, stamped("bob", monday+d*day+hour, monday+600*day-d))
		want = append(want, a[d], b[d])
	}
	wantOrder(t, order(t, a, b), want...)
}

func TestABrokenClockDoesNotHoldBackItsPartition(t *testing.T) {
	for name, broken := range map[string]func(at int64) []produce.Record{
		"an event of the year 2100":          func(at int64) []produce.Record { return []produce.Record{stamped("x", 4_102_444_800_000, at)} },
		"an event a month ahead in a replay": func(at int64) []produce.Record { return []produce.Record{stamped("x", at+30*day, at+600*day)} },
		"three of a month ahead in a replay": func(at int64) []produce.Record {
			r := stamped("x", at+30*day, at+600*day)
			return []produce.Record{r, r, r}
		},
		"an event of a week ago":      func(at int64) []produce.Record { return []produce.Record{stamped("x", at-7*day, at)} },
		"twenty events of a week ago": func(at int64) []produce.Record { return repeated(stamped("x", at-7*day, at), 20) },
		"what is no event": func(at int64) []produce.Record {
			return []produce.Record{{Key: []byte("x"), Value: []byte("{"), Time: at + 30*day, Copied: true}}
		},
		"no event, and without a timestamp": func(int64) []produce.Record {
			return []produce.Record{{Key: []byte("x"), Value: []byte("{"), Time: -1, Copied: true}}
		},
		"an event without a record timestamp": func(at int64) []produce.Record { return []produce.Record{stamped("x", at, -1)} },
	} {
		t.Run(name, func(t *testing.T) {
			var a, b []produce.Record
			for h := range int64(100) {
				at := monday + h*hour
				if h == 50 {
					a = append(a, broken(at)...)
				}
				a = append(a, visit("ann", at))
				b = append(b, visit("bob", at+hour/2))
			}
			wantSound(t, order(t, a, b), a, b)
		})
	}
}

func repeated(r produce.Record, times int) (all []produce.Record) {
	for range times {
		all = append(all, r)
	}
	return all
}

// wantSound checks that everything is there, that each partition's own order is kept, and that ann and bob, who take turns, still do.
func wantSound(t *testing.T, got []string, partitions ...[]produce.Record) {
	t.Helper()
	total, next := 0, make([]int, len(partitions))
	turns := ""
	for _, value := range got {
		for p, records := range partitions {
			if next[p] < len(records) && string(records[next[p]].Value) == value {
				next[p]++
				if key := string(records[next[p]-1].Key); key != "x" {
					turns += key[:1]
				}
				break
			}
		}
	}
	for p, records := range partitions {
		total += len(records)
		if next[p] != len(records) {
			t.Errorf("of partition %d only %d of %d records are there in order", p, next[p], len(records))
		}
	}
	if len(got) != total {
		t.Errorf("%d records, want %d", len(got), total)
	}
	for i := range turns {
		if turns[i] != "ab"[i%2] {
			t.Fatalf("the partitions do not take turns: %s", turns)
		}
	}
}

// Three partitions whose records take turns in batches of many sizes, so that a look ahead often crosses from one batch to the next.
func TestManyBatchesOfAllSizesComeOutInOrder(t *testing.T) {
	b := newBed(t)
	b.topic(oldTopic, 3)
	var all []sent
	for i := range int64(6000) {
		r := visit(fmt.Sprintf("user-%d", i%7), monday+i*1000)
		r.Headers = []produce.Header{{Key: "n", Value: fmt.Append(nil, i)}}
		r.Value = append(r.Value, make([]byte, i*i%900)...)
		for j := len(r.Value) - int(i*i%900); j < len(r.Value); j++ {
			r.Value[j] = ' '
		}
		all = append(all, sent{int32(i * i % 3), r})
	}
	b.write(oldTopic, 3, all...)
	cfg := config()
	cfg.Partitions, cfg.Unchecked = 1, true
	cfg.Fetch.MaxBytes = 1 << 10 // raised to the least that is used
	b.copy(cfg)
	for i, r := range b.read(newTopic, 1)[0] {
		if want := all[i]; string(r.Value) != string(want.Value) || string(r.Key) != string(want.Key) || !header(r, fmt.Sprint(i)) {
			t.Fatalf("record %d is %s", i, r.Value)
		}
	}
}

func header(r *kgo.Record, want string) bool {
	return len(r.Headers) == 1 && string(r.Headers[0].Value) == want
}

func TestOnlyWhatAConsumerWouldReadIsCopied(t *testing.T) {
	b := newBed(t)
	b.topic(oldTopic, 1)
	producer, err := kgo.NewClient(kgo.SeedBrokers(b.client.Addr.String()), kgo.TransactionalID("shop"), kgo.DefaultProduceTopic(oldTopic),
		kgo.TransactionTimeout(10*time.Minute))
	must(t, err)
	defer producer.Close()
	for i, end := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryCommit} {
		must(t, producer.BeginTransaction())
		r := visit("ann", monday+int64(i)*hour)
		must(t, producer.ProduceSync(t.Context(), &kgo.Record{Key: r.Key, Value: r.Value}).FirstErr())
		must(t, producer.EndTransaction(t.Context(), end))
	}
	must(t, producer.BeginTransaction())
	open := visit("ann", monday+4*hour)
	must(t, producer.ProduceSync(t.Context(), &kgo.Record{Key: open.Key, Value: open.Value}).FirstErr())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // the open transaction lasts longer
	defer cancel()
	c, err := repartition.Open(ctx, config(), b.parts())
	must(t, err)
	defer c.Close()
	report, err := c.Run(ctx)
	must(t, err)
	got := b.read(newTopic, 1)[0]
	if len(got) != 2 || string(got[1].Value) != string(visit("ann", monday+2*hour).Value) || report.Total() != 2 {
		t.Errorf("%d records, %+v", len(got), report)
	}
}

package pipeline_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"winback/bench/load"
	"winback/pipeline"
	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/ingest"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/schemas/mapping"
	"winback/scorer"
	"winback/sinks/events"
	"winback/sinks/memory"
	"winback/sinks/triggers"
)

const input, partitions = "clicks", 4

// bed is a broker with a clickstream in it, and what must follow from it.
type bed struct {
	connection *ingest.Connection
	parts      pipeline.Parts
	config     pipeline.Config
	want       map[int32][]schemas.TriggerID
	events     int
}

func newBed(t *testing.T) *bed {
	t.Helper()
	b := emptyBed(t)
	b.fill(t)
	return b
}

func emptyBed(t *testing.T) *bed {
	t.Helper()
	return bedAt(t, embeddedtest.Broker(t).Addr())
}

func bedAt(t *testing.T, broker string) *bed {
	t.Helper()
	vocabulary, err := scorer.Defaults().Vocabulary()
	must(t, err)
	rules, err := scorer.Compile(scorer.Defaults(), vocabulary, nil)
	must(t, err)
	m, err := mapping.Compile(mapping.Defaults(), vocabulary)
	must(t, err)
	connection, err := ingest.Kafka{Brokers: []string{broker}}.Connect()
	must(t, err)
	t.Cleanup(connection.Close)
	for _, topic := range []string{input, "out"} {
		must(t, connection.EnsureTopic(t.Context(), topic, partitions, ingest.TopicConfig{}))
	}
	cfg := ingest.Defaults()
	cfg.Topic, cfg.Group, cfg.Tick, cfg.MaxWait = input, "winback", 50*schemas.Millisecond, 50*schemas.Millisecond
	b := &bed{connection: connection, config: pipeline.Defaults(), want: map[int32][]schemas.TriggerID{}}
	b.config.FlushEvery = 50 * schemas.Millisecond
	b.parts = pipeline.Parts{
		Connection: connection, Ingest: cfg, Mapping: m, Vocabulary: vocabulary, Rules: rules,
		State: state.Config{Lateness: 5 * schemas.Minute, Journey: "winback"},
		Now:   time.Now, Log: slog.New(slog.DiscardHandler),
	}
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill writes the load and runs the same records through states of its own.
func (b *bed) fill(t *testing.T) {
	t.Helper()
	cfg := load.Defaults()
	cfg.Users = 300
	generator, err := load.New(cfg)
	must(t, err)
	out := events.Defaults()
	out.Topic, out.Partitions = input, partitions
	producer := events.New(b.connection.Client(), out, b.parts.Log)
	var e load.Event
	for generator.Next(&e) {
		value := generator.AppendJSON(nil, &e)
		must(t, producer.Send(t.Context(), load.AppendKey(nil, e.User), value, 0))
		b.events++
	}
	must(t, producer.Close(t.Context()))
	for partition := range int32(partitions) {
		b.want[partition] = b.expect(t, partition)
	}
}

// expect reads a partition back and feeds it to a state, record by record.
func (b *bed) expect(t *testing.T, partition int32) (ids []schemas.TriggerID) {
	t.Helper()
	p, err := state.New(b.parts.Rules, b.parts.Vocabulary, b.parts.State)
	must(t, err)
	_, last, err := b.connection.Offsets(t.Context(), input)
	must(t, err)
	var out state.Outbox
	var record schemas.Record
	var event schemas.Event
	decoder := b.parts.Mapping.NewDecoder()
	reader := ingest.NewReader(b.connection, input, partition, 0, ingest.DefaultFetch(), b.parts.Log)
	for batch := range reader.Batches(t.Context()) {
		for batch.Read(&record) {
			if reason := decoder.Decode(&record, &event); reason != schemas.Accepted {
				t.Fatalf("offset %d: %v: %s", record.Offset, reason, decoder.Detail())
			}
			p.Add(&event, &out)
		}
		if batch.Next >= last[partition] {
			break
		}
	}
	must(t, reader.Err())
	for i := range out.Triggers {
		ids = append(ids, out.Triggers[i].ID)
	}
	return ids
}

// run works until done says so, and returns what Run returned.
func (b *bed) run(t *testing.T, p *pipeline.Pipeline, done func() bool) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- p.Run(ctx) }()
	for !done() {
		select {
		case err := <-stopped:
			return err
		case <-ctx.Done():
			t.Fatalf("not done in time: %+v", p.Status())
		case <-time.After(10 * time.Millisecond):
		}
	}
	cancel()
	return <-stopped
}

func caughtUp(p *pipeline.Pipeline) func() bool {
	return func() bool {
		all := p.Status()
		return len(all) == partitions && !slices.ContainsFunc(all, func(s pipeline.Status) bool { return s.Lag != 0 || s.Restoring || s.Committed < s.Offset })
	}
}

func (b *bed) pipeline(t *testing.T, ts pipeline.TriggerSink, rows pipeline.RowSink) *pipeline.Pipeline {
	t.Helper()
	parts := b.parts
	parts.Triggers, parts.DeadLetters, parts.Rows = ts, &memory.DeadLetters{}, rows
	parts.Delivered = pipeline.TriggerLog{Connection: b.connection, Topic: "out", Log: parts.Log}
	p, err := pipeline.New(b.config, parts)
	must(t, err)
	return p
}

func ids(ts []schemas.Trigger) (all []schemas.TriggerID) {
	for i := range ts {
		all = append(all, ts[i].ID)
	}
	return all
}

// TestEveryTriggerOnce runs the stream to its end, stops, and starts again from the log: what was delivered is not delivered again.
func TestEveryTriggerOnce(t *testing.T) {
	b := newBed(t)
	var sink memory.Triggers
	var rows memory.Rows
	p := b.pipeline(t, &sink, &rows)
	must(t, b.run(t, p, caughtUp(p)))
	total := 0
	for partition, want := range b.want {
		if got := ids(sink.Partition(partition)); !slices.Equal(got, want) {
			t.Errorf("partition %d: %d triggers, want %d, or other ones", partition, len(got), len(want))
		}
		total += len(want)
	}
	if total == 0 {
		t.Fatal("the stream has no triggers: it shows nothing")
	}
	events := uint64(0)
	for _, r := range rows.All() {
		for _, a := range r.Activity {
			events += a.Events
		}
	}
	if open := uint64(b.events) - events; open > uint64(b.events)/100 {
		t.Errorf("%d of %d events are in no activity row", open, b.events)
	}
	again := b.pipeline(t, &sink, &rows)
	must(t, b.run(t, again, caughtUp(again)))
	if n := len(sink.All()); n != total {
		t.Errorf("%d triggers after a restart, want %d still", n, total)
	}
	t.Logf("%d events, %d triggers, once each", b.events, total)
}

// TestACrashBetweenDeliveryAndCommit loses the commit: the triggers are in the topic, and are found there.
func TestACrashBetweenDeliveryAndCommit(t *testing.T) {
	b := newBed(t)
	real := triggers.New(b.connection.Client(), triggers.Config{Topic: "out", Config: triggers.Defaults().Config}, b.parts.Log)
	broken := &failingRows{}
	p := b.pipeline(t, real, broken)
	if err := b.run(t, p, func() bool { return false }); !errors.Is(err, errBroken) {
		t.Fatalf("Run returned %v, want the sink's error", err)
	}
	log := pipeline.TriggerLog{Connection: b.connection, Topic: "out", Log: b.parts.Log}
	before := 0
	for partition := range int32(partitions) {
		delivered, err := log.IDs(t.Context(), partition)
		must(t, err)
		before += len(delivered)
	}
	counted := &counting{next: real}
	p = b.pipeline(t, counted, &memory.Rows{})
	must(t, b.run(t, p, caughtUp(p)))
	total := 0
	for _, want := range b.want {
		total += len(want)
	}
	if got := int(counted.delivered.Load()); before == 0 || got != total-before {
		t.Errorf("%d triggers before the crash, %d after, want %d in all", before, got, total)
	}
}

var errBroken = errors.New("broken for good")

// failingRows takes the first rows that hold a trigger for lost.
type failingRows struct{}

func (*failingRows) Insert(_ context.Context, rows *schemas.Rows) error {
	if len(rows.Triggers) > 0 {
		return errBroken
	}
	return nil
}

type counting struct {
	next      pipeline.TriggerSink
	delivered atomic.Int64
}

func (c *counting) Deliver(ctx context.Context, partition int32, ts []schemas.Trigger) error {
	c.delivered.Add(int64(len(ts)))
	return c.next.Deliver(ctx, partition, ts)
}

// TestAWaitingSinkHoldsThePartition blocks the rows until told: memory stays bounded because nothing more is read, the membership
// is kept, and all goes on afterwards.
func TestAWaitingSinkHoldsThePartition(t *testing.T) {
	b := newBed(t)
	gate := &gatedRows{open: make(chan struct{})}
	var sink memory.Triggers
	p := b.pipeline(t, &sink, gate)
	opened := false
	must(t, b.run(t, p, func() bool {
		if !opened && gate.waiting.Load() == partitions {
			for _, s := range p.Status() {
				if s.Committed > 0 {
					t.Errorf("partition %d committed %d while its rows wait", s.Partition, s.Committed)
				}
			}
			close(gate.open)
			opened = true
		}
		return opened && caughtUp(p)()
	}))
	for partition, want := range b.want {
		if got := ids(sink.Partition(partition)); !slices.Equal(got, want) {
			t.Errorf("partition %d: %d triggers, want %d", partition, len(got), len(want))
		}
	}
}

type gatedRows struct {
	waiting atomic.Int32
	open    chan struct{}
}

func (g *gatedRows) Insert(ctx context.Context, _ *schemas.Rows) error {
	g.waiting.Add(1)
	select {
	case <-g.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestALeavingPartitionDeliversWhatItHas stops the service while its rows wait: they get in within the grace and are committed.
func TestALeavingPartitionDeliversWhatItHas(t *testing.T) {
	b := newBed(t)
	gate := &gatedRows{open: make(chan struct{})}
	p := b.pipeline(t, &memory.Triggers{}, gate)
	must(t, b.run(t, p, func() bool {
		if gate.waiting.Load() < partitions {
			return false
		}
		time.AfterFunc(100*time.Millisecond, func() { close(gate.open) }) // after Run has been told to stop
		return true
	}))
	answer, err := b.connection.Client().OffsetFetch(t.Context(), &kafka.OffsetFetchRequest{GroupID: b.parts.Ingest.Group, Topics: map[string][]int{input: {0, 1, 2, 3}}})
	must(t, err)
	for _, partition := range answer.Topics[input] {
		if partition.CommittedOffset <= 0 {
			t.Errorf("partition %d: committed offset %d, want what was read", partition.Partition, partition.CommittedOffset)
		}
	}
}

// TestInspect asks a running pipeline for a user.
func TestInspect(t *testing.T) {
	b := newBed(t)
	p := b.pipeline(t, &memory.Triggers{}, &memory.Rows{})
	ready, seen := caughtUp(p), 0
	must(t, b.run(t, p, func() bool {
		if !ready() {
			return false
		}
		for partition := range int32(partitions) {
			must(t, p.Inspect(t.Context(), partition, func(s *state.Partition) {
				at, _ := s.Watermark()
				for range s.Views(at) {
					seen++
				}
			}))
		}
		return true
	}))
	if seen == 0 || seen > 300 {
		t.Errorf("%d users seen, want up to 300", seen)
	}
	if err := p.Inspect(t.Context(), 0, func(*state.Partition) {}); err == nil {
		t.Error("a pipeline that has left still answers")
	}
}

package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"winback/pipeline"
	"winback/pipeline/ingest"
	"winback/schemas"
	"winback/schemas/mapping"
	"winback/sinks/events"
	"winback/sinks/memory"
	"winback/sinks/produce"
)

// inBatches is the stream of a bed in records of many events, some of which are refused.
type inBatches struct {
	bed     *bed
	records [][]string // by partition
	refused [][]origin // by partition, in order
}

// origin is where a refused event stands.
type origin struct {
	offset  int64
	element int32
}

// newBatches makes the records. Some hold more events than are added together, some one, some none.
func newBatches(t *testing.T) *inBatches {
	t.Helper()
	b := &inBatches{bed: newBed(t)}
	random := rand.New(rand.NewPCG(1, 2))
	for partition := range int32(partitions) {
		var records []string
		var refused []origin
		for all := b.bed.values(t, partition); len(all) > 0; {
			n := min(len(all), []int{0, 1, 7, 256, 700}[random.IntN(5)])
			elements := slices.Clone(all[:n])
			all = all[n:]
			if n > 1 {
				at := random.IntN(n)
				elements[at] += `,{"user":"nobody"}`
				refused = append(refused, origin{int64(len(records)), int32(at + 2)})
			}
			records = append(records, "["+strings.Join(elements, ",")+"]")
		}
		b.records, b.refused = append(b.records, records), append(b.refused, refused)
	}
	vocabulary := b.bed.parts.Vocabulary
	m, err := mapping.Compile(mapping.Config{Key: mapping.KeyIgnore, MaxBytes: 1 << 20}, vocabulary)
	must(t, err)
	b.bed.parts.Mapping = m
	b.bed.parts.Ingest.Topic = "batches"
	must(t, b.bed.connection.EnsureTopic(t.Context(), "batches", partitions, ingest.TopicConfig{}))
	return b
}

// values reads the values of a partition back.
func (b *bed) values(t *testing.T, partition int32) (all []string) {
	t.Helper()
	_, last, err := b.connection.Offsets(t.Context(), input)
	must(t, err)
	reader := ingest.NewReader(b.connection, input, partition, 0, ingest.DefaultFetch(), b.parts.Log)
	for batch := range reader.Batches(t.Context()) {
		for r := range batch.Records() {
			all = append(all, string(r.Value))
		}
		if batch.Next >= last[partition] {
			break
		}
	}
	must(t, reader.Err())
	return all
}

// send writes the records [from, to), in fractions of each partition's.
func (b *inBatches) send(t *testing.T, from, to float64) {
	t.Helper()
	out := events.Defaults()
	out.Topic, out.Partitions = "batches", partitions
	producer := events.New(b.bed.connection.Client(), out, b.bed.parts.Log)
	for partition, records := range b.records {
		n := float64(len(records))
		for _, value := range records[int(from*n):int(to*n)] {
			must(t, producer.Send(t.Context(), keyOf(int32(partition)), []byte(value), 0))
		}
	}
	must(t, producer.Close(t.Context()))
}

// keyOf is a key that its partition's records may have.
func keyOf(partition int32) []byte {
	for i := 0; ; i++ {
		if key := fmt.Appendf(nil, "key %d", i); produce.Partition(key, partitions) == partition {
			return key
		}
	}
}

// run runs a pipeline of its own to the end of what has been sent.
func (b *inBatches) run(t *testing.T, ts *memory.Triggers, letters *memory.DeadLetters, rows *memory.Rows) {
	t.Helper()
	parts := b.bed.parts
	parts.Triggers, parts.DeadLetters, parts.Rows = ts, letters, rows
	p, err := pipeline.New(b.bed.config, parts)
	must(t, err)
	must(t, b.bed.run(t, p, caughtUp(p)))
}

// TestAStreamOfBatchesGivesWhatItsEventsGiveOneByOne stops in the middle of the stream and goes on from the log, so that the records before
// are read again in silence.
func TestAStreamOfBatchesGivesWhatItsEventsGiveOneByOne(t *testing.T) {
	b := newBatches(t)
	var ts memory.Triggers
	var letters memory.DeadLetters
	var rows memory.Rows
	b.send(t, 0, 0.5)
	b.run(t, &ts, &letters, &rows)
	half := len(ts.All())
	b.send(t, 0.5, 1)
	b.run(t, &ts, &letters, &rows)
	total, refusals := 0, 0
	for partition, want := range b.bed.want {
		if got := ids(ts.Partition(partition)); !slices.Equal(got, want) {
			t.Errorf("partition %d: %d triggers, want %d, or other ones", partition, len(got), len(want))
		}
		var refused []origin
		for _, l := range letters.Partition(partition) {
			refused = append(refused, origin{l.Offset, l.Element})
			if l.Reason != schemas.NoType || string(l.Value) != `{"user":"nobody"}` || !strings.HasPrefix(l.Detail, fmt.Sprintf("element %d of ", l.Element)) {
				t.Errorf("got the dead letter %+v of %q", l, l.Value)
			}
		}
		if !slices.Equal(refused, b.refused[partition]) {
			t.Errorf("partition %d: refused %v, want %v", partition, refused, b.refused[partition])
		}
		total, refusals = total+len(want), refusals+len(refused)
	}
	if half == 0 || half == total || refusals == 0 {
		t.Fatalf("%d of %d triggers before the restart, %d refusals: it shows nothing", half, total, refusals)
	}
	events := uint64(0)
	for _, r := range rows.All() {
		for _, a := range r.Activity {
			events += a.Events
		}
	}
	if open := uint64(b.bed.events) - events; open > uint64(b.bed.events)/100 {
		t.Errorf("%d of %d events are in no activity row", open, b.bed.events)
	}
}

package pipeline_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"winback/pipeline"
	"winback/pipeline/ingest"
	"winback/schemas"
	"winback/sinks/memory"
)

const unreadable = "this is not gzip"

// writeUnreadable puts a batch of ten records into partition 0 of a topic that nobody can unpack, and returns its offsets.
func (b *bed) writeUnreadable(t *testing.T, topic string) ingest.BatchRange {
	t.Helper()
	be := binary.BigEndian
	batch := make([]byte, 61, 128)
	be.PutUint32(batch[8:], uint32(49+len(unreadable)))
	batch[16] = 2                                      // format
	be.PutUint16(batch[21:], 1)                        // gzip
	be.PutUint32(batch[23:], 9)                        // the last offset less the first
	be.PutUint64(batch[27:], uint64(dawn))             // first and
	be.PutUint64(batch[35:], uint64(dawn))             // last time
	copy(batch[43:57], bytes.Repeat([]byte{0xff}, 14)) // no producer id
	be.PutUint32(batch[57:], 10)
	batch = append(batch, unreadable...)
	be.PutUint32(batch[17:], crc32.Checksum(batch[21:], crc32.MakeTable(crc32.Castagnoli)))
	batch = slices.Concat(be.AppendUint32(nil, uint32(len(batch))), batch) // as a produce request has it
	answer, err := b.connection.Client().RawProduce(t.Context(), &kafka.RawProduceRequest{
		Topic: topic, Partition: 0, RequiredAcks: kafka.RequireAll, RawRecords: protocol.RawRecordSet{Reader: bytes.NewReader(batch)},
	})
	must(t, err)
	must(t, answer.Error)
	return ingest.BatchRange{Topic: topic, Partition: 0, First: answer.BaseOffset, Last: answer.BaseOffset + 9}
}

// startAgain runs the pipeline anew, with batches to skip, until done says so.
func (b *bed) startAgain(t *testing.T, skip []ingest.BatchRange, letters *memory.DeadLetters, done func(*pipeline.Pipeline) bool) {
	t.Helper()
	parts := b.parts
	parts.Ingest.SkipBatches = skip
	parts.Triggers, parts.DeadLetters, parts.Rows = &memory.Triggers{}, letters, &memory.Rows{}
	parts.Delivered = pipeline.TriggerLog{Connection: b.connection, Topic: "out", SkipBatches: skip, Log: parts.Log}
	p, err := pipeline.New(b.config, parts)
	must(t, err)
	must(t, b.run(t, p, func() bool { return done(p) }))
}

// A batch that cannot be read stops its partition only, which commits what is before it. Skipped on purpose it is a dead letter, once; and a
// restart, which reads the log again, needs the same to be said.
func TestAnUnreadableBatchStopsOnePartitionUntilItIsSkipped(t *testing.T) {
	b := emptyBed(t)
	b.parts.Ingest.Tick = 10 * schemas.Millisecond
	b.write(t, `{"user":"anna","type":"visit","time":1750000000000}`)
	damaged := b.writeUnreadable(t, input)
	b.write(t, `{"user":"anna","type":"visit","time":1750000060000}`)
	b.visit(t, "bob", time.Hour)
	b.visit(t, "carl", time.Hour)
	var letters memory.DeadLetters
	stopped := func(restoring bool) func(*pipeline.Pipeline) bool {
		return func(p *pipeline.Pipeline) bool {
			all := p.Status()
			if len(all) < partitions || all[0].Stopped == "" {
				return false
			}
			if s := all[0]; s.Offset != damaged.First || s.Lag < 11 || s.Restoring != restoring || !strings.Contains(s.Stopped, "offsets 1 to 10 cannot be read") {
				t.Errorf("status %+v", s)
			}
			committed := damaged.First
			if restoring {
				committed = damaged.Last + 2
			}
			return all[0].Committed >= committed && !slices.ContainsFunc(all[1:], func(s pipeline.Status) bool { return s.Lag != 0 || s.Committed < s.Offset || s.Stopped != "" })
		}
	}
	ready := func(p *pipeline.Pipeline) bool { return caughtUp(p)() && p.Status()[0].Counts.Events == 2 }
	b.startAgain(t, nil, &letters, stopped(false))
	if all := letters.All(); len(all) != 0 {
		t.Fatalf("dead letters %+v", all)
	}
	for range 2 {
		b.startAgain(t, []ingest.BatchRange{damaged}, &letters, ready)
		all := letters.All()
		if len(all) != 1 || all[0].Reason != schemas.Damaged || all[0].Offset != 1 || all[0].Last != 10 || all[0].Time != dawn ||
			!bytes.HasSuffix(all[0].Value, []byte(unreadable)) || len(all[0].Value) != 61+len(unreadable) || !strings.Contains(all[0].Detail, "offsets 1 to 10") {
			t.Fatalf("dead letters %+v", all)
		}
	}
	b.startAgain(t, nil, &letters, stopped(true))
}

// The trigger topic is read back at the start. A batch of it that cannot be read keeps one partition from starting, and no other.
func TestAnUnreadableBatchOfTheTriggerTopicStopsOnePartitionUntilItIsSkipped(t *testing.T) {
	b := emptyBed(t)
	b.write(t, `{"user":"anna","type":"visit","time":1750000000000}`)
	damaged := b.writeUnreadable(t, "out")
	var letters memory.DeadLetters
	b.startAgain(t, nil, &letters, func(p *pipeline.Pipeline) bool {
		all := p.Status()
		if slices.ContainsFunc(all, func(s pipeline.Status) bool { return s.Partition == 0 }) {
			t.Error("partition 0 works without knowing its triggers")
		}
		return len(all) == partitions-1 && !slices.ContainsFunc(all, func(s pipeline.Status) bool { return s.Lag != 0 || s.Restoring })
	})
	b.startAgain(t, []ingest.BatchRange{damaged}, &letters, func(p *pipeline.Pipeline) bool { return caughtUp(p)() && p.Status()[0].Counts.Events == 1 })
	if all := letters.All(); len(all) != 0 {
		t.Errorf("dead letters %+v", all)
	}
}

// Package deadletter delivers refused records to the dead-letter topic as they came, with where they came from and why they
// were refused in headers behind their own. Of a record that holds many events the refused ones are delivered, each by itself. They go to
// the partition number they were read from.
//
// The pipeline calls it. A record sent again after an ambiguous failure or a restart may stand in the topic twice, with the
// same origin in its headers.
package deadletter

import (
	"context"
	"log/slog"
	"strconv"

	"github.com/segmentio/kafka-go"

	"winback/schemas"
	"winback/sinks/produce"
)

// The headers put behind the record's own, all text, numbers in decimal. A record that was refused before has two sets: the
// last is the newest.
const (
	HeaderTopic     = "winback-topic"
	HeaderPartition = "winback-partition"
	HeaderOffset    = "winback-offset"
	HeaderReason    = "winback-reason"      // schemas.Reason's name
	HeaderDetail    = "winback-detail"      // one line for a person
	HeaderTime      = "winback-time"        // the record's timestamp, Unix milliseconds
	HeaderLast      = "winback-last-offset" // only of a whole record batch: its last offset; the value is the batch as Kafka stores it
	HeaderElement   = "winback-element"     // only if the record holds many events: the number of the one that is the value, from 1
	HeaderTruncated = "winback-truncated"   // only if the value was cut to fit: its length before
	HeaderRaw       = "winback-headers"     // only if the record's own headers cannot be read: their bytes
)

// Config names the topic; it must have at least as many partitions as the input.
type Config = produce.TopicConfig

// Defaults returns a Config that is ready for use.
func Defaults() Config { return produce.TopicDefaults("winback.deadletters") }

// Producer delivers the dead letters of one input topic. It is safe for concurrent use and holds no resources.
type Producer struct {
	input  string
	limit  int
	writer *produce.Writer
}

// New returns a Producer that sends through client what was refused from the input topic.
func New(client *kafka.Client, cfg Config, input string, log *slog.Logger) *Producer {
	return &Producer{input: input, limit: cfg.MaxBytes, writer: produce.NewWriter(client, cfg.Topic, cfg.Config, log)}
}

// Deliver returns nil once every letter is acknowledged by all in-sync replicas, in order. While the topic cannot be reached
// it waits, until ctx ends; an error that waiting cannot heal is returned at once with its remedy. A value too long for
// max_bytes is cut and marked so: a record that is refused for its size must not stop its partition.
func (p *Producer) Deliver(ctx context.Context, partition int32, letters []schemas.DeadLetter) error {
	records := make([]produce.Record, len(letters))
	for i := range letters {
		records[i] = p.record(partition, &letters[i])
	}
	return p.writer.Deliver(ctx, partition, records)
}

func (p *Producer) record(partition int32, l *schemas.DeadLetter) produce.Record {
	r := produce.Record{Key: l.Key, Value: l.Value, Headers: ownHeaders(l.Headers)}
	r.Headers = append(r.Headers,
		textHeader(HeaderTopic, p.input),
		numberHeader(HeaderPartition, int64(partition)),
		numberHeader(HeaderOffset, l.Offset),
		textHeader(HeaderReason, l.Reason.String()),
		textHeader(HeaderDetail, l.Detail),
		numberHeader(HeaderTime, l.Time),
	)
	if l.Element > 0 {
		r.Headers = append(r.Headers, numberHeader(HeaderElement, int64(l.Element)))
	}
	if l.Reason == schemas.Damaged {
		r.Headers = append(r.Headers, numberHeader(HeaderLast, l.Last))
	}
	if produce.Excess(&r, p.limit) > 0 {
		r.Headers = append(r.Headers, numberHeader(HeaderTruncated, int64(len(r.Value))))
		r.Value = r.Value[:max(0, len(r.Value)-produce.Excess(&r, p.limit))]
	}
	return r
}

// ownHeaders returns the headers that the record came with.
func ownHeaders(wire []byte) []produce.Header {
	headers, err := produce.ParseHeaders(wire)
	if err != nil {
		return []produce.Header{{Key: HeaderRaw, Value: wire}}
	}
	return headers
}

func textHeader(key, value string) produce.Header {
	return produce.Header{Key: key, Value: []byte(value)}
}

func numberHeader(key string, value int64) produce.Header {
	return produce.Header{Key: key, Value: strconv.AppendInt(nil, value, 10)}
}

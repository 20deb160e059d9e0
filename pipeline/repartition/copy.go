package repartition

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"winback/pipeline/ingest"
	"winback/schemas/mapping"
	"winback/sinks/events"
	"winback/sinks/produce"
)

// Parts are what a copy works with.
type Parts struct {
	Connection *ingest.Connection
	Mapping    *mapping.Mapping // of the old topic: the events' times, and the users of records without a key
	Log        *slog.Logger
	Progress   func(done, total int64) // called now and then, in offsets; total is 0 while following
	CaughtUp   func(*Report)           // called when following begins
}

// Copy is one copy of a topic. It belongs to one goroutine.
type Copy struct {
	cfg         Config
	conn        *ingest.Connection
	parts       Parts
	log         *slog.Logger
	partitioner produce.Partitioner
	decoder     *mapping.Decoder
	producer    *events.Producer

	position []int64 // in the old topic: every offset below has been copied
	begun    []int64 // where the new topic ended before the copy
	report   Report
	total    int64 // offsets that the first round has to pass
	passed   int64 // offsets passed
}

// Report is what has been copied.
type Report struct {
	Records  []int64  // by partition of the new topic
	Sources  int      // partitions of the old topic
	Given    int64    // records that had no key, and have got the user id for one
	Keyless  int64    // records without a key that were copied so
	Evidence Evidence // of the partitioner, without Keys if it was not looked for
	Behind   int64    // offsets of the old topic that were written since and are not copied
	Beside   int64    // records in the new topic beyond those copied
	Gone     int64    // records that the new topic has deleted already
	CaughtUp bool     // the old topic was copied to the end that it had at the start
}

// Total is how many records have been copied.
func (r *Report) Total() (n int64) {
	for _, records := range r.Records {
		n += records
	}
	return n
}

// Open looks at the old topic, checks the partitioner, and makes the new topic. cfg must be valid. Close the copy after its Run.
func Open(ctx context.Context, cfg Config, parts Parts) (*Copy, error) {
	c := &Copy{cfg: cfg, conn: parts.Connection, parts: parts, log: parts.Log, decoder: parts.Mapping.NewDecoder()}
	var err error
	if c.partitioner, err = produce.PartitionerNamed(cfg.Partitioner); err != nil {
		return nil, err
	}
	first, last, err := c.conn.Offsets(ctx, cfg.From)
	if err != nil {
		return nil, err
	}
	if slices.Equal(first, last) {
		return nil, fmt.Errorf("topic %s is empty: there is nothing to copy", cfg.From)
	}
	if !cfg.Unchecked {
		if err := c.checkPartitioner(ctx, first, last); err != nil {
			return nil, err
		}
	}
	if c.begun, err = c.makeTarget(ctx, len(last)); err != nil {
		return nil, err
	}
	c.position, c.report.Sources = first, len(last)
	c.report.Records = make([]int64, len(c.begun))
	c.producer = events.New(c.conn.Client(), cfg.send(len(c.begun)), c.log)
	return c, nil
}

func (c *Copy) checkPartitioner(ctx context.Context, first, last []int64) error {
	keys, err := c.sample(ctx, first, last)
	if err != nil {
		return fmt.Errorf("looking at the newest keys of topic %s: %w", c.cfg.From, err)
	}
	if c.report.Evidence, err = judge(c.partitioner, keys, len(last)); err != nil {
		return fmt.Errorf("topic %s: %w", c.cfg.From, err)
	}
	return nil
}

// Close ends the copy's goroutines. What Run has returned for is delivered.
func (c *Copy) Close() {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = c.producer.Close(ended) // everything has been flushed, or the copy is broken off
}

// Run copies what the old topic holds. With Follow it then copies on until ctx ends, and in the end up to where the old topic ends by
// then; without, the end of ctx is an error. The report is right also with an error: it says what was handed over by then.
func (c *Copy) Run(ctx context.Context) (*Report, error) {
	err := c.round(ctx)
	if err != nil {
		return &c.report, err
	}
	c.report.CaughtUp = true
	if c.cfg.Follow {
		if err := c.follow(ctx); err != nil {
			return &c.report, err
		}
	}
	return &c.report, c.takeStock(context.WithoutCancel(ctx))
}

// followEvery is how often the old topic is asked for more.
const followEvery = 200 * time.Millisecond

func (c *Copy) follow(ctx context.Context) error {
	if c.parts.CaughtUp != nil {
		c.parts.CaughtUp(&c.report)
	}
	again := time.NewTicker(followEvery)
	defer again.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-again.C:
			if err := c.round(ctx); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
	return c.round(context.WithoutCancel(ctx)) // to the end as it is when the copy is told to stop
}

// round copies up to where the old topic's partitions end now, and returns when all of it is acknowledged.
func (c *Copy) round(ctx context.Context) error {
	_, ends, err := c.conn.Offsets(ctx, c.cfg.From)
	if err != nil {
		return err
	}
	for len(c.position) < len(ends) { // partitions were added meanwhile
		c.position = append(c.position, 0)
	}
	c.report.Sources = len(ends)
	if c.total = 0; !c.report.CaughtUp {
		for p, end := range ends {
			c.total += end - c.position[p]
		}
	}
	var m merge
	sources := c.open(ctx, ends)
	defer func() {
		for _, s := range sources {
			s.stop()
			c.position[s.partition] = s.next
		}
	}()
	for _, s := range sources {
		more, err := s.fill(ctx)
		if err != nil {
			return err
		}
		if more {
			m.add(s)
		}
	}
	if err := c.send(ctx, &m); err != nil {
		return err
	}
	return c.producer.Flush(ctx)
}

// open makes a source of every partition that has something new.
func (c *Copy) open(ctx context.Context, ends []int64) (sources []*source) {
	fetch := c.cfg.fetch(len(ends))
	for p, end := range ends {
		if from := c.position[p]; from < end {
			reader := ingest.NewReader(c.conn, c.cfg.From, int32(p), from, fetch, c.log)
			sources = append(sources, newSource(ctx, reader, c.decoder, int32(p), c.parts.Mapping.KeyIsUser(), from, end))
		}
	}
	return sources
}

// progressEvery is after how many records progress is reported.
const progressEvery = 4096

func (c *Copy) send(ctx context.Context, m *merge) error {
	for n := 1; ; n++ {
		s := m.first()
		if s == nil {
			return nil
		}
		before := s.next
		if err := c.sendOne(ctx, s.partition, s.head()); err != nil {
			return err
		}
		if err := m.advance(ctx); err != nil {
			return err
		}
		c.passed += s.next - before
		if n%progressEvery > 0 {
			continue
		}
		if c.parts.Progress != nil {
			c.parts.Progress(c.passed, c.total)
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
}

// sendOne copies a record into the batch of its new partition.
func (c *Copy) sendOne(ctx context.Context, source int32, e *entry) error {
	headers, err := produce.ParseHeaders(e.record.Headers)
	if err != nil {
		return fmt.Errorf("topic %s, partition %d, offset %d: %w", c.cfg.From, source, e.record.Offset, err)
	}
	to := c.target(source, e.record.Key)
	record := produce.Record{Key: e.record.Key, Value: e.record.Value, Time: e.record.Time, Copied: true, Headers: headers}
	if err := c.producer.SendTo(ctx, to, &record); err != nil {
		return err
	}
	c.report.Records[to]++
	switch {
	case e.given:
		c.report.Given++
	case len(e.record.Key) == 0:
		c.report.Keyless++
	}
	return nil
}

// target is the partition for a key. A record without one is of no user, and lies anywhere.
func (c *Copy) target(source int32, key []byte) int32 {
	partitions := int32(len(c.report.Records))
	if len(key) == 0 {
		return source % partitions
	}
	return c.partitioner.Partition(key, partitions)
}

// takeStock compares the new topic with what was copied, and asks how far the old one has gone on.
func (c *Copy) takeStock(ctx context.Context) error {
	_, ends, err := c.conn.Offsets(ctx, c.cfg.From)
	if err != nil {
		return err
	}
	for p, end := range ends {
		if p < len(c.position) {
			end -= c.position[p]
		}
		c.report.Behind += end
	}
	first, last, err := c.conn.Offsets(ctx, c.cfg.To)
	if err != nil {
		return err
	}
	for p := range last {
		c.report.Beside += last[p] - c.begun[p] - c.report.Records[p]
		c.report.Gone += first[p] - c.begun[p]
	}
	return nil
}

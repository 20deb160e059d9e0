package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"

	"winback/bench/measure"
	"winback/pipeline"
	"winback/pipeline/ingest"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
	"winback/sinks/deadletter"
	"winback/sinks/triggers"
)

// pipelineContender is the pipeline as `winback run` puts it together, with the default settings: a consumer group, all rules, and every
// sink. Each run has a group, topics and tables of its own.
type pipelineContender struct {
	rows    rowStore
	profile *profile
	runs    int
}

// lookEvery is how often the pipeline's status is read.
const lookEvery = 20 * time.Millisecond

func (c *pipelineContender) run(ctx context.Context, w *workload) (got outcome, err error) {
	c.runs++
	name := fmt.Sprintf("%s-run%d", w.topic, c.runs)
	out := topics{triggers: name + "-triggers", deadLetters: name + "-deadletters"}
	for _, topic := range []string{out.triggers, out.deadLetters} {
		if err := w.conn.EnsureTopic(ctx, topic, w.partitions, ingest.TopicConfig{}); err != nil {
			return got, err
		}
		defer w.remove(ctx, topic)
	}
	rows, err := c.rows.open(ctx, c.runs)
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, c.rows.close(context.WithoutCancel(ctx))) }()
	s := &stopwatch{profile: c.profile, serversCPU: w.serversCPU}
	p, err := w.pipeline(name, out, rows, s)
	if err != nil {
		return got, err
	}
	if got, err = drive(ctx, w, p, s); err != nil {
		return got, err
	}
	return got, errors.Join(out.check(ctx, w, &got.work), w.checkCommitted(ctx, name), c.rows.check(ctx, &got.work))
}

// pipeline puts the parts together.
func (w *workload) pipeline(group string, out topics, rows pipeline.RowSink, s *stopwatch) (*pipeline.Pipeline, error) {
	rules, err := scorer.Compile(scorer.Defaults(), w.vocabulary, nil)
	if err != nil {
		return nil, err
	}
	in := ingest.Defaults()
	in.Topic, in.Group, in.Tick = w.topic, group, schemas.Duration(lookEvery/time.Millisecond)
	forTriggers, forDeadLetters := triggers.Defaults(), deadletter.Defaults()
	forTriggers.Topic, forDeadLetters.Topic = out.triggers, out.deadLetters
	return pipeline.New(pipeline.Defaults(), pipeline.Parts{
		Connection: w.conn, Ingest: in, Mapping: w.mapping, Vocabulary: w.vocabulary, Rules: rules, State: state.Defaults(),
		Triggers:    triggers.New(w.conn.Client(), forTriggers, w.log),
		DeadLetters: deadletter.New(w.conn.Client(), forDeadLetters, w.topic, w.log),
		Rows:        rows,
		Delivered:   pipeline.TriggerLog{Connection: w.conn, Topic: out.triggers, Log: w.log},
		Now:         s.now, Log: w.log,
	})
}

// stopwatch is the pipeline's wall clock. It starts measuring when it is first asked, which is at the first batch of any partition.
type stopwatch struct {
	profile    *profile
	serversCPU func() time.Duration
	first      sync.Once
	mark       measure.Mark
	before     time.Duration // of serversCPU, at mark
	err        error
	skipped    atomic.Int64 // nanoseconds
}

func (s *stopwatch) now() time.Time {
	s.first.Do(func() {
		s.err = s.profile.start()
		s.before = s.serversCPU()
		s.mark = measure.Start()
	})
	return time.Now().Add(time.Duration(s.skipped.Load()))
}

// skip moves the clock on.
func (s *stopwatch) skip(d schemas.Duration) { s.skipped.Store(int64(d.Std())) }

// drive lets the pipeline run until every partition has committed its last offset. Once everything has been read, the
// pipeline's clock skips what is left of FlushEvery: rows that wait to be sent together cost nothing.
func drive(ctx context.Context, w *workload, p *pipeline.Pipeline, s *stopwatch) (got outcome, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- p.Run(ctx) }()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case err := <-stopped:
			return got, cmp.Or(err, context.Cause(ctx), errors.New("it stopped by itself"))
		case <-look.C:
		}
		all := p.Status()
		if reached(w, all, func(s *pipeline.Status) int64 { return s.Offset }) {
			s.skip(pipeline.Defaults().FlushEvery)
		}
		if reached(w, all, func(s *pipeline.Status) int64 { return s.Committed }) {
			got = total(all)
			got.cost, got.serversCPU = s.mark.Cost(), s.serversCPU()-s.before
			cancel()
			return got, errors.Join(<-stopped, s.err, s.profile.stop())
		}
	}
}

// reached reports whether all partitions are there and at their ends.
func reached(w *workload, all []pipeline.Status, at func(*pipeline.Status) int64) bool {
	return len(all) == w.partitions && !slices.ContainsFunc(all, func(s pipeline.Status) bool { return at(&s) < w.last[s.Partition] })
}

func total(all []pipeline.Status) (o outcome) {
	for i := range all {
		s := &all[i]
		for _, n := range s.Refused {
			o.work.Refused += n
		}
		o.events += int64(s.Counts.Events)
		o.work.Judged += s.Counts.Judged
		o.work.Decisions += s.Decisions
		o.work.Triggers += s.Triggers
		o.work.Rows += s.Rows
	}
	o.events += int64(o.work.Refused)
	return o
}

// topics are what one run of the pipeline writes to.
type topics struct{ triggers, deadLetters string }

// check refuses a run whose triggers and dead letters are not in their topics, and one that had nothing to find.
func (t topics) check(ctx context.Context, w *workload, done *work) error {
	if done.Triggers == 0 || done.Decisions == 0 {
		return errors.New("it had nothing to find: no trigger or no decision was made; give it more -events, or fewer -users")
	}
	for _, topic := range []struct {
		name string
		want uint64
	}{{t.triggers, done.Triggers}, {t.deadLetters, done.Refused}} {
		have, _, err := w.count(ctx, topic.name)
		if err != nil {
			return err
		}
		if uint64(have) < topic.want { // more, if one had to be sent again
			return fmt.Errorf("topic %s holds %d records, want %d", topic.name, have, topic.want)
		}
	}
	return nil
}

// checkCommitted asks the broker, which alone knows.
func (w *workload) checkCommitted(ctx context.Context, group string) error {
	var partitions []int
	for p := range w.partitions {
		partitions = append(partitions, p)
	}
	answer, err := w.conn.Client().OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{w.topic: partitions}})
	if err != nil {
		return err
	}
	for _, p := range answer.Topics[w.topic] {
		if p.Error != nil || p.CommittedOffset != w.last[p.Partition] {
			return fmt.Errorf("partition %d: committed %d of %d: %w", p.Partition, p.CommittedOffset, w.last[p.Partition], cmp.Or(p.Error, errors.New("incomplete")))
		}
	}
	return nil
}

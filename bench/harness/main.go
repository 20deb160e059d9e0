// Harness measures the whole pipeline against two yardsticks in the same run, on the same topic, with as many goroutines: the line rate
// (fetch and discard) and the floor (fetch, CRC, decode, hash, and one random 64-byte read-modify-write per event). `make bench`
// runs it. The broker runs in a process of its own: its CPU time is not counted, but it shares the machine's cores with what is
// measured, so that on few cores all three rates are lower than with a broker elsewhere.
//
// With -only load it writes a made-up clickstream to a Kafka cluster, at a rate if one is given.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/segmentio/kafka-go"

	"winback/bench/measure"
	"winback/pipeline/ingest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if dir := os.Getenv(childDir); dir != "" {
		return serve(context.WithoutCancel(ctx), dir) // an interrupt reaches the parent too, which then closes stdin
	}
	o, err := parse(args, os.Stderr)
	if err != nil {
		return err
	}
	if len(o.brokers) > 0 {
		return at(ctx, &o, out)
	}
	dir, err := os.MkdirTemp("", "winback-bench-")
	if err != nil {
		return err
	}
	b, err := startBroker(dir)
	if err == nil {
		o.brokers = []string{b.addr}
		err = errors.Join(at(ctx, &o, out), b.stop())
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// at does what was asked for with the brokers named.
func at(ctx context.Context, o *options, out io.Writer) error {
	k := ingest.DefaultKafka()
	k.Brokers = o.brokers
	conn, err := k.Connect()
	if err != nil {
		return err
	}
	defer conn.Close()
	if o.only == onlyLoad {
		return loadOnly(ctx, o, conn, out)
	}
	return contest(ctx, o, conn, out)
}

func loadOnly(ctx context.Context, o *options, conn *ingest.Connection, out io.Writer) error {
	partitions, err := conn.Partitions(ctx, o.topic)
	if err != nil {
		return err
	}
	mark := measure.Start()
	if err := fill(ctx, o, conn, o.topic, partitions); err != nil {
		return err
	}
	cost := mark.Cost()
	_, err = fmt.Fprintf(out, "%d events written, %.0f events/s, %.3f CPU s per million events\n",
		o.events, cost.Rate(o.events), cost.CPUSecondsPerMillion(o.events))
	return err
}

func contest(ctx context.Context, o *options, conn *ingest.Connection, out io.Writer) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	w, err := prepare(ctx, o, conn, log)
	if err != nil {
		return err
	}
	defer w.remove(context.WithoutCancel(ctx))
	contenders, err := chosen(o, w)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "%d events of %d users over %d days in %d partitions\n", w.events, w.users, o.days, w.partitions)
	medians, err := compare(ctx, w, contenders, o.repeats, func(name string, c measure.Cost) { tell(out, w, name, c) })
	if err != nil {
		return err
	}
	summarize(out, w, medians)
	return nil
}

// chosen returns the contenders that are to run.
func chosen(o *options, w *workload) ([]contender, error) {
	f, err := newFloor(w)
	if err != nil {
		return nil, err
	}
	var some []contender
	for _, c := range []contender{{onlyLine, line}, {onlyFloor, f.run}} {
		if o.only == "" || o.only == c.name {
			some = append(some, c)
		}
	}
	return some, nil
}

// remove deletes the topic; on a cluster that stays, its bytes would stay too.
func (w *workload) remove(ctx context.Context) {
	answer, err := w.conn.Client().DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{w.topic}})
	if err == nil {
		err = answer.Errors[w.topic]
	}
	if err != nil {
		w.log.Warn("the topic could not be deleted", "topic", w.topic, "error", err)
	}
}

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
	"path/filepath"
	"syscall"

	"winback/bench/measure"
	"winback/pipeline/embedded/engine"
	"winback/pipeline/ingest"
)

func main() {
	engine.Main() // in the child that is to become the ClickHouse server this does not return
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
	dir, err := os.MkdirTemp("", "winback-bench-")
	if err != nil {
		return err
	}
	return errors.Join(withBroker(ctx, &o, dir, out), os.RemoveAll(dir))
}

// withBroker runs with the brokers named, or else with one started in the directory.
func withBroker(ctx context.Context, o *options, dir string, out io.Writer) error {
	if len(o.brokers) > 0 {
		return runOn(ctx, o, dir, out)
	}
	b, err := startBroker(filepath.Join(dir, "broker"))
	if err != nil {
		return err
	}
	o.brokers, o.servers = []string{b.addr}, []int{b.cmd.Process.Pid}
	return errors.Join(runOn(ctx, o, dir, out), b.stop())
}

// runOn does what the options ask for, on the brokers in them.
func runOn(ctx context.Context, o *options, dir string, out io.Writer) error {
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
	return measureAll(ctx, o, conn, dir, out)
}

func loadOnly(ctx context.Context, o *options, conn *ingest.Connection, out io.Writer) error {
	partitions, err := conn.Partitions(ctx, o.topic)
	if err != nil {
		return err
	}
	mark := measure.Start()
	if err := fill(ctx, o, conn, o.topic, partitions, warnings()); err != nil {
		return err
	}
	cost := mark.Cost()
	_, err = fmt.Fprintf(out, "%d events written, %.0f events/s, %.3f CPU s per million events\n",
		o.events, cost.Rate(o.events), cost.CPUSecondsPerMillion(o.events))
	return err
}

// measureAll runs the contenders and prints their rates.
func measureAll(ctx context.Context, o *options, conn *ingest.Connection, dir string, out io.Writer) (err error) {
	w, err := prepare(ctx, o, conn, warnings())
	if err != nil {
		return err
	}
	defer w.remove(ctx, w.topic)
	contenders := chosen(o, w)
	if o.only == "" || o.only == onlyPipeline {
		var rows rowStore
		rows, err = newRows(ctx, o, dir, func(line string) { _, _ = fmt.Fprintln(out, line) })
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.stop(context.WithoutCancel(ctx))) }()
		w.servers = append(w.servers, rows.processes()...)
		c := &pipelineContender{rows: rows, profile: &profile{path: o.cpuProfile}}
		contenders = append(contenders, contender{onlyPipeline, c.run})
	}
	printWorkload(out, w, o)
	medians, err := compare(ctx, w, contenders, o.repeats, func(name string, got outcome) { printRun(out, name, got) })
	if err != nil {
		return err
	}
	printMedians(out, medians)
	return nil
}

// chosen returns the yardsticks that the options ask for.
func chosen(o *options, w *workload) (some []contender) {
	if o.only == "" || o.only == onlyLine {
		some = append(some, contender{onlyLine, line})
	}
	if o.only == "" || o.only == onlyFloor {
		some = append(some, contender{onlyFloor, newFloor(w).run})
	}
	return some
}

func warnings() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// Scorer measures what a user's state costs: events a second on one core, bytes a user, pauses of the garbage collector. `make
// bench-scorer` runs it. Records of the standard population are made beforehand, some of them at a time; what is measured is decoding
// and adding them, with the judging of the borders they pass.
//
// The state is filled with the standard population's 84 days before: for real with -fill DAYS, or, since that would be billions of
// events, with a smaller population's users, each copied under many ids. Each copy then goes on by itself, at its user's own rate and
// pattern.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench-scorer:", err)
		os.Exit(1)
	}
}

// run measures each population after the other and prints what they came to.
func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args, os.Stderr)
	if err != nil {
		return err
	}
	e, err := newEngine(&o, "")
	if err != nil {
		return err
	}
	r := report{out: out, options: &o}
	r.begin(e)
	runtime.LockOSThread() // the goroutine that measures has a thread of its own, and with GOMAXPROCS 1 there is no other that runs Go code
	defer runtime.UnlockOSThread()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	from, err := o.newPast(ctx, e)
	if err != nil {
		return err
	}
	r.past(from)
	for _, users := range o.users {
		got, err := measurePopulation(ctx, e, &o, from, users)
		if err != nil {
			return fmt.Errorf("%d users: %w", users, err)
		}
		r.population(got)
	}
	for _, name := range o.presets {
		got, err := runPreset(ctx, &o, name)
		if err != nil {
			return fmt.Errorf("preset %s: %w", name, err)
		}
		r.preset(name, got)
	}
	if r.idBytes, err = e.bytesOfIDs(min(o.events, mostIDs)); err != nil {
		return fmt.Errorf("ids: %w", err)
	}
	r.end()
	return r.keepProfile()
}

// runPreset measures the first population under a preset.
func runPreset(ctx context.Context, o *options, name string) (*result, error) {
	e, err := newEngine(o, name)
	if err != nil {
		return nil, err
	}
	from, err := o.newPast(ctx, e)
	if err != nil {
		return nil, err
	}
	return measureRate(ctx, e, o, from, o.users[0])
}

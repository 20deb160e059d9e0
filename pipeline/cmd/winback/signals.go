package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// interruption is the cause of a context that a signal ended.
type interruption struct{ signal syscall.Signal }

func (i interruption) Error() string { return fmt.Sprintf("interrupted (%v)", i.signal) }

// interruptingWriter is standard output. When its reader has gone, as head goes, the command is interrupted and cleans up; by default the
// system would end the process at once.
type interruptingWriter struct {
	io.Writer
	interrupt context.CancelCauseFunc
}

func (o interruptingWriter) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		o.interrupt(interruption{syscall.SIGPIPE})
	}
	return n, err
}

// ignoreSIGPIPE makes writes to a pipe without a reader fail instead of ending the process. Child processes are not affected.
func ignoreSIGPIPE() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// interruptible ends the context at the first SIGINT or SIGTERM. A second one finds the system's own handling and ends the
// process at once.
func interruptible(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case s := <-signals:
			signal.Stop(signals)
			number, _ := s.(syscall.Signal)
			cancel(interruption{number})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(context.Canceled)
		<-done
		signal.Stop(signals)
	}
}

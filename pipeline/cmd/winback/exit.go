package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"winback/pipeline/config/layers"
)

// The exit codes. They are documented in the help of the root command.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	exitSignal = 128 // and the signal's number
)

// errReported ends a command whose findings have been printed.
var errReported = errors.New("reported")

// usageError is a command line that parses and still makes no sense.
type usageError struct{ error }

// report prints an error as the user sees it and returns the exit code.
func (a *app) report(ctx context.Context, err error) int {
	var (
		faults layers.Faults
		usage  usageError
		stop   interruption
	)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(context.Cause(ctx), &stop):
		if stop.signal != syscall.SIGPIPE { // nobody wants to read on
			a.complain("%v", stop)
		}
		return exitSignal + int(stop.signal)
	case errors.As(err, &faults):
		a.complainFaults(faults)
		return exitUsage
	case errors.As(err, &usage):
		a.complain("%v", err)
		return exitUsage
	case !a.started:
		text := suggestion.Replace(strings.TrimSpace(err.Error()))
		a.complain("%s: see winback --help", text)
		return exitUsage
	}
	a.complain("%v", err)
	return exitFailed
}

// suggestion puts cobra's paragraph about a misspelt command into the line.
var suggestion = strings.NewReplacer("\n\nDid you mean this?\n\t", ": did you mean ", "\n\t", " or ")

// complain prints one line.
func (a *app) complain(format string, args ...any) {
	text := strings.TrimSpace(fmt.Sprintf(format, args...))
	_, _ = fmt.Fprintf(a.stderr, "winback: %s\n", strings.ReplaceAll(text, "\n", "; ")) // there is nowhere else to report it
}

func (a *app) complainFaults(faults layers.Faults) {
	if len(faults) == 1 {
		a.complain("%v", faults[0])
		return
	}
	a.complain("%d faults in the configuration:", len(faults))
	for _, fault := range faults {
		_, _ = fmt.Fprintf(a.stderr, "  %v\n", fault)
	}
}

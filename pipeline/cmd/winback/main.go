// Command winback notices, while it happens, that a customer is slipping away, and sets off the recall.
package main

import (
	"context"
	"os"
	"time"

	"golang.org/x/term"

	"winback/pipeline/embedded/engine"
)

func main() {
	engine.Main() // in the child that is to become the ClickHouse server this does not return
	os.Exit(run())
}

func run() int {
	ignoreSIGPIPE()
	parent, interrupt := context.WithCancelCause(context.Background())
	defer interrupt(nil)
	ctx, stop := interruptible(parent)
	defer stop()
	a := &app{
		stdin: os.Stdin, stdout: interruptingWriter{os.Stdout, interrupt}, stderr: os.Stderr, environ: os.Environ(), now: time.Now,
		terminal: term.IsTerminal(int(os.Stdout.Fd())) && term.IsTerminal(int(os.Stderr.Fd())), size: terminalSize,
	}
	return a.run(ctx, os.Args[1:])
}

func terminalSize() (width, height int) {
	width, height, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 0, 0
	}
	return width, height
}

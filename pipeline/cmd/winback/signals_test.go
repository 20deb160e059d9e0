package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// helperVariable makes this test binary a process that is sent signals.
const helperVariable = "WINBACK_TEST_HELPER"

// helper waits for the first signal and then never comes to an end.
func helper() int {
	ctx, stop := interruptible(context.Background())
	defer stop()
	fmt.Println("ready")
	<-ctx.Done()
	fmt.Println(context.Cause(ctx))
	select {}
}

func TestTheFirstSignalEndsTheContextAndTheSecondTheProcess(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		c := exec.CommandContext(t.Context(), os.Args[0])
		c.Env = append(os.Environ(), helperVariable+"=1")
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for _, want := range []string{"ready", fmt.Sprintf("interrupted (%v)", signal)} {
			if !lines.Scan() || lines.Text() != want {
				t.Fatalf("got %q, want %q", lines.Text(), want)
			}
			if err := c.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
		}
		_ = c.Wait() // its state says how it ended
		if status := c.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != signal {
			t.Errorf("%v: ended with %v", signal, c.ProcessState)
		}
	}
}

// closed is a pipe whose reader has gone.
type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestAClosedStandardOutputEndsTheCommandQuietlyAndLeavesNoFiles(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(t.Context())
	defer interrupt(nil)
	dir, file := t.TempDir(), write(t, "shop.csv", shop())
	var stderr bytes.Buffer
	a := &app{stdout: interruptingWriter{closed{}, interrupt}, stderr: &stderr, environ: []string{"WINBACK_MAPPING_PRESET=csv"}, now: time.Now, size: unsized}
	code := a.run(ctx, []string{"replay", "--direct", "--decisions", "-", "--dead-letters", filepath.Join(dir, "letters"), file})
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 || code != exitSignal+int(syscall.SIGPIPE) || strings.Contains(stderr.String(), "winback: interrupted") {
		t.Errorf("exit code %d, %q, left behind: %v (%v)", code, stderr.String(), left, err)
	}
}

func TestAnInterruptedReplaySaysSoAndExitsWithTheSignalsCode(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(interruption{syscall.SIGTERM})
	got := winbackUntil(ctx, []string{"WINBACK_MAPPING_PRESET=csv"}, shop(), "replay", "--direct", "-")
	got.want(t, 143, "winback: interrupted (terminated)\n")
}

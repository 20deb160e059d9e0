package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"winback/pipeline/embedded/broker"
)

// childDir is the environment variable that makes this binary a broker on the directory it names.
const childDir = "WINBACK_BENCH_BROKER_DIR"

// serve is the child's main: it runs a broker, says its address on stdout, and leaves when stdin ends, that is with its parent.
func serve(ctx context.Context, dir string) error {
	b, err := broker.Start(ctx, broker.Config{Dir: dir})
	if err != nil {
		return err
	}
	fmt.Println(b.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return b.Close()
}

// child is a broker in a process of its own, so that what it spends is not counted to those measured.
type child struct {
	addr  string
	cmd   *exec.Cmd
	stdin io.Closer
}

func startBroker(dir string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env, cmd.Stderr = append(os.Environ(), childDir+"="+dir), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, stdin: in}
	line, err := bufio.NewReader(out).ReadString('\n')
	if c.addr = strings.TrimSpace(line); err != nil || c.addr == "" {
		return nil, errors.Join(fmt.Errorf("the broker did not start: its words are above"), c.stop())
	}
	return c, nil
}

// stop ends the broker and waits for it.
func (c *child) stop() error {
	_ = c.stdin.Close()
	return c.cmd.Wait()
}

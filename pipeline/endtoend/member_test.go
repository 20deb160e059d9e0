package endtoend_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"winback/pipeline"
	"winback/pipeline/ingest"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/schemas/mapping"
	"winback/scorer"
	"winback/sinks/clickhouse"
	"winback/sinks/deadletter"
	"winback/sinks/triggers"
)

const (
	input       = "events"
	output      = "triggers"
	refusals    = "deadletters"
	group       = "winback"
	partitions  = 8
	patience    = 2 * time.Minute // for anything that must come about; a lost member is missed after sessionTimeout
	pollEvery   = 5 * time.Millisecond
	simulatedAt = 1_719_792_000_000 // wall time when a member starts, 2024-07-01: no test depends on the day it runs on
)

// place is where a member works. It travels to members that are processes of their own.
type place struct {
	Broker     string
	ClickHouse clickhouse.Config
}

// rules are what every member and the expectation share.
func rules() (*scorer.Rules, *schemas.Vocabulary, *mapping.Mapping, state.Config, error) {
	settings := state.Defaults()
	settings.MaxJump = 0 // the events are old, and every step of theirs is wanted
	vocabulary, err := scorer.Defaults().Vocabulary()
	if err != nil {
		return nil, nil, nil, settings, err
	}
	compiled, err := scorer.Compile(scorer.Defaults(), vocabulary, nil)
	if err != nil {
		return nil, nil, nil, settings, err
	}
	clickstream := mapping.Defaults()
	clickstream.Amount = mapping.Amount{Field: mapping.Paths{"amount", "basket.total"}} // so that a path can meet an array
	m, err := mapping.Compile(clickstream, vocabulary)
	return compiled, vocabulary, m, settings, err
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// member is one pipeline with all its sinks.
type member struct {
	*pipeline.Pipeline
	connection *ingest.Connection
	rows       *clickhouse.Sink
}

func newMember(ctx context.Context, p place, log *slog.Logger) (*member, error) {
	m := &member{}
	var err error
	if m.connection, err = (ingest.Kafka{Brokers: []string{p.Broker}, ClientID: "member"}).Connect(); err != nil {
		return nil, err
	}
	if m.rows, err = clickhouse.Open(ctx, p.ClickHouse, log); err != nil {
		return nil, err
	}
	m.Pipeline, err = m.assemble(log)
	return m, err
}

func (m *member) assemble(log *slog.Logger) (*pipeline.Pipeline, error) {
	compiled, vocabulary, mapped, settings, err := rules()
	if err != nil {
		return nil, err
	}
	out, letters := triggers.Defaults(), deadletter.Defaults()
	out.Topic, letters.Topic = output, refusals
	config := pipeline.Defaults()
	config.FlushEvery, config.IdleAfter = 100*schemas.Millisecond, schemas.Day // no border passes by the wall clock
	client := m.connection.Client()
	started := time.Now()
	return pipeline.New(config, pipeline.Parts{
		Connection: m.connection, Ingest: reading(), Mapping: mapped, Vocabulary: vocabulary, Rules: compiled, State: settings,
		Triggers:    triggers.New(client, out, log),
		DeadLetters: deadletter.New(client, letters, input, log),
		Rows:        m.rows,
		Delivered:   pipeline.TriggerLog{Connection: m.connection, Topic: output, Log: log},
		Now:         func() time.Time { return time.UnixMilli(simulatedAt).Add(time.Since(started)) },
		Log:         log,
	})
}

func reading() ingest.Config {
	c := ingest.Defaults()
	c.Topic, c.Group = input, group
	c.SessionTimeout, c.Heartbeat = 3*schemas.Second, 200*schemas.Millisecond
	c.Tick, c.MaxWait = 50*schemas.Millisecond, 50*schemas.Millisecond
	return c
}

func (m *member) close() error {
	m.connection.Close()
	return m.rows.Close()
}

// joined is a member at work in this process.
type joined struct {
	*member
	cancel  context.CancelFunc
	stopped chan struct{}
	once    sync.Once
	err     error // Run's, once stopped is closed
}

func join(t *testing.T, p place) *joined {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	m, err := newMember(t.Context(), p, log)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	j := &joined{member: m, cancel: cancel, stopped: make(chan struct{})}
	go func() {
		defer close(j.stopped)
		j.err = m.Run(ctx)
	}()
	t.Cleanup(func() { j.leave(t) })
	return j
}

// leave ends the member; a second call does nothing.
func (j *joined) leave(t *testing.T) {
	t.Helper()
	j.cancel()
	<-j.stopped
	j.once.Do(func() {
		if err := errors.Join(j.err, j.close()); err != nil {
			t.Errorf("a member ended: %v", err)
		}
	})
}

// await polls until ready says so; a member that ends meanwhile fails the test.
func (j *joined) await(t *testing.T, what string, ready func([]pipeline.Status) bool) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for !ready(j.Status()) {
		select {
		case <-j.stopped:
			t.Fatalf("waiting until %s: the member ended: %v", what, j.err)
		case <-late.C:
			t.Fatalf("waiting until %s: %+v", what, j.Status())
		case <-time.After(pollEvery):
		}
	}
}

// What a member in a process of its own says on its standard output.
const (
	saysAssigned = "assigned" // it has partitions, and their state is built
	saysWorking  = "working"  // it has read records that are not committed
)

// child is a member in a process of its own, so that it can be killed.
type child struct {
	cmd   *exec.Cmd
	input io.WriteCloser
	says  *bufio.Scanner
}

func joinChild(t *testing.T, p place) *child {
	t.Helper()
	c := &child{cmd: exec.CommandContext(t.Context(), os.Args[0])}
	c.cmd.Env = append(os.Environ(), asMember+"=1")
	c.cmd.Stderr = t.Output()
	var err error
	c.input, err = c.cmd.StdinPipe()
	must(t, err)
	said, err := c.cmd.StdoutPipe()
	must(t, err)
	c.says = bufio.NewScanner(said)
	must(t, c.cmd.Start())
	must(t, json.NewEncoder(c.input).Encode(p))
	return c
}

func (c *child) await(t *testing.T, word string) {
	t.Helper()
	for c.says.Scan() {
		if c.says.Text() == word {
			return
		}
	}
	t.Fatalf("the child ended before it said %q", word)
}

func (c *child) kill(t *testing.T) {
	t.Helper()
	must(t, c.cmd.Process.Kill())
	_ = c.cmd.Wait() // that it was killed is no news
}

// serveUntilKilled is the child's life. It ends, too, when its standard input does: its parent is gone then.
func serveUntilKilled() error {
	var p place
	in := json.NewDecoder(os.Stdin)
	if err := in.Decode(&p); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	m, err := newMember(ctx, p, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	go m.report(ctx)
	return errors.Join(m.Run(ctx), errors.New("nobody killed it"))
}

func (m *member) report(ctx context.Context) {
	for said := ""; ctx.Err() == nil; time.Sleep(pollEvery) {
		all := m.Status()
		word := ""
		if len(all) > 0 && all[0].Offset > 0 {
			word = saysAssigned
		}
		for _, s := range all {
			switch {
			case s.Restoring:
				word = ""
			case word != "" && said != "" && s.Offset > s.Committed:
				word = saysWorking
			}
		}
		if word != "" && word != said && said != saysWorking {
			said = word
			fmt.Println(word)
		}
	}
}

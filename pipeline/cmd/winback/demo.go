package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"winback/pipeline/config"
	"winback/pipeline/demo"
	"winback/schemas"
)

// demoPartitions is how many partitions the demo's topics have.
const demoPartitions = 4

func (a *app) demoCommand() *cobra.Command {
	stream := demo.Defaults()
	c := &cobra.Command{
		Use: "demo", Short: "Show it all on this machine: a clickstream, users who slip away, and their recall", Args: cobra.NoArgs, ValidArgsFunction: nothing,
		Long: `Starts a Kafka broker and a ClickHouse server inside this process tree, runs the service on them, and feeds it the made-up
clickstream of some weeks in some seconds. What the service delivers is read back from Kafka and ClickHouse and shown. It ends after
the stream, or with Ctrl-C, prints a summary, and leaves nothing behind but the ClickHouse library in the cache.`,
		RunE: func(c *cobra.Command, _ []string) error { return a.demo(c.Context(), stream) },
	}
	flags := c.Flags()
	flags.IntVar(&stream.Users, "users", stream.Users, "how many users are made up")
	flags.IntVar(&stream.Days, "days", stream.Days, "how many days of theirs")
	flags.DurationVar(&stream.Lasting, "lasting", stream.Lasting, "how long the days last; 0 is as fast as possible")
	flags.Uint64Var(&stream.Seed, "seed", stream.Seed, "another number makes other users")
	return c
}

func (a *app) demo(ctx context.Context, cfg demo.Config) (err error) {
	stream, err := demo.NewStream(cfg, a.now())
	if err != nil {
		return usageError{err}
	}
	loaded, err := a.load(config.Engine | config.Stream | config.Sinks)
	if err != nil {
		return err
	}
	log, replayLog := a.quietLog(loaded)
	defer func() {
		if err != nil {
			replayLog()
		}
	}()
	c := &loaded.Config
	dir, err := os.MkdirTemp("", "winback-demo-*")
	if err != nil {
		return fmt.Errorf("%w: set TMPDIR to a directory that can be written to", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c.Embedded.DataDir, c.Embedded.KafkaPort = dir, 0
	c.Input.Tick, c.Input.MaxWait, c.Pipeline.FlushEvery = 200*schemas.Millisecond, 200*schemas.Millisecond, 500*schemas.Millisecond
	_, _ = fmt.Fprint(a.stdout, "Starting a Kafka broker and a ClickHouse server ...\n")
	own, err := a.startEmbedded(ctx, c, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, own.stop()) }()
	return a.demoOn(ctx, own, c, stream, log)
}

// demoOn runs the service on the embedded servers, feeds it, and shows what it delivers.
func (a *app) demoOn(ctx context.Context, own *embedded, c *config.Config, stream *demo.Stream, log *slog.Logger) (err error) {
	if err := makeInput(ctx, c, demoPartitions); err != nil {
		return err
	}
	service, err := openService(ctx, c, serviceOptions{migrate: true}, a, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.close()) }()
	running, err := a.newDemoRun(own, c, service, stream)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, running.tables.Close()) }()
	if err := running.run(ctx, own, log); err != nil {
		return err
	}
	verdict := fmt.Sprintf("Stopped on day %d of %d.\n", running.snapshot.Day, running.snapshot.Days)
	if ctx.Err() == nil {
		verdict = stream.Compare(running.triggers.Times()).String()
	}
	_, err = fmt.Fprintf(a.stdout, "\n%s\n%s", verdict, tryNext)
	return err
}

// byDefault is the place of what nobody has set.
const byDefault = "default"

const tryNext = `Try next:
  winback replay --direct --config my.yaml FILE  your own file: docs/mapping.md
  winback run --embedded                         the service, servers included
  winback doctor                                 are your own servers ready?
`

// quietLog keeps the last warnings back, because a person watches the screen; the function returned prints them. If the log's level is set
// by hand, everything is logged as usual.
func (a *app) quietLog(loaded *config.Loaded) (*slog.Logger, func()) {
	if loaded.Place("log.level") != byDefault {
		return a.log(loaded.Log), func() {}
	}
	kept := &lastLines{}
	return slog.New(slog.NewTextHandler(kept, &slog.HandlerOptions{Level: slog.LevelWarn})), func() { kept.print(a) }
}

// lastLines keeps the last few lines written to it.
type lastLines struct {
	mu    sync.Mutex
	lines []string
}

const keptLines = 5

// Write keeps one line.
func (l *lastLines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines = append(l.lines, string(line)); len(l.lines) > keptLines {
		l.lines = l.lines[1:]
	}
	return len(line), nil
}

func (l *lastLines) print(a *app) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprint(a.stderr, strings.Join(l.lines, ""))
}

// screen shows a text in place of the one before, or, without a terminal, a line now and then.
type screen struct {
	a     *app
	drawn int       // lines on the terminal
	shown time.Time // when a line was last printed
}

const plainEvery = 3 * time.Second

func (s *screen) show(snapshot *demo.Snapshot) {
	if s.a.terminal {
		s.draw(snapshot)
		return
	}
	if now := s.a.now(); now.Sub(s.shown) >= plainEvery {
		s.shown = now
		_, _ = fmt.Fprintln(s.a.stdout, snapshot.Line())
	}
}

// draw writes as much as the terminal, which may change its size meanwhile, can show: what has scrolled away cannot be drawn over.
func (s *screen) draw(snapshot *demo.Snapshot) {
	width, height := s.a.size()
	lines := strings.SplitAfter(snapshot.View(width), "\n")
	if height > 1 && len(lines) > height {
		lines = lines[:height-1]
	}
	s.place(lines)
}

// place writes the lines in one go, over the ones before. What is left of a longer text goes.
func (s *screen) place(lines []string) {
	up := ""
	if s.drawn > 0 {
		up = fmt.Sprintf("\x1b[%dA\r", s.drawn)
	}
	text := strings.Join(lines, "")
	s.drawn = strings.Count(text, "\n")
	_, _ = fmt.Fprint(s.a.stdout, up+strings.ReplaceAll(text, "\n", "\x1b[K\n")+"\x1b[J")
}

// last shows what stays.
func (s *screen) last(snapshot *demo.Snapshot) {
	if s.a.terminal {
		s.draw(snapshot)
		return
	}
	_, _ = fmt.Fprint(s.a.stdout, "\n"+snapshot.View(0))
}

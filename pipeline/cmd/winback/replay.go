package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"winback/pipeline/config"
	"winback/pipeline/replay"
	"winback/schemas"
	"winback/schemas/mapping"
)

// replayFlags are the flags of replay.
type replayFlags struct {
	direct      bool
	decisions   string
	scores      string
	scoreEvery  string
	until       string
	maxJump     string
	top         int
	output      string
	deadLetters string
	speed       float64
	partitions  int
}

func (a *app) replayCommand() *cobra.Command {
	var f replayFlags
	c := &cobra.Command{
		Use: "replay [--direct] FILE...", Short: "Read files of events in event-time order, into Kafka or straight into the engine",
		Long: `Reads CSV, NDJSON, JSON arrays or Parquet, plain or packed with gzip or zstd, as the mapping says (replay.mapping, else mapping),
sorts the events by their time, and sends them to the input topic; the service then does with them what it does with any event. The formats
that are built in are chosen by --set mapping.preset=NAME, of ` + strings.Join(mapping.Presets(), ", ") + `.

With --direct the events go straight into the engine, in simulated time: no Kafka and no ClickHouse is needed. At the end a
summary and the users flagged are printed, and --decisions writes everything that was decided, one JSON object a line
(docs/decisions.md), and --scores what was known of each user's risk every week (docs/risk.md). The replay ends at the end of the
grain of the last event, or at --until.

Sent to a service, old events of few users may each be a jump of the clock that state.max_jump holds back: see docs/mapping.md.

Lines that are no event are counted by reason, the first few are shown, and --dead-letters keeps them all. So are the rows of next to
nobody behind a gap of years, whose clocks must be wrong (replay.max_gap; docs/mapping.md).`,
		Example: `  winback replay --direct --preset online_retail online_retail.csv.gz
  winback replay --direct --config my.yaml --decisions decisions.ndjson 2025-*.csv.gz
  zcat events.ndjson.gz | winback replay -`,
		Args: someFiles("to replay"),
		RunE: func(c *cobra.Command, args []string) error { return a.replay(c.Context(), &f, args) },
	}
	flags := c.Flags()
	flags.BoolVar(&f.direct, "direct", false, "straight into the engine, in simulated time")
	flags.StringVar(&f.decisions, "decisions", "", "with --direct: write every decision to `FILE`, one JSON object a line")
	flags.StringVar(&f.scores, "scores", "", "with --direct: write what was known of every user's risk at each cut-off to `FILE`, one JSON object a line")
	flags.StringVar(&f.scoreEvery, "score-every", "7d", "with --scores: `DURATION` between cut-offs, which are its multiples since 1970")
	flags.StringVar(&f.until, "until", "", "leave out events from this `TIME` on; with --direct it is where the watermark ends")
	flags.StringVar(&f.maxJump, "max-jump", "0", "with --direct: `DURATION` that fewer users than state.jump_witnesses may move the clock ahead; 0 is off")
	flags.IntVar(&f.top, "top", 20, "with --direct: how many flagged users the table shows; 0 for all")
	flags.StringVar(&f.deadLetters, "dead-letters", "", "write every refused line to `FILE`, one JSON object a line")
	flags.Float64Var(&f.speed, "speed", 0, "into Kafka: event time goes this many times faster than the clock; 0 is as fast as possible")
	flags.IntVar(&f.partitions, "partitions", 0, "into Kafka: make the input topic with this many partitions if it does not exist")
	outputFlag(c, &f.output, outputTable, outputJSON)
	return c
}

// check finds flags that do not go together.
func (f *replayFlags) check() error {
	var wrong []string
	refuse := func(set bool, what string) {
		if set {
			wrong = append(wrong, what)
		}
	}
	refuse(!f.direct && f.decisions != "", "--decisions needs --direct: into Kafka, the service decides")
	refuse(!f.direct && f.scores != "", "--scores needs --direct: into Kafka, the service scores")
	refuse(f.scores != "" && f.maxJump != "0", "--scores does not go with --max-jump: a cut-off must know what time it is")
	refuse(f.direct && f.speed != 0, "--speed does not go with --direct, whose time is simulated")
	refuse(f.direct && f.partitions != 0, "--partitions does not go with --direct")
	refuse(!(f.speed >= 0) || f.partitions < 0 || f.top < 0, "--speed, --partitions and --top must not be negative")
	refuse(f.partitions > maxPartitions, fmt.Sprintf("--partitions %d: use at most %d", f.partitions, maxPartitions))
	refuse(f.decisions != "" && filepath.Clean(f.decisions) == filepath.Clean(f.deadLetters), "--decisions and --dead-letters name the same file")
	refuse(f.scores != "" && (filepath.Clean(f.scores) == filepath.Clean(f.decisions) || filepath.Clean(f.scores) == filepath.Clean(f.deadLetters)),
		"--scores names the same file as --decisions or --dead-letters")
	refuse(f.output == outputJSON && (f.decisions == "-" || f.deadLetters == "-" || f.scores == "-"), "--output json has standard output for itself: name a file instead of -")
	if len(wrong) > 0 {
		return usageError{errors.New(strings.Join(wrong, "; "))}
	}
	return nil
}

func (a *app) replay(ctx context.Context, f *replayFlags, files []string) error {
	if err := f.check(); err != nil {
		return err
	}
	if err := checkFiles(files, "--decisions, --scores and --dead-letters", f.decisions, f.scores, f.deadLetters); err != nil {
		return err
	}
	until, err := f.untilTime()
	if err != nil {
		return usageError{err}
	}
	parts := config.Files | config.Engine
	if !f.direct {
		parts |= config.Stream
	}
	loaded, err := a.load(parts)
	if err != nil {
		return err
	}
	vocabulary, err := loaded.Scorer.Vocabulary()
	if err != nil {
		return err
	}
	if f.direct {
		return a.replayDirect(ctx, &loaded.Config, f, vocabulary, until, files)
	}
	return a.replayKafka(ctx, &loaded.Config, f, vocabulary, until, files)
}

func (f *replayFlags) untilTime() (int64, error) {
	if f.until == "" {
		return 0, nil
	}
	at, err := parseMoment(f.until)
	if err != nil {
		return 0, fmt.Errorf("--until: %w", err)
	}
	return at, nil
}

// readFiles reads and sorts the files of in, shows how far it is, and keeps what was refused.
func (a *app) readFiles(ctx context.Context, c *config.Config, in replay.Input, vocabulary *schemas.Vocabulary, r *refusals) (*replay.Sorted, error) {
	m, err := mapping.Compile(c.FileMapping(), vocabulary)
	if err != nil {
		return nil, err
	}
	bar := a.newProgress("reading", true)
	defer bar.end()
	in.Stdin, in.Mapping, in.OnRefused, in.Progress = a.stdin, m, r.add, bar.show
	in.OnWarning = func(text string) { a.complain("%s", text) }
	return replay.Read(ctx, c.Replay.Config, in)
}

// checkRead refuses to go on with nothing: a mapping that reads no line is not the files' mapping, and a limit before every event is
// a slip.
func checkRead(s replay.Stats, until int64) error {
	switch refused := s.RefusedTotal(); {
	case s.Events == 0 && refused > 0 && refused == s.Refused[schemas.Oversized]:
		return fmt.Errorf("every line is longer than the mapping's max_bytes: raise it with --set mapping.max_bytes=NUMBER (%s; docs/mapping.md)", counted(refused, "line"))
	case s.Events == 0 && refused > 0:
		return fmt.Errorf("none of %s is an event by the mapping: describe the files with --set mapping.preset=NAME, or a mapping of your own (docs/mapping.md)", counted(refused, "line"))
	case s.Events > 0 && until > 0 && until <= s.First:
		return fmt.Errorf("--until %s leaves nothing: the first event is of %s UTC: name a later time", moment(until), moment(s.First))
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"winback/pipeline"
	"winback/pipeline/api"
	"winback/pipeline/config"
	"winback/pipeline/ingest"
	"winback/schemas"
	"winback/schemas/mapping"
	"winback/scorer"
	"winback/sinks/clickhouse"
	"winback/sinks/deadletter"
	"winback/sinks/triggers"
)

type runFlags struct {
	embedded   bool
	migrate    bool
	partitions int
	skip       []string // damaged record batches
	rebuild    string
	since      string
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use: "run", Short: "Run the service", Args: cobra.NoArgs, ValidArgsFunction: nothing,
		Long: `Joins the consumer group, reads the input topic, and delivers triggers, dead letters and rows until it is told to stop
(SIGTERM or SIGINT; a second one ends it at once). Several members share the partitions. The topics for triggers and dead letters
are made if they do not exist, with the partition count of the input topic, as the settings under topics say (replication,
retention, settings).

With --rebuild NAME the state is built anew from the first record that the input topic holds, and its rows stand in ClickHouse as a build
of their own, which the views show once it has caught up. What the users did before sends no trigger a second time, and none for what the
build before had passed. The name stays with the group: start further members, and start again, with or without it. docs/operations.md
says when to rebuild.

A record batch that is damaged stops its partition, and no other. The log names it, as TOPIC/PARTITION@FIRST-LAST, again every ten
minutes, and it is tried again every quarter of a minute. To go on without its records, name it with --skip-batch: the batch goes to the
dead letters as it is, the state keeps all else. Whatever reads the log again needs that too, so put it into input.skip_batches until
the topic's retention has removed the batch.

With --embedded, a Kafka broker and a ClickHouse server run inside this process tree; their data stays in embedded.data_dir.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(c.Flags().Changed("partitions")); err != nil {
				return err
			}
			since, err := f.sinceTime()
			if err != nil {
				return usageError{err}
			}
			return a.serve(c.Context(), &f, since)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&f.embedded, "embedded", false, "with a Kafka broker and a ClickHouse server of its own")
	flags.BoolVar(&f.migrate, "migrate", false, "bring the ClickHouse tables up to date first (always with --embedded)")
	flags.StringArrayVar(&f.skip, "skip-batch", nil, "go on without a damaged record batch, `TOPIC/PARTITION@FIRST-LAST` as the log names it, beside those in input.skip_batches; may be repeated")
	flags.StringVar(&f.rebuild, "rebuild", "", "build the state anew under this `NAME`, from the first record there is")
	flags.StringVar(&f.since, "triggers-since", "", "send no trigger of a border before this `TIME`: for the first start on a long log")
	flags.IntVar(&f.partitions, "partitions", 4, "with --embedded: partitions of the input topic, if it is made")
	return c
}

// check finds flags that make no sense.
func (f *runFlags) check(partitionsSet bool) error {
	switch {
	case partitionsSet && !f.embedded:
		return usageError{errors.New("--partitions needs --embedded: elsewhere the input topic is there, with partitions of its own")}
	case f.partitions < 1 || f.partitions > maxPartitions:
		return usageError{fmt.Errorf("--partitions %d: use 1 to %d", f.partitions, maxPartitions)}
	}
	if err := pipeline.CheckBuildName(f.rebuild); err != nil {
		return usageError{fmt.Errorf("--rebuild: %w", err)}
	}
	return nil
}

// addSkips adds the batches of --skip-batch to those of the configuration.
func (f *runFlags) addSkips(c *config.Config) error {
	for _, text := range f.skip {
		var skip ingest.BatchRange
		if err := skip.UnmarshalText([]byte(text)); err != nil {
			return usageError{fmt.Errorf("--skip-batch %s: %w", text, err)}
		}
		c.Input.SkipBatches = append(c.Input.SkipBatches, skip)
	}
	if err := c.Validate(config.Stream); err != nil {
		return usageError{err}
	}
	return nil
}

// maxPartitions bounds what is asked of a broker: more is a slip of the finger.
const maxPartitions = 10_000

func (f *runFlags) sinceTime() (int64, error) {
	if f.since == "" {
		return 0, nil
	}
	at, err := parseMoment(f.since)
	if err != nil {
		return 0, fmt.Errorf("--triggers-since: %w", err)
	}
	return at, nil
}

func (a *app) serve(ctx context.Context, f *runFlags, since int64) (err error) {
	loaded, err := a.load(config.Engine | config.Stream | config.Sinks | config.ClickHouse)
	if err != nil {
		return err
	}
	c, log := &loaded.Config, a.log(loaded.Log)
	if err := f.addSkips(c); err != nil {
		return err
	}
	listener, err := listen(ctx, c.API)
	if err != nil {
		return err
	}
	defer listener.Close()
	var own *embedded
	if f.embedded {
		if own, err = a.startEmbedded(ctx, c, log); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, own.stop()) }()
		if err := makeInput(ctx, c, f.partitions); err != nil {
			return err
		}
		log.Info("embedded servers are up", "kafka", own.broker.Addr(), "clickhouse", own.engine.HTTPAddr())
		var leave context.CancelFunc
		ctx, leave = own.bind(ctx)
		defer leave()
	}
	service, err := openService(ctx, c, serviceOptions{migrate: f.migrate || f.embedded, rebuild: f.rebuild, triggersSince: since}, a, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.close()) }()
	log.Info("winback is running", "version", buildVersion(), "topic", c.Input.Topic, "group", c.Input.Group)
	if err := service.run(ctx, listener, log); err != nil {
		return err
	}
	if own != nil && own.err() != nil {
		return own.err()
	}
	log.Info("winback has stopped")
	return nil
}

// listen opens the port of the HTTP listener, if there is to be one.
func listen(ctx context.Context, cfg api.Config) (*api.Server, error) {
	if cfg.Listen == "" {
		return nil, nil
	}
	return api.Listen(ctx, cfg)
}

// run works until ctx ends, or the pipeline or the listener fails.
func (s *service) run(ctx context.Context, listener *api.Server, log *slog.Logger) error {
	both, ctx := errgroup.WithContext(ctx)
	if listener != nil {
		log.Info("metrics and health are served", "address", listener.Addr())
		both.Go(func() error { return listener.Serve(ctx, s.pipeline, buildVersion()) })
	}
	both.Go(func() error { return s.pipeline.Run(ctx) })
	return both.Wait()
}

// makeInput makes the input topic on an embedded broker, where nobody else would. One that is there keeps its partitions.
func makeInput(ctx context.Context, c *config.Config, partitions int) error {
	conn, err := c.Kafka.Connect()
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Partitions(ctx, c.Input.Topic); err == nil {
		return nil
	}
	return conn.EnsureTopic(ctx, c.Input.Topic, partitions, c.Topics.TopicConfig)
}

// service is a pipeline with everything it is connected to.
type service struct {
	conn       *ingest.Connection
	sink       *clickhouse.Sink
	pipeline   *pipeline.Pipeline
	vocabulary *schemas.Vocabulary
	partitions int
}

func (s *service) close() error {
	err := s.sink.Close()
	s.conn.Close()
	return err
}

// serviceOptions are what the flags say beside the configuration.
type serviceOptions struct {
	migrate       bool
	rebuild       string
	triggersSince int64 // Unix milliseconds
}

// openService connects to Kafka and ClickHouse and puts the pipeline together. Nothing is made before both have answered, and nothing
// stays open on error.
func openService(ctx context.Context, c *config.Config, options serviceOptions, a *app, log *slog.Logger) (*service, error) {
	s := &service{}
	var err error
	if s.conn, err = c.Kafka.Connect(); err != nil {
		return nil, err
	}
	if s.partitions, err = s.conn.Partitions(ctx, c.Input.Topic); err != nil {
		s.conn.Close()
		return nil, err
	}
	if s.sink, err = clickhouse.Open(ctx, c.ClickHouse, log); err != nil {
		s.conn.Close()
		return nil, err
	}
	if err = readyTables(ctx, s.sink, options.migrate, log); err == nil {
		err = pipeline.CheckOffsets(ctx, s.conn, c.Input.Config, options.rebuild, s.sink) // before the other topics: their remedies do not help then
	}
	if err == nil {
		err = s.topics(ctx, c)
	}
	if err == nil {
		s.pipeline, err = s.assemble(c, options, a, log)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// topics makes the topics for output if need be, with as many partitions as the input has.
func (s *service) topics(ctx context.Context, c *config.Config) error {
	for _, topic := range []string{c.Triggers.Topic, c.DeadLetters.Topic} {
		if err := s.conn.EnsureTopic(ctx, topic, s.partitions, c.Topics.TopicConfig); err != nil {
			return err
		}
	}
	return nil
}

func (s *service) assemble(c *config.Config, options serviceOptions, a *app, log *slog.Logger) (*pipeline.Pipeline, error) {
	var err error
	if s.vocabulary, err = c.Scorer.Vocabulary(); err != nil {
		return nil, err
	}
	rules, err := scorer.Compile(c.Scorer, s.vocabulary, c.Model)
	if err != nil {
		return nil, err
	}
	m, err := mapping.Compile(c.Mapping, s.vocabulary)
	if err != nil {
		return nil, err
	}
	return pipeline.New(c.Pipeline, pipeline.Parts{
		Connection: s.conn, Ingest: c.Input.Config, Mapping: m, Vocabulary: s.vocabulary, Rules: rules, State: c.PartitionState(),
		Triggers:    triggers.New(s.conn.Client(), c.Triggers, log),
		DeadLetters: deadletter.New(s.conn.Client(), c.DeadLetters, c.Input.Topic, log),
		Rows:        s.sink,
		Delivered:   pipeline.TriggerLog{Connection: s.conn, Topic: c.Triggers.Topic, SkipBatches: c.Input.SkipBatches, Log: log},
		Rebuild:     options.rebuild, TriggersSince: options.triggersSince,
		Now: a.now, Log: log,
	})
}

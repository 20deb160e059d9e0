package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"winback/pipeline/config"
	"winback/pipeline/ingest"
	"winback/pipeline/repartition"
	"winback/schemas/mapping"
	"winback/sinks/produce"
)

// repartitionFlags are the flags of repartition.
type repartitionFlags struct {
	to          string
	partitions  int
	partitioner string
	unchecked   bool
	follow      bool
}

func (a *app) repartitionCommand() *cobra.Command {
	var f repartitionFlags
	c := &cobra.Command{
		Use: "repartition --to TOPIC", Short: "Copy the input topic into a new one, so that each user's events lie in one partition again",
		Long: `For an input topic that has got more partitions: users have moved to other partitions, away from their past. Copies every record
that a consumer would read, from the earliest one retained on, into a new topic, each to the partition that the producers
themselves choose for its key. Key, value, headers and timestamp are kept, and the events of a new partition are in the order of
their time (docs/operations.md).

The copy ends where the input topic ended at its start. With --follow it goes on until it is interrupted, so that the producers can
be switched over without a gap; its end is then where the input topic ended at the interruption.

How the producers choose partitions is compared with the newest records of the input topic. The partitioners known:
` + partitionerHelp(),
		Example: `  winback repartition --to events-8 --partitions 8
  winback repartition --to events-8 --partitions 8 --partitioner crc32 --follow`,
		Args: cobra.NoArgs, ValidArgsFunction: nothing,
		RunE: func(c *cobra.Command, _ []string) error { return a.repartition(c.Context(), &f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.to, "to", "", "the new `TOPIC`; one that exists must be empty")
	flags.IntVar(&f.partitions, "partitions", 0, "how many partitions the new topic is made with; 0: as many as the input topic has")
	flags.StringVar(&f.partitioner, "partitioner", "murmur2", "how the producers choose partitions: "+strings.Join(partitionerNames(), ", "))
	flags.BoolVar(&f.unchecked, "unchecked", false, "do not compare the partitioner with what the producers have done")
	flags.BoolVar(&f.follow, "follow", false, "go on copying until interrupted")
	must(c.RegisterFlagCompletionFunc("partitioner", cobra.FixedCompletions(partitionerNames(), cobra.ShellCompDirectiveNoFileComp)))
	return c
}

func partitionerNames() (names []string) {
	for _, p := range produce.Partitioners() {
		names = append(names, p.Name)
	}
	return names
}

func partitionerHelp() string {
	var text strings.Builder
	for _, p := range produce.Partitioners() {
		fmt.Fprintf(&text, "  %-15s  %s\n", p.Name, p.Clients)
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// config is the copy that the flags ask for.
func (f *repartitionFlags) config(c *config.Config) (repartition.Config, error) {
	cfg := repartition.Config{
		From: c.Input.Topic, To: f.to, Partitions: f.partitions, Partitioner: f.partitioner, Unchecked: f.unchecked, Follow: f.follow,
		Fetch: c.Input.FetchConfig, Topic: c.Topics.TopicConfig,
	}
	switch f.to {
	case "":
		return cfg, usageError{errors.New("--to is missing: name the new topic")}
	case c.Triggers.Topic, c.DeadLetters.Topic:
		return cfg, usageError{fmt.Errorf("--to %s: that is the topic of triggers or of dead letters: name another", f.to)}
	}
	if err := cfg.Validate(); err != nil {
		return cfg, usageError{err}
	}
	return cfg, nil
}

func (a *app) repartition(ctx context.Context, f *repartitionFlags) error {
	loaded, err := a.load(config.Engine | config.Stream | config.Sinks)
	if err != nil {
		return err
	}
	c := &loaded.Config
	cfg, err := f.config(c)
	if err != nil {
		return err
	}
	vocabulary, err := c.Scorer.Vocabulary()
	if err != nil {
		return err
	}
	m, err := mapping.Compile(c.Mapping, vocabulary)
	if err != nil {
		return err
	}
	conn, err := c.Kafka.Connect()
	if err != nil {
		return err
	}
	defer conn.Close()
	report, err := a.copyTopic(ctx, c, cfg, conn, m)
	if err != nil {
		return err
	}
	return a.showCopy(context.WithoutCancel(ctx), c, &cfg, conn, report)
}

// copyTopic makes the copy. What was copied before a fault or an interruption is said, since it stays in the new topic.
func (a *app) copyTopic(ctx context.Context, c *config.Config, cfg repartition.Config, conn *ingest.Connection, m *mapping.Mapping) (*repartition.Report, error) {
	bar := a.newProgress("copying", false)
	defer func() { bar.end() }()
	parts := repartition.Parts{
		Connection: conn, Mapping: m, Log: a.log(c.Log),
		Progress: func(done, total int64) { bar.show(done, total) },
		CaughtUp: func(r *repartition.Report) {
			bar.end()
			a.complain("%s copied: copying on what reaches %s; let the producers write to %s, and interrupt this when none writes to %s any more",
				counted(r.Total(), "record"), cfg.From, cfg.To, cfg.From)
			bar = a.newProgress("following", false)
		},
	}
	work, err := repartition.Open(ctx, cfg, parts)
	if err != nil {
		return nil, err
	}
	defer work.Close()
	report, err := work.Run(ctx)
	if err != nil {
		bar.end()
		a.complain("broken off: %s of %s were handed to topic %s, which is not complete: delete it before you begin anew", counted(report.Total(), "record"), cfg.From, cfg.To)
	}
	return report, err
}

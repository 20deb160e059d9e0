package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go"
	"github.com/spf13/cobra"

	"winback/pipeline"
	"winback/pipeline/config"
	"winback/pipeline/config/layers"
	"winback/sinks/clickhouse"
)

// finding is what one check of the doctor found.
type finding struct {
	Check  string `json:"check"`
	Status string `json:"status"`
	Detail string `json:"detail"` // for what is not ok: the cause and the remedy
}

// The states of a finding.
const (
	statusOK   = "ok"
	statusWarn = "warn"
	statusFail = "FAIL"
	statusSkip = "skip" // not looked at, because of an earlier failure
)

// doctor collects findings. What it asks of Kafka and ClickHouse are fields, so that a test can answer. A nil one is not asked.
type doctor struct {
	c          *config.Config
	findings   []finding
	partitions func(ctx context.Context, topic string) (int, error)
	settings   func(ctx context.Context, topic string) (map[string]string, error)
	sample     func(ctx context.Context) (sample, error)
	group      func(ctx context.Context, group string) error
	offsets    func(ctx context.Context) error
	clickhouse func(ctx context.Context) (server, error)
	clock      clockSample // filled by sample
}

// server is what the doctor asks of ClickHouse.
type server interface {
	Version(ctx context.Context) (string, error)
	SchemaVersion(ctx context.Context) (have, want int64, err error)
	Lacking(ctx context.Context) ([]clickhouse.Problem, error)
	Compare(ctx context.Context) ([]clickhouse.Problem, error)
	TryInserts(ctx context.Context) ([]clickhouse.Problem, error)
	PushedTo(ctx context.Context) ([]string, error)
	CheckHistories(ctx context.Context) (clickhouse.Histories, error)
	Close() error
}

func (a *app) doctorCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use: "doctor", Short: "Check the configuration, Kafka and ClickHouse, and say how to mend what is wrong",
		Long: `Checks, and changes nothing: the configuration; that Kafka answers and lets us in; that the input topic is there and its
newest records are events by the mapping, with clocks that do not run ahead of the rest; that no consumers of another kind use the group, and that its
offsets are of this topic, as it is cut into partitions now; that
the topic keeps events for as long as the windows reach; that the topics for triggers and dead letters have its partition count; that
ClickHouse answers and is recent enough; that its tables, columns and views are those that winback migrate makes; that this user may insert
(tried without a row); and that no user's history has rows missing.
Exits with 1 if something fails; a warning is mended by itself or can wait.`,
		Args: cobra.NoArgs, ValidArgsFunction: nothing,
		RunE: func(c *cobra.Command, _ []string) error { return a.doctor(c.Context(), output) },
	}
	outputFlag(c, &output, outputText, outputJSON)
	return c
}

func (a *app) doctor(ctx context.Context, output string) error {
	loaded, err := a.load(config.Everything)
	d := &doctor{c: &loaded.Config}
	d.configuration(err)
	if err == nil {
		conn, err := d.c.Kafka.Connect()
		if err != nil {
			d.fail("kafka", err)
		} else {
			defer conn.Close()
			d.clock.latest = a.now().UnixMilli() + int64(d.c.Pipeline.MaxSkew)
			d.partitions, d.group = conn.Partitions, conn.CheckGroup
			d.offsets = func(ctx context.Context) error { return pipeline.CheckOffsets(ctx, conn, d.c.Input.Config, "", nil) }
			d.settings = func(ctx context.Context, topic string) (map[string]string, error) {
				return topicSettings(ctx, conn.Client(), topic)
			}
			d.sample = func(ctx context.Context) (sample, error) { return takeSample(ctx, conn, d.c, &d.clock) }
		}
		d.clickhouse = func(ctx context.Context) (server, error) { return clickhouse.Open(ctx, d.c.ClickHouse, a.log(d.c.Log)) }
	}
	d.examine(ctx)
	return a.showFindings(d.findings, output)
}

// examine asks Kafka and ClickHouse, as far as there is somebody to ask.
func (d *doctor) examine(ctx context.Context) {
	if d.partitions != nil {
		d.topics(ctx)
	} else {
		d.add("kafka", statusSkip, "not asked")
	}
	if d.clickhouse != nil {
		d.tables(ctx)
	} else {
		d.add("clickhouse", statusSkip, "not asked")
	}
}

// add notes a finding in one line.
func (d *doctor) add(check, status, detail string) {
	d.findings = append(d.findings, finding{check, status, strings.ReplaceAll(detail, "\n", "; ")})
}

func (d *doctor) fail(check string, err error) { d.add(check, statusFail, err.Error()) }

func (d *doctor) configuration(err error) {
	var faults layers.Faults
	switch {
	case err == nil:
		d.add("configuration", statusOK, "every setting makes sense")
	case errors.As(err, &faults):
		for _, fault := range faults {
			d.add("configuration", statusFail, fault.String())
		}
	default:
		d.fail("configuration", err)
	}
}

func (d *doctor) topics(ctx context.Context) {
	input, err := d.partitions(ctx, d.c.Input.Topic)
	if errors.Is(err, kafka.UnknownTopicOrPartition) {
		d.add("kafka", statusOK, strings.Join(d.c.Kafka.Brokers, ", ")+" answers")
		d.fail("input topic", err)
	} else if err != nil {
		d.fail("kafka", err)
		d.add("topics", statusSkip, "not asked")
		return
	} else {
		d.add("kafka", statusOK, strings.Join(d.c.Kafka.Brokers, ", ")+" answers")
		d.add("input topic", statusOK, fmt.Sprintf("%s has %s", d.c.Input.Topic, counted(input, "partition")))
		d.retention(ctx)
		d.mapping(ctx)
		d.clocks()
	}
	d.consumerGroup(ctx, err == nil)
	d.output(ctx, "trigger topic", d.c.Triggers.Topic, input)
	d.output(ctx, "dead-letter topic", d.c.DeadLetters.Topic, input)
}

// consumerGroup says whether the group is free for this kind of consumer, and whether it can go on from its offsets in the topic, if there is one.
func (d *doctor) consumerGroup(ctx context.Context, topic bool) {
	const check = "consumer group"
	err := d.group(ctx, d.c.Input.Group)
	if err == nil && topic {
		err = d.offsets(ctx)
	}
	if err != nil {
		d.fail(check, err)
		return
	}
	d.add(check, statusOK, d.c.Input.Group+" can be joined")
}

// output looks at a topic that must have as many partitions as the input, 0 if that is not known.
func (d *doctor) output(ctx context.Context, check, topic string, input int) {
	have, err := d.partitions(ctx, topic)
	switch {
	case errors.Is(err, kafka.UnknownTopicOrPartition):
		d.add(check, statusWarn, fmt.Sprintf("%s does not exist: winback run makes it, if it may", topic))
	case err != nil:
		d.fail(check, err)
	case input > 0 && have != input:
		d.add(check, statusFail, fmt.Sprintf("%s has %s and the input topic %d: add partitions to it if it has fewer, or name another", topic, counted(have, "partition"), input))
	default:
		d.add(check, statusOK, fmt.Sprintf("%s has %s", topic, counted(have, "partition")))
	}
}

func (a *app) showFindings(findings []finding, output string) error {
	failed := false
	to := json.NewEncoder(a.stdout)
	for _, f := range findings {
		failed = failed || f.Status == statusFail
		var err error
		if output == outputJSON {
			err = to.Encode(f)
		} else {
			_, err = fmt.Fprintf(a.stdout, "%-4s  %-17s  %s\n", f.Status, f.Check, f.Detail)
		}
		if err != nil {
			return err
		}
	}
	if failed {
		return errReported
	}
	return nil
}

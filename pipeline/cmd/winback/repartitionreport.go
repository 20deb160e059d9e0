package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"winback/pipeline/config"
	"winback/pipeline/ingest"
	"winback/pipeline/repartition"
)

// showCopy prints what was copied, and what to do next.
func (a *app) showCopy(ctx context.Context, c *config.Config, cfg *repartition.Config, conn *ingest.Connection, r *repartition.Report) error {
	var text strings.Builder
	fmt.Fprintf(&text, "Copied %s of topic %s (%s) to topic %s (%s), all acknowledged\n", counted(r.Total(), "record"),
		cfg.From, counted(r.Sources, "partition"), cfg.To, counted(len(r.Records), "partition"))
	for partition, records := range r.Records {
		fmt.Fprintf(&text, "  partition %d: %s\n", partition, counted(records, "record"))
	}
	writeEvidence(&text, cfg, r)
	writeRemarks(&text, cfg, r)
	text.WriteString("Next:\n")
	for i, step := range nextSteps(ctx, c, cfg, conn, r) {
		fmt.Fprintf(&text, "  %d. %s\n", i+1, step)
	}
	_, err := io.WriteString(a.stdout, text.String())
	return err
}

// writeEvidence says why the partitioner is believed to be the producers'.
func writeEvidence(text *strings.Builder, cfg *repartition.Config, r *repartition.Report) {
	e := r.Evidence
	switch {
	case e.Keys == 0:
		fmt.Fprintf(text, "Partitioner %s, not compared with what the producers do\n", cfg.Partitioner)
	case len(e.Rivals) > 0:
		fmt.Fprintf(text, "Partitioner %s, which the %s of the newest records cannot tell from %s: see that it is the producers'\n",
			cfg.Partitioner, counted(e.Keys, "key"), strings.Join(e.Rivals, ", "))
	case e.Fit < e.Keys:
		fmt.Fprintf(text, "Partitioner %s, as %s of the newest %s say; the others were put elsewhere: see that all producers choose alike\n",
			cfg.Partitioner, grouped(e.Fit), counted(e.Keys, "key"))
	default:
		fmt.Fprintf(text, "Partitioner %s, as the newest %s say\n", cfg.Partitioner, counted(e.Keys, "key"))
	}
}

// writeRemarks names what is not as one would wish.
func writeRemarks(text *strings.Builder, cfg *repartition.Config, r *repartition.Report) {
	if r.Given > 0 {
		fmt.Fprintf(text, "%s without a key got the user id for one: let the producers send it, or such users scatter again\n", counted(r.Given, "record"))
	}
	if r.Keyless > 0 {
		fmt.Fprintf(text, "%s without a key went over as they were: they are dead letters to the service\n", counted(r.Keyless, "record"))
	}
	if r.Beside > 0 {
		fmt.Fprintf(text, "Topic %s has %s more than were copied: of producers that write to it already, or of batches sent twice because an answer was lost\n",
			cfg.To, counted(r.Beside, "record"))
	}
	if r.Gone > 0 {
		fmt.Fprintf(text, "Topic %s has deleted %s again: raise its retention.ms or retention.bytes, delete it, and begin anew\n", cfg.To, counted(r.Gone, "record"))
	}
}

// nextSteps says how to put the new topic into service.
func nextSteps(ctx context.Context, c *config.Config, cfg *repartition.Config, conn *ingest.Connection, r *repartition.Report) (steps []string) {
	if r.Behind > 0 {
		steps = append(steps, fmt.Sprintf("%s have reached topic %s since, and are not copied: if they are not to be missed, delete %s and repeat this with --follow",
			counted(r.Behind, "record"), cfg.From, cfg.To))
	}
	steps = append(steps,
		fmt.Sprintf("let the producers write to topic %s, if they do not yet", cfg.To),
		fmt.Sprintf("stop every member of winback, and set input.topic: %s", cfg.To))
	for _, output := range []struct{ setting, topic string }{{"triggers.topic", c.Triggers.Topic}, {"dead_letters.topic", c.DeadLetters.Topic}} {
		if have, err := conn.Partitions(ctx, output.topic); err == nil && have != len(r.Records) {
			steps = append(steps, fmt.Sprintf("topic %s has %s and needs %d: add partitions to it if it has fewer, or name another in %s", output.topic, counted(have, "partition"), len(r.Records), output.setting))
		}
	}
	return append(steps, "winback run --triggers-since TIME, with the time at which the members were stopped: without it, triggers of the past are sent again, under the ids that they had")
}

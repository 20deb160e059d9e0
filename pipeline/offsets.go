package pipeline

import (
	"context"
	"fmt"

	"winback/pipeline/ingest"
)

// CheckOffsets tells beforehand what a start would meet in one of its partitions: that the group's offsets are of another log, of another number
// of partitions, or beyond the end. rebuild is that of Parts.
func CheckOffsets(ctx context.Context, conn *ingest.Connection, cfg ingest.Config, rebuild string) error {
	topic, err := conn.Topic(ctx, cfg.Topic)
	if err != nil {
		return err
	}
	first, end, err := conn.Offsets(ctx, cfg.Topic)
	if err != nil {
		return err
	}
	all, err := conn.Committed(ctx, cfg.Group, cfg.Topic, min(topic.Partitions, len(end)))
	if err != nil {
		return err
	}
	texts := make([]string, len(all))
	for i, c := range all {
		texts[i] = c.Note
	}
	newest := newestBuild(texts)
	for i, c := range all {
		f := found{
			group: cfg.Group, topicID: topic.ID.String(), partitions: topic.Partitions, first: first[i], end: end[i], committed: c.Offset, text: c.Note, newest: newest,
		}
		if _, err := f.begin(rebuild); err != nil {
			return fmt.Errorf("topic %s, partition %d: %w", cfg.Topic, i, err)
		}
	}
	return nil
}

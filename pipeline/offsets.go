package pipeline

import (
	"context"
	"fmt"

	"winback/pipeline/ingest"
)

// Stored tells whether rows of a topic are stored under the name of a build.
type Stored interface {
	HasBuild(ctx context.Context, topic, build string) (bool, error)
}

// CheckOffsets tells beforehand what a start would meet in one of its partitions: that the group's offsets are of another log, of another number
// of partitions, or beyond the end. It also tells that they are gone and rows are there, which a start cannot know. rebuild is that of Parts; without
// rows, nil, they are not asked.
func CheckOffsets(ctx context.Context, conn *ingest.Connection, cfg ingest.Config, rebuild string, rows Stored) error {
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
	texts, begun := make([]string, len(all)), false
	for i, c := range all {
		texts[i], begun = c.Note, begun || c.Offset >= 0
	}
	if !begun && rows != nil {
		return checkNoRows(ctx, cfg, rebuild, rows)
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

// checkNoRows refuses to begin a build under the name of one that is there. A build commits before its first row, so its offsets were lost: brokers
// forget them when the topic is deleted, and some days after the last member has left. What is read now may be another log, whose rows would mix with
// those of the old one, and whose triggers would pass for sent.
func checkNoRows(ctx context.Context, cfg ingest.Config, rebuild string, rows Stored) error {
	build := cfg.Group
	if rebuild != "" {
		build += "/" + rebuild
	}
	found, err := rows.HasBuild(ctx, cfg.Topic, build)
	if err != nil || !found {
		return err
	}
	return fmt.Errorf("group %s has no offset in topic %s any more, and ClickHouse has rows of its build %s: the topic was deleted and made anew, the group was deleted, "+
		"or it was without members for longer than the brokers' offsets.retention.minutes: `winback run --rebuild NAME`, with another NAME, builds the state anew beside these rows, "+
		"and --triggers-since TIME sends no triggers of the past (docs/operations.md)", cfg.Group, cfg.Topic, build)
}

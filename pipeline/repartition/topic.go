package repartition

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/segmentio/kafka-go"

	"winback/pipeline/ingest"
)

// What is asked of topics' settings.
const (
	timestampSetting = "message.timestamp.type"
	createTime       = "CreateTime"
	logAppendTime    = "LogAppendTime"
	setOnTopic       = 1 // the source of a setting that is the topic's own
)

// makeTarget makes the new topic if it does not exist, and refuses one that is not empty. It returns its number of partitions and where they end.
func (c *Copy) makeTarget(ctx context.Context, source int) (ends []int64, err error) {
	to := c.cfg.To
	have, err := c.conn.Partitions(ctx, to)
	switch {
	case errors.Is(err, kafka.UnknownTopicOrPartition):
		err = c.create(ctx, source)
	case err != nil:
	case c.cfg.Partitions > 0 && c.cfg.Partitions != have:
		err = fmt.Errorf("topic %s exists and has %d partitions, not %d: delete it, or name another", to, have, c.cfg.Partitions)
	default:
		err = c.checkTimestamps(ctx)
	}
	if err != nil {
		return nil, err
	}
	first, ends, err := c.conn.Offsets(ctx, to)
	if err != nil {
		return nil, err
	}
	for p := range ends {
		if first[p] != ends[p] {
			return nil, fmt.Errorf("topic %s is not empty: partition %d has %d records, and a copy would stand beside them: delete the topic, or name another; a copy that was broken off is begun anew",
				to, p, ends[p]-first[p])
		}
	}
	return ends, nil
}

// create makes the new topic as the old one is, so that it keeps records for as long.
func (c *Copy) create(ctx context.Context, source int) error {
	as, err := c.likeSource(ctx)
	if err != nil {
		return err
	}
	partitions := c.cfg.Partitions
	if partitions == 0 {
		partitions = source
	}
	return c.conn.EnsureTopic(ctx, c.cfg.To, partitions, as)
}

// likeSource is the old topic's own settings and number of copies, over those of the configuration. The new topic keeps the timestamps it
// is given, whatever the cluster's default is: by the time of the copy nothing could be deleted in time, nor an event be dated.
func (c *Copy) likeSource(ctx context.Context) (ingest.TopicConfig, error) {
	as := c.cfg.Topic
	own, err := c.settings(ctx, c.cfg.From)
	switch {
	case errors.Is(err, kafka.TopicAuthorizationFailed), errors.Is(err, kafka.ClusterAuthorizationFailed):
		c.log.Warn("this user may not read the settings of the old topic (DESCRIBE_CONFIGS), so the new one does not get them: see that it keeps records for as long",
			"topic", c.cfg.From, "new", c.cfg.To)
	case err != nil:
		return as, fmt.Errorf("the settings of topic %s: %w", c.cfg.From, err)
	}
	merged := maps.Clone(as.Settings)
	if merged == nil {
		merged = map[string]string{}
	}
	for name, s := range own {
		if s.own {
			merged[name] = s.value
		}
	}
	if own["retention.ms"].own {
		as.Retention = 0
	}
	merged[timestampSetting] = createTime
	as.Settings = merged
	as.Replication, err = c.replication(ctx)
	return as, err
}

// replication is the configured number of copies, or that of the old topic.
func (c *Copy) replication(ctx context.Context) (int, error) {
	if c.cfg.Topic.Replication > 0 {
		return c.cfg.Topic.Replication, nil
	}
	answer, err := c.conn.Client().Metadata(ctx, &kafka.MetadataRequest{Topics: []string{c.cfg.From}})
	if err != nil {
		return 0, fmt.Errorf("the copies of topic %s: %w", c.cfg.From, err)
	}
	copies := 0
	for _, t := range answer.Topics {
		for _, p := range t.Partitions {
			copies = max(copies, len(p.Replicas))
		}
	}
	return copies, nil
}

// checkTimestamps refuses an existing topic that would date every record anew.
func (c *Copy) checkTimestamps(ctx context.Context) error {
	if all, err := c.settings(ctx, c.cfg.To); err == nil && all[timestampSetting].value == logAppendTime { // whoever may not ask has made it with care
		return fmt.Errorf("topic %s dates records by when they arrive (%s=%s), and a copy would lose their timestamps: set it to %s for the time of the copy",
			c.cfg.To, timestampSetting, logAppendTime, createTime)
	}
	return nil
}

// setting is a topic's; own ones are set on the topic itself.
type setting struct {
	value string
	own   bool
}

func (c *Copy) settings(ctx context.Context, topic string) (map[string]setting, error) {
	answer, err := c.conn.Client().DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{{
		ResourceType: kafka.ResourceTypeTopic, ResourceName: topic,
	}}})
	if err != nil {
		return nil, err
	}
	all := map[string]setting{}
	for _, resource := range answer.Resources {
		if resource.Error != nil {
			return nil, resource.Error
		}
		for _, e := range resource.ConfigEntries {
			all[e.ConfigName] = setting{e.ConfigValue, e.ConfigSource == setOnTopic && !e.ReadOnly && !strings.HasPrefix(e.ConfigName, "confluent.")}
		}
	}
	return all, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"

	"winback/pipeline/config"
	"winback/schemas"
	"winback/scorer"
)

// The topic settings that decide whether a restart finds the events that the windows hold.
const (
	retentionSetting = "retention.ms"
	cleanupSetting   = "cleanup.policy"
)

// topicSettings asks for a topic's settings; those that the cluster does not report are missing.
func topicSettings(ctx context.Context, client *kafka.Client, topic string) (map[string]string, error) {
	answer, err := client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{{
		ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, ConfigNames: []string{retentionSetting, cleanupSetting},
	}}})
	if err != nil {
		return nil, err
	}
	settings := map[string]string{}
	for _, resource := range answer.Resources {
		if resource.Error != nil {
			return nil, resource.Error
		}
		for _, entry := range resource.ConfigEntries {
			settings[entry.ConfigName] = entry.ConfigValue
		}
	}
	return settings, nil
}

// lookBack is how far behind the watermark the windows reach.
func lookBack(c *config.Config) (schemas.Duration, error) {
	vocabulary, err := c.Scorer.Vocabulary()
	if err != nil {
		return 0, err
	}
	rules, err := scorer.Compile(c.Scorer, vocabulary, c.Model)
	if err != nil {
		return 0, err
	}
	return schemas.Duration(rules.Retention()), nil
}

// retention says whether the input topic keeps events for as long as the windows reach: a restart rebuilds them from there.
func (d *doctor) retention(ctx context.Context) {
	const check = "retention"
	settings, err := d.settings(ctx, d.c.Input.Topic)
	if errors.Is(err, kafka.TopicAuthorizationFailed) || errors.Is(err, kafka.ClusterAuthorizationFailed) {
		d.add(check, statusSkip, "not told: this user lacks DESCRIBE_CONFIGS on the topic")
		return
	} else if err != nil {
		d.add(check, statusSkip, fmt.Sprintf("not told: %v", err))
		return
	}
	wanted, err := lookBack(d.c)
	if err != nil {
		d.fail(check, err)
		return
	}
	kept, err := strconv.ParseInt(settings[retentionSetting], 10, 64)
	switch topic := d.c.Input.Topic; {
	case strings.Contains(settings[cleanupSetting], "compact"):
		d.add(check, statusWarn, fmt.Sprintf("%s is compacted, which leaves each user one event: windows cannot be rebuilt from it at a restart: set its %s to delete", topic, cleanupSetting))
	case err != nil:
		d.add(check, statusSkip, "not told: the cluster does not say "+retentionSetting)
	case kept >= 0 && schemas.Duration(kept) < wanted:
		d.add(check, statusWarn, fmt.Sprintf("%s keeps %v and the windows reach back %v: a restart, which reads it again, would forget the rest: set its %s to %d or more",
			topic, schemas.Duration(kept), wanted, retentionSetting, wanted.Milliseconds()))
	case kept < 0:
		d.add(check, statusOK, fmt.Sprintf("%s keeps everything; the windows reach back %v", topic, wanted))
	default:
		d.add(check, statusOK, fmt.Sprintf("%s keeps %v; the windows reach back %v", topic, schemas.Duration(kept), wanted))
	}
}

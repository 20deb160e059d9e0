package produce

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"winback/schemas/secure"
	"winback/sinks/retry"
)

// diagnosis decides, for one batch, which errors waiting mends and which it does not.
type diagnosis struct {
	writer       *Writer
	partition    int32
	unknownSince time.Time // zero while the topic is known
}

// classify returns nil, an error to retry, or a retry.Fatal that names the remedy.
func (d *diagnosis) classify(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if unknown(err) {
		err = d.lookUp(ctx, err)
	} else {
		d.unknownSince = time.Time{}
	}
	if remedy := remedyFor(err); remedy != "" {
		return retry.Fatal(fmt.Errorf("topic %q partition %d: %w: %s", d.writer.topic, d.partition, err, remedy))
	}
	return fmt.Errorf("partition %d: %w", d.partition, err)
}

func unknown(err error) bool {
	return errors.Is(err, protocol.ErrNoTopic) || errors.Is(err, protocol.ErrNoPartition) || errors.Is(err, kafka.UnknownTopicOrPartition)
}

// errUnknown is a topic or partition that the cluster has answered not to know for longer than a new one takes to appear.
var errUnknown = errors.New("the topic or its partition does not exist")

// lookUp finds out what is behind "unknown topic": kafka-go says so too when it has never reached a broker.
func (d *diagnosis) lookUp(ctx context.Context, err error) error {
	if _, cause := d.writer.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{d.writer.topic}}); cause != nil {
		d.unknownSince = time.Time{}
		return cause
	}
	if d.unknownSince.IsZero() {
		d.unknownSince = time.Now()
	}
	if time.Since(d.unknownSince) < d.writer.cfg.UnknownTopicAfter.Std() {
		return err
	}
	return errUnknown
}

// remedyFor is empty for errors that may heal by themselves.
func remedyFor(err error) string {
	switch {
	case errors.Is(err, errUnknown):
		return "create it with at least as many partitions as the input topic has"
	case errors.Is(err, kafka.TopicAuthorizationFailed), errors.Is(err, kafka.ClusterAuthorizationFailed):
		return "grant this user Write and Describe on the topic"
	case errors.Is(err, kafka.SASLAuthenticationFailed), errors.Is(err, kafka.UnsupportedSASLMechanism), errors.Is(err, kafka.IllegalSASLState):
		return "check the SASL mechanism, user and password"
	case errors.Is(err, kafka.MessageSizeTooLarge), errors.Is(err, kafka.RecordListTooLarge):
		return "raise the topic's max.message.bytes, or lower max_bytes"
	case errors.Is(err, kafka.InvalidTimestamp):
		return "the record's time is outside what the topic accepts: raise its message.timestamp.before.max.ms or message.timestamp.after.max.ms, or send no time"
	case errors.Is(err, kafka.UnsupportedCompressionType):
		return "set compression to one that the topic accepts"
	case secure.Refused(err):
		return "check the TLS settings: the certificate authority, the host name, and whether the broker speaks TLS there"
	}
	return otherRemedy(err)
}

// otherRemedy goes by Kafka's own list of errors worth a retry. Three that it does not list come and go with brokers.
func otherRemedy(err error) string {
	var code kafka.Error
	if !errors.As(err, &code) || code.Temporary() {
		return ""
	}
	switch code {
	case kafka.Unknown, kafka.BrokerNotAvailable, kafka.ReplicaNotAvailable:
		return ""
	}
	return "the broker refuses the records for good: check the topic's configuration"
}

package ingest

import (
	"context"
	"fmt"
	"io"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/metadata"
)

// topicQuery asks a broker about one topic. The Transport answers metadata requests from a cache of all topics, which is seconds old
// and cannot tell a topic that is unknown from one that is not permitted; this one goes over the wire.
type topicQuery struct {
	topic    string
	clientID string
	version  int16
}

// topicAnswer keeps the Transport from taking the answer for that of a request of its own.
type topicAnswer struct{ *metadata.Response }

func (q *topicQuery) ApiKey() protocol.ApiKey                 { return protocol.Metadata }
func (q *topicQuery) Prepare(version int16)                   { q.version = version }
func (q *topicQuery) Required(map[protocol.ApiKey]int16) bool { return true }

func (q *topicQuery) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	m, err := protocol.RoundTrip(rw, q.version, 1, q.clientID, &metadata.Request{TopicNames: []string{q.topic}})
	if err != nil {
		return nil, err
	}
	answer, ok := m.(*metadata.Response)
	if !ok || len(answer.Topics) != 1 {
		return nil, fmt.Errorf("a metadata response that is not about topic %s", q.topic)
	}
	return topicAnswer{answer}, nil
}

// describe asks what the cluster knows of a topic now.
func (c *Connection) describe(ctx context.Context, topic string) (*metadata.ResponseTopic, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	m, err := c.transport.RoundTrip(ctx, c.client.Addr, &topicQuery{topic: topic, clientID: c.transport.ClientID})
	if err != nil {
		return nil, err
	}
	answer, ok := m.(topicAnswer)
	if !ok {
		return nil, fmt.Errorf("a metadata response of type %T", m)
	}
	t := &answer.Topics[0]
	if code := kafka.Error(t.ErrorCode); code != 0 && (code != kafka.LeaderNotAvailable || len(t.Partitions) == 0) {
		return nil, code
	}
	return t, nil
}

// hasLeaders reports whether every partition of the topic has a leader.
func hasLeaders(t *metadata.ResponseTopic) bool {
	for i := range t.Partitions {
		if t.Partitions[i].LeaderID < 0 || t.Partitions[i].ErrorCode == int16(kafka.LeaderNotAvailable) {
			return false
		}
	}
	return len(t.Partitions) > 0
}

package ingest

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/metadata"
)

// TopicID tells a topic from another one that was made under its name later. It is zero if the brokers have none, before Kafka 2.8.
type TopicID [16]byte

// String writes the id as Kafka's own tools do; empty if there is none.
func (id TopicID) String() string {
	if id == (TopicID{}) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// topicQuery asks a broker about one topic. The Transport answers metadata requests from a cache of all topics, which is seconds old
// and cannot tell a topic that is unknown from one that is not permitted; this one goes over the wire. It speaks the versions that bear the
// topic's id by itself, which kafka-go does not know; older ones are left to kafka-go.
type topicQuery struct {
	topic    string
	clientID string
	version  int16
}

// The versions of Metadata that topicQuery speaks by itself.
const (
	metadataMinVersion = 10
	metadataMaxVersion = 12
)

// topicAnswer keeps the Transport from taking the answer for that of a request of its own.
type topicAnswer struct {
	code  int16
	topic Topic
}

func (topicAnswer) ApiKey() protocol.ApiKey { return protocol.Metadata }

func (q *topicQuery) ApiKey() protocol.ApiKey                 { return protocol.Metadata }
func (q *topicQuery) Prepare(version int16)                   { q.version = version }
func (q *topicQuery) Required(map[protocol.ApiKey]int16) bool { return true }

func (q *topicQuery) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	spoken, err := askVersions(rw, q.clientID)
	if err != nil {
		return nil, err
	}
	if version := spoken.choose(protocol.Metadata, metadataMinVersion, metadataMaxVersion); version > 0 {
		return q.exchange(rw, version)
	}
	m, err := protocol.RoundTrip(rw, q.version, 1, q.clientID, &metadata.Request{TopicNames: []string{q.topic}})
	if err != nil {
		return nil, err
	}
	answer, ok := m.(*metadata.Response)
	if !ok || len(answer.Topics) != 1 {
		return nil, fmt.Errorf("a metadata response that is not about topic %s", q.topic)
	}
	t := &answer.Topics[0]
	return topicAnswer{t.ErrorCode, Topic{Partitions: len(t.Partitions), led: hasLeaders(t)}}, nil
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

const metadataCorrelation = 0x57494e4d

func (q *topicQuery) exchange(rw io.ReadWriter, version int16) (protocol.Message, error) {
	if _, err := rw.Write(q.encode(version)); err != nil {
		return nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(rw, size[:]); err != nil {
		return nil, unexpected(err)
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxMetadata {
		return nil, fmt.Errorf("a metadata response of %d bytes about one topic: no Kafka broker sends that", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(rw, b); err != nil {
		return nil, unexpected(err)
	}
	return parseTopic(b)
}

// maxMetadata bounds what a response about one topic may take: 100,000 partitions of 5 replicas are some 6 MB.
const maxMetadata = 32 << 20

func (q *topicQuery) encode(version int16) []byte {
	be := binary.BigEndian
	b := make([]byte, 4, 64+len(q.clientID)+len(q.topic))
	b = be.AppendUint16(b, uint16(protocol.Metadata))
	b = be.AppendUint16(b, uint16(version))
	b = be.AppendUint32(b, metadataCorrelation)
	b = appendText(b, q.clientID)
	b = append(b, noTags)
	b = appendLength(b, 1)
	b = append(b, make([]byte, len(TopicID{}))...) // no id: the topic is asked for by name
	b = appendCompact(b, q.topic)
	b = append(b, noTags)
	b = append(b, 0) // the topic is not to be made
	if version == 10 {
		b = append(b, 0) // permissions on the cluster are not asked for
	}
	b = append(b, 0, noTags) // nor those on the topic
	be.PutUint32(b, uint32(len(b)-4))
	return b
}

var errMetadata = errors.New("a metadata response that does not hold together")

// parseTopic reads a response of version 10 to 12 about one topic. What follows the topic is not looked at.
func parseTopic(b []byte) (answer topicAnswer, err error) {
	in := wire{rest: b}
	if got := in.int32(); got != metadataCorrelation {
		return answer, fmt.Errorf("%w: correlation id %x", errMetadata, got)
	}
	in.tags()
	in.int32()                                      // throttled for so long
	for n := in.length(); n > 0 && !in.short; n-- { // brokers
		in.int32()
		in.compact()
		in.int32()
		in.compact()
		in.tags()
	}
	in.compact() // cluster
	in.int32()   // controller
	if n := in.length(); n != 1 {
		return answer, fmt.Errorf("%w: it is about %d topics", errMetadata, n)
	}
	answer.code = in.int16()
	in.compact() // name
	copy(answer.topic.ID[:], in.take(len(TopicID{})))
	in.take(1) // internal
	answer.topic.partitions(&in)
	if in.short {
		return answer, fmt.Errorf("%w: it ends early", errMetadata)
	}
	return answer, nil
}

func (t *Topic) partitions(in *wire) {
	t.Partitions = in.length()
	t.led = t.Partitions > 0
	for n := t.Partitions; n > 0 && !in.short; n-- {
		code := in.int16()
		in.int32() // number
		if leader := in.int32(); leader < 0 || code == int16(kafka.LeaderNotAvailable) {
			t.led = false
		}
		in.int32()    // the leader's epoch
		for range 3 { // replicas, those in sync, those offline
			in.take(4 * in.length())
		}
		in.tags()
	}
}

// describe asks what the cluster knows of a topic now.
func (c *Connection) describe(ctx context.Context, topic string) (Topic, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	m, err := c.transport.RoundTrip(ctx, c.client.Addr, &topicQuery{topic: topic, clientID: c.transport.ClientID})
	if err != nil {
		return Topic{}, err
	}
	answer, ok := m.(topicAnswer)
	if !ok {
		return Topic{}, fmt.Errorf("a metadata response of type %T", m)
	}
	if code := kafka.Error(answer.code); code != 0 && (code != kafka.LeaderNotAvailable || answer.topic.Partitions == 0) {
		return Topic{}, code
	}
	return answer.topic, nil
}

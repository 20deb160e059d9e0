package ingest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// fetchRequest asks the leader of one partition for records. kafka-go's Transport routes it, and lets it write and read the wire
// itself (protocol.RawExchanger), so that the records arrive as one slice. It serves one exchange only: after a failed or abandoned one
// the Transport may still be using it.
type fetchRequest struct {
	ctx       context.Context //nolint:containedctx // RawExchange is not given one
	buffers   *bufferPool
	clientID  string
	topic     string
	partition int32
	offset    int64
	maxBytes  int32
	maxWait   time.Duration
	version   int16
}

// The versions of Fetch that RawExchange speaks: from record batches (Kafka 0.11) on, until the encoding changed.
const (
	fetchMinVersion = 4
	fetchMaxVersion = 11
)

func (q *fetchRequest) ApiKey() protocol.ApiKey                 { return protocol.Fetch }
func (q *fetchRequest) Prepare(version int16)                   { q.version = version }
func (q *fetchRequest) Required(map[protocol.ApiKey]int16) bool { return true }

// Broker finds the partition's leader in what the Transport knows of the cluster.
func (q *fetchRequest) Broker(cluster protocol.Cluster) (protocol.Broker, error) {
	partition, ok := cluster.Topics[q.topic].Partitions[q.partition]
	if !ok {
		return protocol.Broker{ID: -1}, kafka.UnknownTopicOrPartition
	}
	leader, ok := cluster.Brokers[partition.Leader]
	if !ok {
		return protocol.Broker{ID: -1}, kafka.LeaderNotAvailable
	}
	return leader, nil
}

// RawExchange sends the request and reads the answer. The Transport does not break off an exchange whose ctx has ended, so this does:
// else a stop would wait for the broker's long poll.
func (q *fetchRequest) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	resume := context.AfterFunc(q.ctx, func() {
		if conn, ok := rw.(interface{ SetDeadline(time.Time) error }); ok {
			_ = conn.SetDeadline(time.Unix(1, 0)) // fails only on a closed connection
		}
	})
	answer, err := q.exchange(rw)
	if !resume() && err == nil {
		answer.release()
		err = context.Cause(q.ctx) // the connection's deadline has passed: an error keeps it from going back to the pool
	}
	if err != nil {
		return nil, err
	}
	return answer, nil
}

func (q *fetchRequest) exchange(rw io.ReadWriter) (*fetchResponse, error) {
	if q.version < fetchMinVersion || q.version > fetchMaxVersion {
		return nil, fmt.Errorf("%w: the broker speaks Fetch version %d, and versions %d to %d are known here", kafka.UnsupportedVersion, q.version, fetchMinVersion, fetchMaxVersion)
	}
	if _, err := rw.Write(q.encode()); err != nil {
		return nil, err
	}
	buffer, err := q.buffers.read(rw, int(q.maxBytes))
	if err != nil {
		return nil, err
	}
	answer := &fetchResponse{buffer: buffer, pool: q.buffers}
	if err := answer.parse(*buffer, q.version); err != nil {
		answer.release()
		return nil, err
	}
	return answer, nil
}

// fetchCorrelation marks question and answer; one request at a time is on a connection.
const fetchCorrelation = 0x57494e42

func (q *fetchRequest) encode() []byte {
	be := binary.BigEndian
	b := make([]byte, 4, 128+len(q.clientID)+len(q.topic))
	b = be.AppendUint16(b, uint16(protocol.Fetch))
	b = be.AppendUint16(b, uint16(q.version))
	b = be.AppendUint32(b, fetchCorrelation)
	b = appendText(b, q.clientID)
	b = be.AppendUint32(b, ^uint32(0)) // replica: none, a consumer
	b = be.AppendUint32(b, uint32(q.maxWait.Milliseconds()))
	b = be.AppendUint32(b, 1) // answer as soon as there is a byte
	b = be.AppendUint32(b, uint32(q.maxBytes))
	b = append(b, 1) // isolation: read committed
	if q.version >= 7 {
		b = be.AppendUint32(b, 0)          // no fetch session
		b = be.AppendUint32(b, ^uint32(0)) // nor an epoch of one
	}
	b = be.AppendUint32(b, 1)
	b = appendText(b, q.topic)
	b = be.AppendUint32(b, 1)
	b = be.AppendUint32(b, uint32(q.partition))
	if q.version >= 9 {
		b = be.AppendUint32(b, ^uint32(0)) // leader epoch: not checked
	}
	b = be.AppendUint64(b, uint64(q.offset))
	if q.version >= 5 {
		b = be.AppendUint64(b, ^uint64(0)) // log start: a follower's business
	}
	b = be.AppendUint32(b, uint32(q.maxBytes))
	if q.version >= 7 {
		b = be.AppendUint32(b, 0) // nothing forgotten
	}
	if q.version >= 11 {
		b = appendText(b, "") // rack
	}
	be.PutUint32(b, uint32(len(b)-4))
	return b
}

// maxResponse bounds what a broker, or whatever answers in its place, can make this process hold.
const maxResponse = 512 << 20

// read takes one size-prefixed response into a pooled buffer. A response larger than expected is believed only as far as it arrives.
func (p *bufferPool) read(r io.Reader, expected int) (*[]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, unexpected(err)
	}
	size := int(binary.BigEndian.Uint32(head[:]))
	if size < 8 || size > maxResponse {
		return nil, fmt.Errorf("a fetch response of %d bytes: no Kafka broker sends that", size)
	}
	buffer := p.get()
	b := (*buffer)[:0]
	for len(b) < size {
		step := min(size-len(b), max(expected+64<<10, len(b), cap(b)-len(b)))
		b = slices.Grow(b, step)
		n, err := io.ReadFull(r, b[len(b):len(b)+step])
		b = b[:len(b)+n]
		if err != nil {
			*buffer = b
			p.put(buffer)
			return nil, unexpected(err)
		}
	}
	*buffer = b
	return buffer, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

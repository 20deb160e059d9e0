package ingest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// errOtherKind is in the error when a group's members speak another group protocol. Brokers answer an attempt to join it in several ways, an
// unknown server error among them.
var errOtherKind = errors.New("it is not of the classic group protocol")

// CheckGroup tells whether a consumer group is free for consumers of the classic group protocol, as these here are: it is not while members of
// the newer one (KIP-848), of a share group or of Kafka Streams' own protocol use it. The error says what to do. It is nil if the brokers do not
// tell: they do from Kafka 3.8 on.
func (c *Connection) CheckGroup(ctx context.Context, group string) error {
	var found groupListed
	err := c.retry(ctx, func(ctx context.Context) (err error) {
		found, err = c.listGroup(ctx, group)
		return err
	})
	if err == nil {
		err = found.taken()
	}
	if err != nil {
		return fmt.Errorf("consumer group %s: %w", group, c.explain(err))
	}
	return nil
}

// listGroup makes one attempt to learn what a group is.
func (c *Connection) listGroup(ctx context.Context, group string) (groupListed, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	m, err := c.transport.RoundTrip(ctx, c.client.Addr, &groupQuery{group: group, clientID: c.transport.ClientID})
	if err != nil {
		return groupListed{}, err
	}
	found, ok := m.(groupListed)
	if !ok {
		return groupListed{}, fmt.Errorf("a response about groups of type %T", m)
	}
	if found.code != 0 {
		return groupListed{}, kafka.Error(found.code)
	}
	return found, nil
}

// groupListed is what a coordinator tells of a group; empty if it has none of that name, or does not tell.
type groupListed struct {
	code         int16
	protocolType string // consumer, connect, ...; of a classic group
	state        string // Empty, Stable, ...
	kind         string // classic, consumer, share, streams
}

func (groupListed) ApiKey() protocol.ApiKey { return protocol.ListGroups }

// taken says that a group cannot be joined. One of the newer protocol can be once it is empty: the broker makes it a classic one then.
func (g groupListed) taken() error {
	idle := g.state == "Empty" || g.state == "Dead"
	switch {
	case g.kind == "consumer" && !idle:
		return fmt.Errorf("%w, but of the new one (KIP-848, group.protocol=consumer), state %s", errOtherKind, g.state)
	case g.kind == "share", g.kind == "streams":
		return fmt.Errorf("%w, but a %s group", errOtherKind, g.kind)
	case g.kind == "classic" && !idle && g.protocolType != "" && g.protocolType != "consumer":
		return fmt.Errorf("%w for consumers, but for %s, state %s", errOtherKind, g.protocolType, g.state)
	}
	return nil
}

// groupQuery asks a group's coordinator for the groups it has: in no other answer is the group's kind told for all kinds.
type groupQuery struct {
	group    string
	clientID string
}

// listGroupsVersion of ListGroups is the one that tells a group's kind.
const listGroupsVersion = 5

func (q *groupQuery) ApiKey() protocol.ApiKey                 { return protocol.ListGroups }
func (q *groupQuery) Group() string                           { return q.group } // the Transport finds its coordinator
func (q *groupQuery) Required(map[protocol.ApiKey]int16) bool { return true }

const groupsCorrelation = 0x57494e47

// maxGroups bounds what a response may take: a million groups of 60 bytes.
const maxGroups = 64 << 20

func (q *groupQuery) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	spoken, err := askVersions(rw, q.clientID)
	if err != nil {
		return nil, err
	}
	if _, ok := spoken.choose(protocol.ListGroups, listGroupsVersion, listGroupsVersion); !ok {
		return groupListed{}, nil
	}
	b, err := exchange(rw, q.encode(), maxGroups)
	if err != nil {
		return nil, err
	}
	return findGroup(b, q.group)
}

func (q *groupQuery) encode() []byte {
	be := binary.BigEndian
	b := make([]byte, 4, 32+len(q.clientID))
	b = be.AppendUint16(b, uint16(protocol.ListGroups))
	b = be.AppendUint16(b, listGroupsVersion)
	b = be.AppendUint32(b, groupsCorrelation)
	b = appendText(b, q.clientID)
	b = append(b, noTags)
	b = appendLength(b, 0) // of whatever state
	b = appendLength(b, 0) // and kind
	b = append(b, noTags)
	be.PutUint32(b, uint32(len(b)-4))
	return b
}

var errGroups = errors.New("a response about groups that does not hold together")

// findGroup looks for a group in a response.
func findGroup(b []byte, group string) (found groupListed, err error) {
	in := wire{rest: b}
	if got := in.int32(); got != groupsCorrelation {
		return found, fmt.Errorf("%w: correlation id %x", errGroups, got)
	}
	in.tags()
	in.int32() // throttled for so long
	code := in.int16()
	for n := in.length(); n > 0 && !in.short; n-- {
		name := string(in.compact())
		g := groupListed{protocolType: string(in.compact()), state: string(in.compact()), kind: string(in.compact())}
		in.tags()
		if name == group {
			found = g
		}
	}
	if in.short {
		return groupListed{}, fmt.Errorf("%w: it ends early", errGroups)
	}
	found.code = code
	return found, nil
}

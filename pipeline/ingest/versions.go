package ingest

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
)

// versions are the API versions that a broker speaks. The Transport asks for them too, but tells only what kafka-go itself knows of them.
type versions []apiversions.ApiKeyResponse

func askVersions(rw io.ReadWriter, clientID string) (versions, error) {
	m, err := protocol.RoundTrip(rw, 0, 1, clientID, &apiversions.Request{})
	if err != nil {
		return nil, err
	}
	answer, ok := m.(*apiversions.Response)
	if !ok {
		return nil, fmt.Errorf("a response about API versions of type %T", m)
	}
	if answer.ErrorCode != 0 {
		return nil, kafka.Error(answer.ErrorCode)
	}
	return answer.ApiKeys, nil
}

// choose returns the newest version of an API, from lowest to highest, that the broker speaks, if there is one.
func (v versions) choose(api protocol.ApiKey, lowest, highest int16) (version int16, ok bool) {
	for _, k := range v {
		if k.ApiKey == int16(api) && k.MaxVersion >= lowest && k.MinVersion <= highest {
			return min(k.MaxVersion, highest), true
		}
	}
	return 0, false
}

// exchange sends a request, whose first four bytes are its size, and reads the response behind its own.
func exchange(rw io.ReadWriter, request []byte, atMost int) ([]byte, error) {
	if _, err := rw.Write(request); err != nil {
		return nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(rw, size[:]); err != nil {
		return nil, unexpected(err)
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > uint32(atMost) {
		return nil, fmt.Errorf("a response of %d bytes: no Kafka broker sends that", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(rw, b); err != nil {
		return nil, unexpected(err)
	}
	return b, nil
}

package ingest

import (
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

// choose returns the newest version of an API, from lowest to highest, that the broker speaks; 0 if there is none.
func (v versions) choose(api protocol.ApiKey, lowest, highest int16) int16 {
	for _, k := range v {
		if k.ApiKey == int16(api) && k.MaxVersion >= lowest && k.MinVersion <= highest {
			return min(k.MaxVersion, highest)
		}
	}
	return 0
}

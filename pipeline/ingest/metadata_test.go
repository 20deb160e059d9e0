package ingest

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// metadataOf is a response of version 12 about one topic of two partitions.
func metadataOf(id TopicID) []byte {
	be := binary.BigEndian
	b := be.AppendUint32(nil, metadataCorrelation)
	b = append(b, noTags)
	b = be.AppendUint32(b, 0)
	b = appendLength(b, 1)
	b = appendCompact(be.AppendUint32(b, 1), "broker")
	b = append(be.AppendUint32(b, 9092), 0, noTags)
	b = appendCompact(b, "cluster")
	b = be.AppendUint32(b, 1)
	b = appendLength(b, 1)
	b = appendCompact(append(b, 0, 0), "clicks")
	b = append(append(b, id[:]...), 0)
	b = appendLength(b, 2)
	for p := range uint32(2) {
		b = append(b, 0, 0)
		b = be.AppendUint32(be.AppendUint32(be.AppendUint32(b, p), 1), 5)
		for range 2 {
			b = be.AppendUint32(appendLength(b, 1), 1)
		}
		b = append(appendLength(b, 0), noTags)
	}
	return b
}

func TestTopicIsReadFromEveryWholeResponseAndFromNoShortOne(t *testing.T) {
	id := TopicID(bytes.Repeat([]byte{7}, 16))
	whole := metadataOf(id)
	got, err := parseTopic(whole)
	if err != nil || got.code != 0 || got.topic != (Topic{ID: id, Partitions: 2, led: true}) {
		t.Errorf("got %+v, error %v", got, err)
	}
	for cut := range whole {
		if _, err := parseTopic(whole[:cut]); err == nil {
			t.Errorf("%d bytes of %d taken for a whole response", cut, len(whole))
		}
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add(metadataOf(TopicID{1}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if answer, err := parseTopic(b); err == nil && answer.topic.Partitions > len(b) {
			t.Errorf("%d partitions in %d bytes", answer.topic.Partitions, len(b))
		}
	})
}

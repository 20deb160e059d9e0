package ingest

import (
	"errors"
	"strconv"
	"strings"
)

// BatchRange names one record batch by the offsets it spans, as TOPIC/PARTITION@FIRST-LAST.
type BatchRange struct {
	Topic       string
	Partition   int32
	First, Last int64
}

var errBatchRange = errors.New("write TOPIC/PARTITION@FIRST-LAST, such as clickstream/3@1200-1249, as the log names the batch")

// UnmarshalText reads what String writes.
func (r *BatchRange) UnmarshalText(text []byte) error {
	topic, rest, slash := strings.Cut(string(text), "/")
	partition, offsets, at := strings.Cut(rest, "@")
	first, last, dash := strings.Cut(offsets, "-")
	number, err := strconv.ParseUint(partition, 10, 31)
	from, err1 := strconv.ParseUint(first, 10, 63)
	to, err2 := strconv.ParseUint(last, 10, 63)
	if !slash || !at || !dash || topic == "" || errors.Join(err, err1, err2) != nil {
		return errBatchRange
	}
	if from > to {
		return errors.New("the first offset lies behind the last: " + errBatchRange.Error())
	}
	*r = BatchRange{topic, int32(number), int64(from), int64(to)}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (r BatchRange) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

func (r BatchRange) String() string {
	b := append([]byte(r.Topic), '/')
	b = append(strconv.AppendInt(b, int64(r.Partition), 10), '@')
	b = append(strconv.AppendInt(b, r.First, 10), '-')
	return string(strconv.AppendInt(b, r.Last, 10))
}

// meets reports whether both have an offset in common.
func (r BatchRange) meets(o BatchRange) bool {
	return r.Topic == o.Topic && r.Partition == o.Partition && r.First <= o.Last && o.First <= r.Last
}

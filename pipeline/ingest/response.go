package ingest

import (
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// fetchResponse is the broker's answer about one partition. Its records point into buffer, until release.
type fetchResponse struct {
	pool      *bufferPool
	buffer    *[]byte
	code      error // the broker's refusal, a kafka.Error
	highWater int64 // with read committed: the last stable offset, as far as records will be given out
	aborted   []abortedTransaction
	records   []byte
}

// abortedTransaction says that producer's transactional batches are void from an offset on, until its next abort marker.
type abortedTransaction struct{ producer, first int64 }

func (a *fetchResponse) ApiKey() protocol.ApiKey { return protocol.Fetch }

func (a *fetchResponse) release() {
	if a != nil && a.buffer != nil {
		a.pool.put(a.buffer)
		a.buffer, a.records = nil, nil
	}
}

var errResponse = errors.New("a fetch response that does not hold together")

func (a *fetchResponse) parse(b []byte, version int16) error {
	in := wire{rest: b}
	if got := in.int32(); got != fetchCorrelation {
		return fmt.Errorf("%w: correlation id %x", errResponse, got)
	}
	in.int32() // throttled for so long: the broker itself holds back its next answer
	if version >= 7 {
		a.code = codeError(in.int16())
		in.int32() // fetch session
	}
	if a.code != nil {
		return nil //nolint:nilerr // no partitions follow, and the caller asks for the code
	}
	if in.int32() != 1 {
		return fmt.Errorf("%w: not one topic", errResponse)
	}
	in.take(int(in.int16()))
	if in.int32() != 1 {
		return fmt.Errorf("%w: not one partition", errResponse)
	}
	a.partition(&in, version)
	if in.short {
		return fmt.Errorf("%w: it ends early", errResponse)
	}
	return nil
}

func (a *fetchResponse) partition(in *wire, version int16) {
	in.int32() // its number
	a.code = codeError(in.int16())
	a.highWater = in.int64()
	if stable := in.int64(); stable >= 0 {
		a.highWater = stable // read committed goes no further
	}
	if version >= 5 {
		in.int64() // log start
	}
	for n := in.int32(); n > 0 && !in.short; n-- {
		a.aborted = append(a.aborted, abortedTransaction{producer: in.int64(), first: in.int64()})
	}
	if version >= 11 {
		in.int32() // preferred replica
	}
	if n := in.int32(); n > 0 {
		a.records = in.take(int(n))
	}
}

func codeError(code int16) error {
	if code == 0 {
		return nil
	}
	return kafka.Error(code)
}

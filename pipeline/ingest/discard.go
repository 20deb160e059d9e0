package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// Discard fetches until every offset below until has come, and throws away what it fetched: no checksum, no decompression and no record
// is looked at. It returns how many records the headers of the record batches claim, and ctx's error if that ended before. The bench
// measures by it what the brokers, the network and the fetching allow at most; nothing else should read without checking.
func (r *Reader) Discard(ctx context.Context, until int64) (records int64, err error) {
	f := r.fetcher()
	for f.position < until {
		err := r.keepTrying(ctx, "cannot read", func() error {
			n, err := f.discard(ctx)
			records += n
			f.conn.refresh(err)
			return err
		})
		r.next = f.position
		if ctx.Err() != nil {
			return records, context.Cause(ctx) // err is only what breaking off the request looked like
		}
		if err != nil {
			return records, err
		}
	}
	return records, nil
}

// discard makes one request and moves position past what it brought.
func (f *fetcher) discard(ctx context.Context) (records int64, err error) {
	if err := f.locate(ctx); err != nil {
		return 0, err
	}
	answer, err := f.ask(ctx)
	if errors.Is(err, kafka.OffsetOutOfRange) {
		return 0, f.overtaken(ctx)
	}
	if err != nil {
		return 0, err
	}
	defer answer.release()
	from := f.position
	for rest := answer.records; ; {
		var first frame
		if first, rest = cut(rest); first == nil {
			break
		}
		records += int64(first.count())
		f.position = max(f.position, first.end())
	}
	if f.position == from && len(answer.records) > 0 {
		return 0, fmt.Errorf("%w at offset %d: it is not whole", ErrCorrupt, from)
	}
	return records, nil
}

package produce

import (
	"bytes"
	"fmt"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// codec compresses batches, one at a time. id is Kafka's number of it.
type codec struct {
	id     int
	packed []byte
	lz4    *lz4.Writer
	zstd   *zstd.Encoder
}

// Kafka's numbers of the codecs.
const (
	codecNone = 0
	codecLZ4  = 3
	codecZstd = 4
)

func newCodec(name string) (*codec, error) {
	switch name {
	case "", "none":
		return &codec{id: codecNone}, nil
	case "lz4":
		w := lz4.NewWriter(nil)
		return &codec{id: codecLZ4, lz4: w}, w.Apply(lz4.BlockSizeOption(lz4.Block64Kb))
	case "zstd":
		// One goroutine: batches of several partitions are compressed side by side already.
		w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
		return &codec{id: codecZstd, zstd: w}, err
	}
	return nil, fmt.Errorf("%q is not one of none, lz4, zstd", name)
}

// pack returns the room of size and header followed by the compressed records. The result is valid until the next call.
func (c *codec) pack(batch []byte) ([]byte, error) {
	switch c.id {
	case codecLZ4:
		out := bytes.NewBuffer(append(c.packed[:0], batch[:frontBytes]...))
		c.lz4.Reset(out)
		if _, err := c.lz4.Write(batch[frontBytes:]); err != nil {
			return nil, fmt.Errorf("lz4: %w", err)
		}
		if err := c.lz4.Close(); err != nil {
			return nil, fmt.Errorf("lz4: %w", err)
		}
		c.packed = out.Bytes()
	case codecZstd:
		c.packed = c.zstd.EncodeAll(batch[frontBytes:], append(c.packed[:0], batch[:frontBytes]...))
	default:
		return batch, nil
	}
	return c.packed, nil
}

package ingest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// codecs unpacks the compressed frames of one Batch. What it unpacked stays where it is until reset.
type codecs struct {
	limit    int    // bytes one frame may unpack to
	unpacked int    // bytes since reset
	buffer   []byte // the last one used, its length what is in use

	source bytes.Reader
	gzip   *gzip.Reader
	lz4    *lz4.Reader
	zstd   *zstd.Decoder
}

var (
	errTooLarge = errors.New("it unpacks to more than max_unpacked: raise that, or let producers send smaller batches")
	errPacked   = errors.New("its compressed records do not hold together")
)

// full reports that the Batch holds enough. Together with the limit on one frame it bounds a Batch to one and a quarter of the limit.
func (c *codecs) full() bool { return c.unpacked >= c.limit/4 }

// reset lets the buffer be used anew, and gives it up if it has grown beyond the ordinary.
func (c *codecs) reset() {
	c.unpacked, c.buffer = 0, c.buffer[:0]
	if cap(c.buffer) > keepBuffer {
		c.buffer = nil
	}
}

// close frees the decoders. The next unpack makes new ones.
func (c *codecs) close() {
	if c.zstd != nil {
		c.zstd.Close()
	}
	*c = codecs{limit: c.limit}
}

func (c *codecs) unpack(codec uint16, packed []byte) ([]byte, error) {
	room := c.buffer[len(c.buffer):]
	var out []byte
	var err error
	switch codec {
	case 1:
		out, err = c.ungzip(room, packed)
	case 2:
		out, err = c.unsnappy(room, packed)
	case 3:
		out, err = c.unlz4(room, packed)
	case 4:
		out, err = c.unzstd(room, packed)
	default:
		return nil, fmt.Errorf("%w: codec %d is unknown", errPacked, codec)
	}
	switch {
	case errors.Is(err, errTooLarge):
		return nil, fmt.Errorf("%w (%d bytes)", errTooLarge, c.limit)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errPacked, err)
	}
	c.keep(room, out)
	return out, nil
}

// keep notes what is in use: out is in room, or, if it did not fit, in a larger buffer that takes the place of the one before.
func (c *codecs) keep(room, out []byte) {
	c.unpacked += len(out)
	if len(out) > 0 && cap(room) > 0 && &room[:1][0] == &out[0] {
		c.buffer = c.buffer[:len(c.buffer)+len(out)]
	} else if cap(out) > 0 {
		c.buffer = out
	}
}

func (c *codecs) ungzip(room, packed []byte) ([]byte, error) {
	c.source.Reset(packed)
	if c.gzip == nil {
		c.gzip = new(gzip.Reader)
	}
	if err := c.gzip.Reset(&c.source); err != nil {
		return nil, err
	}
	return c.readAll(c.gzip, room)
}

func (c *codecs) unlz4(room, packed []byte) ([]byte, error) {
	c.source.Reset(packed)
	if c.lz4 == nil {
		c.lz4 = lz4.NewReader(nil)
	}
	c.lz4.Reset(&c.source)
	return c.readAll(c.lz4, room)
}

func (c *codecs) unzstd(room, packed []byte) ([]byte, error) {
	if c.zstd == nil {
		decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(c.limit)))
		if err != nil {
			return nil, err
		}
		c.zstd = decoder
	}
	out, err := c.zstd.DecodeAll(packed, room)
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded) {
		return nil, errTooLarge
	}
	return out, err
}

// xerial is how Java's snappy streams begin: this, two int32 versions, then blocks, each behind its length.
var xerial = []byte("\x82SNAPPY\x00")

func (c *codecs) unsnappy(room, packed []byte) ([]byte, error) {
	if len(packed) < 16 || !bytes.Equal(packed[:len(xerial)], xerial) {
		return c.appendSnappy(room, packed)
	}
	out, rest := room, packed[16:]
	for len(rest) > 0 {
		if len(rest) < 4 || uint64(binary.BigEndian.Uint32(rest)) > uint64(len(rest)-4) {
			return nil, io.ErrUnexpectedEOF
		}
		size := int(binary.BigEndian.Uint32(rest))
		var err error
		if out, err = c.appendSnappy(out, rest[4:4+size]); err != nil {
			return nil, err
		}
		rest = rest[4+size:]
	}
	return out, nil
}

func (c *codecs) appendSnappy(out, block []byte) ([]byte, error) {
	size, err := s2.DecodedLen(block)
	if err != nil {
		return nil, err
	}
	if len(out)+size > c.limit {
		return nil, errTooLarge
	}
	out = slices.Grow(out, size)
	if _, err := s2.Decode(out[len(out):len(out)+size], block); err != nil {
		return nil, err
	}
	return out[:len(out)+size], nil
}

// readAll appends what r gives to out, up to the limit.
func (c *codecs) readAll(r io.Reader, out []byte) ([]byte, error) {
	for {
		if len(out) > c.limit {
			return nil, errTooLarge
		}
		if cap(out)-len(out) < 16<<10 {
			out = slices.Grow(out, max(32<<10, len(out)))
		}
		n, err := r.Read(out[len(out):min(cap(out), c.limit+1)])
		out = out[:len(out)+n]
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

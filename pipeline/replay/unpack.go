package replay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// unpack looks at the first bytes, not at the name.
func (s *source) unpack() error {
	magic, err := s.peek()
	if err != nil {
		return err
	}
	if magic, err = s.unpackFirst(magic); err != nil {
		return err
	}
	for _, other := range [...]struct{ magic, name, remedy string }{
		{"\x1f\x8b", "gzip inside " + s.packed, "unpack it first, as in: " + unpackCommand(s.packed) + " FILE | winback replay -"},
		{zstdMagic, "zstd inside " + s.packed, "unpack it first, as in: " + unpackCommand(s.packed) + " FILE | winback replay -"},
		{"BZh", "bzip2", "unpack it first, as in: bzip2 -dc FILE | winback replay -"},
		{"\xfd7zX", "xz", "unpack it first, as in: xz -dc FILE | winback replay -"},
		{"PK\x03\x04", "zip", "unpack it first, as in: unzip -p FILE | winback replay -"},
		{"PARE", "encrypted Parquet", "write it without encryption"},
		{"Obj\x01", "Avro", "write it as Parquet, CSV or NDJSON"},
		{"\xff\xfe", "UTF-16", "convert it first, as in: iconv -f UTF-16 -t UTF-8 FILE | winback replay -"},
		{"\xfe\xff", "UTF-16", "convert it first, as in: iconv -f UTF-16 -t UTF-8 FILE | winback replay -"},
	} {
		if bytes.HasPrefix(magic, []byte(other.magic)) {
			return fmt.Errorf("%s is %s, but text, plain or packed with gzip or zstd, or Parquet is wanted: %s", s.name, other.name, other.remedy)
		}
	}
	s.parquet = bytes.HasPrefix(magic, []byte("PAR1"))
	if bytes.HasPrefix(magic, []byte("\xef\xbb\xbf")) {
		_, _ = s.in.Discard(3) // it was peeked: it is there
	}
	return nil
}

const zstdMagic = "\x28\xb5\x2f\xfd"

// isZstd knows a frame and a skippable one, with which files of several threads or with an index begin.
func isZstd(magic []byte) bool {
	return bytes.HasPrefix(magic, []byte(zstdMagic)) || len(magic) >= 4 && magic[0]&0xf0 == 0x50 && string(magic[1:4]) == "\x2a\x4d\x18"
}

func unpackCommand(packed string) string {
	if packed == "zstd" {
		return "zstd -dc"
	}
	return "gzip -dc"
}

func (s *source) peek() ([]byte, error) {
	magic, err := s.in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, s.fault(err)
	}
	return magic, nil
}

// unpackFirst unpacks gzip or zstd and returns the first bytes of what is in it.
func (s *source) unpackFirst(magic []byte) ([]byte, error) {
	var unpacked io.Reader
	switch {
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		s.packed = "gzip"
		z, err := gzip.NewReader(s.in)
		if err != nil {
			return nil, s.fault(err)
		}
		z.Multistream(false)
		unpacked = &gzipMembers{z: z, in: s.in, source: s}
	case isZstd(magic):
		s.packed = "zstd"
		z, err := zstd.NewReader(s.in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, s.fault(err)
		}
		s.closers = append(s.closers, z.Close)
		unpacked = z
	default:
		return magic, nil
	}
	s.in = bufio.NewReaderSize(unpacked, 1<<18)
	return s.peek()
}

// maxZstdWindow bounds the memory that a file can ask for, as the zstd tool does unless told otherwise.
const maxZstdWindow = 128 << 20

// gzipMembers reads one gzip member behind the other, as gzip does: zeros behind the last one are padding, as on tapes and of some
// uploads, and other bytes there are left alone with a warning.
type gzipMembers struct {
	z      *gzip.Reader
	in     *bufio.Reader // what is packed
	source *source
	ended  bool
}

func (g *gzipMembers) Read(p []byte) (int, error) {
	if g.ended {
		return 0, io.EOF
	}
	n, err := g.z.Read(p)
	if errors.Is(err, io.EOF) {
		err = g.next()
	}
	return n, err
}

// next goes on to the next member. Its error is io.EOF if there is none.
func (g *gzipMembers) next() error {
	magic, err := g.in.Peek(2)
	switch {
	case string(magic) == "\x1f\x8b":
		if err := g.z.Reset(g.in); errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF // inside of a member's header
		} else if err != nil {
			return err
		}
		g.z.Multistream(false)
		return nil
	case string(magic) == "\x1f":
		return io.ErrUnexpectedEOF
	case err != nil && !errors.Is(err, io.EOF):
		return err
	}
	g.ended = true
	return g.padding()
}

// padding passes zeros up to the end and warns of anything else.
func (g *gzipMembers) padding() error {
	for {
		b, err := g.in.ReadByte()
		if err != nil {
			return err
		}
		if b != 0 {
			g.source.warn("%s: what follows the gzip data from byte %d on is not read, as gzip itself does not", g.source.name,
				g.source.raw.n-int64(g.in.Buffered())-1)
			return io.EOF
		}
	}
}

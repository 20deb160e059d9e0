package replay

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
)

// source is one open file, unpacked. It hands out at most one line a Read, so that lines counts only those that the caller needed.
type source struct {
	name  string
	in    *bufio.Reader
	lines int64 // line breaks handed out
	rest  []byte
	close func()
}

// open opens a path, or stdin for "-". Bytes read, as stored, are reported to advance.
func open(ctx context.Context, path string, stdin io.Reader, advance func(int)) (*source, error) {
	s := &source{name: path, close: func() {}}
	var raw io.Reader
	if path == "-" {
		s.name, raw = "stdin", &interruptibleReader{stopped: ctx.Done(), cause: func() error { return context.Cause(ctx) }, in: stdin}
	} else {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("%w: name a file that can be read, or - for stdin", err)
		}
		s.close = func() { _ = f.Close() }
		if info, err := f.Stat(); err == nil && info.IsDir() {
			s.close()
			return nil, fmt.Errorf("%s is a directory: name the files in it", path)
		}
		raw = f
	}
	s.in = bufio.NewReaderSize(&countingReader{raw, advance}, 1<<18)
	if err := s.unpack(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// unpack looks at the first bytes, not at the name.
func (s *source) unpack() error {
	magic, err := s.in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return s.fault(err)
	}
	if bytes.HasPrefix(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(s.in)
		if err != nil {
			return s.fault(err)
		}
		s.in = bufio.NewReaderSize(unpacked, 1<<18)
		if magic, err = s.in.Peek(4); err != nil && !errors.Is(err, io.EOF) {
			return s.fault(err)
		}
	}
	for _, other := range [...]struct{ magic, name, remedy string }{
		{"\x28\xb5\x2f\xfd", "zstd", "unpack it first, as in: zstd -dc FILE | winback replay -"},
		{"BZh", "bzip2", "unpack it first, as in: bzip2 -dc FILE | winback replay -"},
		{"\xfd7zX", "xz", "unpack it first, as in: xz -dc FILE | winback replay -"},
		{"PK\x03\x04", "zip", "unpack it first, as in: unzip -p FILE | winback replay -"},
		{"PAR1", "Parquet", "write it as CSV or NDJSON"},
		{"\xff\xfe", "UTF-16", "convert it first, as in: iconv -f UTF-16 -t UTF-8 FILE | winback replay -"},
		{"\xfe\xff", "UTF-16", "convert it first, as in: iconv -f UTF-16 -t UTF-8 FILE | winback replay -"},
	} {
		if bytes.HasPrefix(magic, []byte(other.magic)) {
			return fmt.Errorf("%s is %s, but plain or gzip text is wanted: %s", s.name, other.name, other.remedy)
		}
	}
	if bytes.HasPrefix(magic, []byte("\xef\xbb\xbf")) {
		_, _ = s.in.Discard(3) // it was peeked: it is there
	}
	return nil
}

// Read hands out what is left of the current line, or the next one.
func (s *source) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		line, err := s.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && len(line) == 0 {
			return 0, err
		}
		s.rest = line
	}
	n := copy(p, s.rest)
	if n > 0 && s.rest[n-1] == '\n' {
		s.lines++
	}
	s.rest = s.rest[n:]
	return n, nil
}

// fault says where reading failed.
func (s *source) fault(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("%s is damaged or cut off after line %d (%w): fetch it again", s.name, s.lines, err)
	}
	return fmt.Errorf("%s after line %d: %w", s.name, s.lines, err)
}

// totalSize is what all files take on disk, 0 if one of them has no size.
func totalSize(paths []string) (total int64) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			return 0
		}
		total += info.Size()
	}
	return total
}

// interruptibleReader reads from what may never answer, such as a terminal or an idle pipe, until it is stopped. A read that is under way
// then goes on in its goroutine, because nothing can end it.
type interruptibleReader struct {
	in      io.Reader
	stopped <-chan struct{}
	cause   func() error
	buffer  [1 << 16]byte
	rest    []byte
	err     error
}

func (p *interruptibleReader) Read(b []byte) (int, error) {
	if len(p.rest) == 0 && p.err == nil {
		var n int
		var err error
		done := make(chan struct{})
		go func() {
			defer close(done)
			n, err = p.in.Read(p.buffer[:])
		}()
		select {
		case <-done:
			p.rest, p.err = p.buffer[:n], err
		case <-p.stopped:
			return 0, p.cause()
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	if len(p.rest) == 0 && p.err != nil {
		return n, p.err
	}
	return n, nil
}

type countingReader struct {
	io.Reader
	report func(int)
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.report(n)
	return n, err
}

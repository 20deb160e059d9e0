package replay

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

// source is one open file, unpacked. As text it hands out at most one line a Read, so that lines counts only those that the caller needed.
type source struct {
	name    string
	file    *os.File // nil for stdin
	raw     *countingReader
	in      *bufio.Reader
	packed  string // what it is packed with, empty if it is not
	parquet bool
	lines   int64 // line breaks handed out
	rest    []byte
	closers []func()
	warn    func(format string, args ...any)
}

// open opens a path, or stdin for "-". Bytes read, as stored, are reported to advance.
func open(ctx context.Context, path string, in *Input, advance func(int)) (*source, error) {
	s := &source{name: path, warn: in.warn}
	var raw io.Reader
	if path == "-" {
		s.name, raw = "stdin", &interruptibleReader{stopped: ctx.Done(), cause: func() error { return context.Cause(ctx) }, in: in.Stdin}
	} else {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("%w: name a file that can be read, or - for stdin", err)
		}
		s.file, raw = f, f
		s.closers = append(s.closers, func() { _ = f.Close() })
		if info, err := f.Stat(); err == nil && info.IsDir() {
			s.close()
			return nil, fmt.Errorf("%s is a directory: name the files in it", path)
		}
	}
	s.raw = &countingReader{in: raw, report: advance}
	s.in = bufio.NewReaderSize(s.raw, 1<<18)
	if err := s.unpack(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *source) close() {
	for _, f := range s.closers {
		f()
	}
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

// fault says where reading failed. What went wrong while unpacking, when reading itself did not fail, is damage.
func (s *source) fault(err error) error {
	switch {
	case err == nil:
		return nil
	case s.packed == "" || s.raw.err != nil:
		return fmt.Errorf("%s after line %d: %w", s.name, s.lines, err)
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return fmt.Errorf("%s was packed with a window of more than 128 MiB: unpack it first, as in: zstd -dc --long=31 FILE | winback replay -", s.name)
	}
	return fmt.Errorf("%s is damaged or cut off after line %d, before byte %d of the %s (%w): fetch it again", s.name, s.lines, s.raw.n, s.packed, err)
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

// countingReader counts and reports what is read, and keeps the error that ended it.
type countingReader struct {
	in     io.Reader
	report func(int)
	n      int64
	err    error // other than io.EOF
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	c.report(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

package mapping

import (
	"bufio"
	"bytes"
	"io"
)

// NeedsHeader reports whether a file's first row names the columns and must be given to Decoder.Header: CSV without Config.Columns.
func (m *Mapping) NeedsHeader() bool { return m.root == nil && len(m.columns) == 0 }

// NewScanner cuts a file into the values of records: lines of NDJSON, or CSV rows, whose quoted fields may hold line breaks. Blank
// lines are left out. A row longer than Config.MaxBytes is cut short so that Decode refuses it as oversized, and reading
// goes on behind it; a quote that is never closed spoils its line alone. The Scanner's only errors are the reader's.
func (m *Mapping) NewScanner(r io.Reader) *bufio.Scanner {
	cutter := &rowCutter{m: m}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 64<<10), 2*m.maxBytes+(64<<10))
	scanner.Split(cutter.split)
	return scanner
}

// rowCutter is the state of one Scanner.
type rowCutter struct {
	m       *Mapping
	cutting bool // the rest of an oversized line is still to come
}

func (c *rowCutter) split(data []byte, atEOF bool) (advance int, row []byte, err error) {
	if c.cutting {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			return len(data), nil, nil
		}
		c.cutting = false
		return end + 1, nil, nil
	}
	blank := blankLines(data)
	rest := data[blank:]
	end, open := c.m.rowEnd(rest)
	switch {
	case end >= 0:
	case !atEOF && len(rest) <= c.m.maxBytes:
		return blank, nil, nil
	case open && bytes.IndexByte(rest, '\n') >= 0:
		end = bytes.IndexByte(rest, '\n')
	case len(rest) > c.m.maxBytes:
		c.cutting = true
		return len(data), rest[:c.m.maxBytes+1], nil
	case len(trimNewline(rest)) == 0:
		return len(data), nil, nil
	default:
		return len(data), trimNewline(rest), nil
	}
	return blank + end + 1, trimNewline(rest[:end]), nil
}

// blankLines returns the length of the empty lines at the beginning.
func blankLines(data []byte) int {
	n := 0
	for {
		switch rest := data[n:]; {
		case len(rest) > 0 && rest[0] == '\n':
			n++
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			n += 2
		default:
			return n
		}
	}
}

// rowEnd returns the place of the line break that ends the first row, or -1, and then whether a quote is open.
func (m *Mapping) rowEnd(data []byte) (end int, open bool) {
	end = bytes.IndexByte(data, '\n')
	if m.root != nil || end >= 0 && bytes.IndexByte(data[:end], '"') < 0 {
		return end, false
	}
	for i := 0; i < len(data); i++ {
		if data[i] == '"' {
			if i = quoteEnd(data, i+1); i < 0 {
				return -1, true
			}
		}
		for i < len(data) && data[i] != m.delimiter && data[i] != '\n' {
			i++
		}
		if i < len(data) && data[i] == '\n' {
			return i, false
		}
	}
	return -1, false
}

// quoteEnd returns the place behind the closing quote of the field whose text begins at i, or -1.
func quoteEnd(data []byte, i int) int {
	for {
		n := bytes.IndexByte(data[i:], '"')
		if n < 0 {
			return -1
		}
		if i += n + 1; i == len(data) || data[i] != '"' {
			return i
		}
		i++
	}
}

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
// goes on behind it; a quote that is out of place or never closed spoils its line alone. The Scanner's only errors are the reader's.
func (m *Mapping) NewScanner(r io.Reader) *Scanner {
	cutter := &rowCutter{m: m}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 64<<10), 2*m.maxBytes+(64<<10))
	scanner.Split(cutter.split)
	return &Scanner{Scanner: scanner, cutter: cutter}
}

// Scanner hands out rows and knows where they stand. It reads ahead of the row it hands out.
type Scanner struct {
	*bufio.Scanner
	cutter *rowCutter
}

// Line is the line of the file, from 1, that the row of the last Scan begins on.
func (s *Scanner) Line() int64 { return s.cutter.line }

// rowCutter is the state of one Scanner.
type rowCutter struct {
	m       *Mapping
	breaks  int64 // line breaks behind us
	line    int64 // where the current row begins
	cutting bool  // the rest of an oversized line is still to come
}

func (c *rowCutter) split(data []byte, atEOF bool) (advance int, row []byte, err error) {
	advance, row = c.cut(data, atEOF)
	c.breaks += int64(bytes.Count(data[:advance], []byte{'\n'}))
	return advance, row, nil
}

func (c *rowCutter) cut(data []byte, atEOF bool) (advance int, row []byte) {
	if c.cutting {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			return len(data), nil
		}
		c.cutting = false
		return end + 1, nil
	}
	blank := blankLines(data)
	c.line = c.breaks + 1 + int64(bytes.Count(data[:blank], []byte{'\n'}))
	rest := data[blank:]
	end, open := c.m.rowEnd(rest)
	switch {
	case end >= 0:
	case !atEOF && len(rest) <= c.m.maxBytes:
		return blank, nil
	case open && bytes.IndexByte(rest, '\n') >= 0:
		end = bytes.IndexByte(rest, '\n')
	case len(rest) > c.m.maxBytes:
		c.cutting = true
		return len(data), rest[:c.m.maxBytes+1]
	case len(trimNewline(rest)) == 0:
		return len(data), nil
	default:
		return len(data), trimNewline(rest)
	}
	return blank + end + 1, trimNewline(rest[:end])
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

// rowEnd returns the place of the line break that ends the first row, or -1, and then whether a quote is open. A closing quote out of place
// says that the row's quotes cannot be relied on, so such a row ends with its first line.
func (m *Mapping) rowEnd(data []byte) (end int, open bool) {
	line := bytes.IndexByte(data, '\n')
	if m.root != nil || m.quotes != quotesSpan || line >= 0 && bytes.IndexByte(data[:line], '"') < 0 {
		return line, false
	}
	for i := 0; i < len(data); i++ {
		if data[i] == '"' {
			if i = quoteEnd(data, i+1); i < 0 {
				return -1, true
			}
			if !m.endsField(data[i:]) {
				return line, false
			}
		}
		if i = m.plainEnd(data, i); i < len(data) && data[i] == '\n' {
			return i, false
		}
	}
	return -1, false
}

// plainEnd returns the place of the first delimiter or line break from i on, the end of data if there is none.
func (m *Mapping) plainEnd(data []byte, i int) int {
	for i < len(data) && data[i] != m.delimiter && data[i] != '\n' {
		i++
	}
	return i
}

// endsField reports whether a closing quote may stand before rest.
func (m *Mapping) endsField(rest []byte) bool {
	if len(rest) > 0 && rest[0] == '\r' {
		rest = rest[1:]
		return len(rest) == 0 || rest[0] == '\n'
	}
	return len(rest) == 0 || rest[0] == m.delimiter || rest[0] == '\n'
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

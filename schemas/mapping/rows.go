package mapping

import (
	"bufio"
	"bytes"
	"io"
)

// NeedsHeader reports whether a file's first row names the columns and must be given to Decoder.Header: CSV without Config.Columns.
func (m *Mapping) NeedsHeader() bool { return m.root == nil && len(m.columns) == 0 }

// NewScanner cuts a file into the values of records. JSON is lines of one object each, or arrays, whose elements are the rows, or objects
// that take several lines or stand one behind the other; CSV is rows, whose quoted fields may hold line breaks. Blank lines are left
// out. A row longer than Config.MaxBytes is cut short so that Decode refuses it as oversized, and reading goes on behind it; what is
// broken spoils its own line or its own element. The Scanner's only errors are the reader's.
func (m *Mapping) NewScanner(r io.Reader) *Scanner {
	cutter := &rowCutter{m: m}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 64<<10), 2*m.maxBytes+(64<<10))
	scanner.Split(cutter.split)
	return &Scanner{in: scanner, cutter: cutter}
}

// Scanner hands out rows and knows where they stand. It reads ahead of the row it hands out.
type Scanner struct {
	in     *bufio.Scanner
	cutter *rowCutter
	recut  []row // what Recut has made of a row, from the one that Scan has handed out last on
}

// row is a part of a row: the line it begins on, from 1, and what is wrong with the file there, if the bytes are no row.
type row struct {
	bytes []byte
	line  int64
	fault string
}

// Scan goes on to the next row, and reports false at the end of the file or at an error.
func (s *Scanner) Scan() bool {
	if len(s.recut) > 1 {
		s.recut = s.recut[1:]
		return true
	}
	s.recut = nil
	return s.in.Scan()
}

// Bytes is the row of the last Scan, valid until the next one.
func (s *Scanner) Bytes() []byte {
	if len(s.recut) > 0 {
		return s.recut[0].bytes
	}
	return s.in.Bytes()
}

// Line is the line of the file, from 1, that the row of the last Scan begins on.
func (s *Scanner) Line() int64 {
	if len(s.recut) > 0 {
		return s.recut[0].line
	}
	return s.cutter.line
}

// Fault says what is wrong with the file where the last Scan stopped, if that is no row, such as an array that is cut off. Bytes is then
// the text in question, which may be empty. It is empty for a row.
func (s *Scanner) Fault() string {
	if len(s.recut) > 0 {
		return s.recut[0].fault
	}
	return s.cutter.fault
}

// Err is the reader's error, if one ended the rows.
func (s *Scanner) Err() error { return s.in.Err() }

// Recut is for a row that Decode found malformed. It reports whether the row is several rows that no line feed parts: JSON objects one
// behind the other, or CSV rows that end in a lone CR. These are what the next calls of Scan hand out. A row that Decode can read is never
// looked at twice, so files of one row a line pay nothing for it.
func (s *Scanner) Recut() bool {
	of, text := s.cutter, s.in.Bytes()
	if len(s.recut) > 0 || of.fault != "" || !of.whole || of.m.root == nil && bytes.IndexByte(text, '\r') < 0 {
		return false
	}
	cutter := rowCutter{m: of.m, breaks: of.line - 1, cr: true, midLine: true}
	rows := make([]row, 1, 8) // Scan passes the first, which stands for the row itself
	for rest := text; ; {
		n, part, _ := cutter.split(rest, true)
		if part == nil {
			break
		}
		rows, rest = append(rows, row{part, cutter.line, cutter.fault}), rest[n:]
	}
	if len(rows) < 3 {
		return false
	}
	s.recut = rows
	return true
}

// rowCutter is the state of one Scanner.
type rowCutter struct {
	m       *Mapping
	breaks  int64  // line breaks behind us
	line    int64  // where the current row begins
	fault   string // what is wrong with the file here, if the current row is none
	whole   bool   // the current row is a whole line, or a CSV row
	cutting bool   // the rest of an oversized line is still to come

	begun, cr bool // csv: the first row has been seen; a lone CR ends rows

	// For JSON; see rows_json.go.
	value   valueEnd
	midLine bool // something stands before us on our line
	indent  int  // how far our line is indented
	array   array

	skipping  bool // the rest of an oversized value is still to come
	oneLine   bool // which ends with its line
	lost      bool // what follows belongs to something broken
	lineStart bool // and we stand at the beginning of a line of it
}

// split is a bufio.SplitFunc. It goes on while there is progress, because at the end of the file bufio stops at the first call that returns
// no row.
func (c *rowCutter) split(data []byte, atEOF bool) (advance int, text []byte, err error) {
	for {
		c.fault, c.whole = "", c.m.root == nil
		var n int
		if c.m.root != nil {
			n, text = c.cutJSON(data[advance:], atEOF)
		} else {
			n, text = c.cutCSV(data[advance:], atEOF)
		}
		if c.whole && c.m.root != nil {
			c.breaks = c.line // a whole line has one break, at its end
		} else {
			c.breaks += c.lineBreaks(data[advance : advance+n])
		}
		if advance += n; text != nil || n == 0 {
			return advance, text, nil
		}
	}
}

// lineBreaks counts the line feeds, and each CR without one where such a CR is taken for a line break.
func (c *rowCutter) lineBreaks(data []byte) int64 {
	n := bytes.Count(data, []byte{'\n'})
	if c.cr {
		n += bytes.Count(data, []byte{'\r'}) - bytes.Count(data, []byte("\r\n"))
	}
	return int64(n)
}

// skipLine passes the rest of an oversized line.
func (c *rowCutter) skipLine(data []byte) int {
	end := lineEnd(data, c.cr)
	if end < 0 {
		return len(data)
	}
	c.cutting, c.midLine = false, false
	return end + 1
}

// ReadsCSV reports whether records are CSV rows; they are JSON else.
func (m *Mapping) ReadsCSV() bool { return m.root == nil }

// ColumnNames are the columns of CSV without a header row, in their order; those that are not read have no name.
func (m *Mapping) ColumnNames() []string {
	names := make([]string, len(m.columns))
	for i, slot := range m.columns {
		if slot >= 0 {
			names[i] = m.paths[slot]
		}
	}
	return names
}

// AppendField appends a field to a CSV row of which it is the first or not, as Decode reads it. Where quotes are text, nothing can hold a delimiter
// or a line break, and a space stands in their place.
func (m *Mapping) AppendField(dst, field []byte, first bool) []byte {
	if !first {
		dst = append(dst, m.delimiter)
	}
	if bytes.IndexByte(field, m.delimiter) < 0 && !bytes.ContainsAny(field, "\"\r\n") {
		return append(dst, field...)
	}
	if m.quotes == quotesNone {
		from := len(dst)
		dst = append(dst, field...)
		for i, c := range dst[from:] {
			if c == m.delimiter || c == '\r' || c == '\n' {
				dst[from+i] = ' '
			}
		}
		return dst
	}
	dst = append(dst, '"')
	dst = append(dst, bytes.ReplaceAll(field, []byte{'"'}, []byte(`""`))...)
	return append(dst, '"')
}

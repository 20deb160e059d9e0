package mapping

import "bytes"

// cutCSV takes one row, or what stands before one, off data. It returns no row where more data is needed.
func (c *rowCutter) cutCSV(data []byte, atEOF bool) (advance int, text []byte) {
	if c.cutting {
		return c.skipLine(data), nil
	}
	blank := blankLines(data)
	rest := data[blank:]
	c.line = c.breaks + 1 + c.lineBreaks(data[:blank])
	if !c.begun && !c.begin(rest, atEOF) {
		return blank, nil
	}
	end, open := c.m.rowEnd(rest, c.cr)
	switch {
	case c.cr && end >= 0 && end == len(rest)-1 && rest[end] == '\r' && !atEOF:
		return blank, nil // a line feed may follow
	case end >= 0:
	case !atEOF && len(rest) <= c.m.maxBytes:
		return blank, nil
	case open && lineEnd(rest, c.cr) >= 0:
		end = lineEnd(rest, c.cr)
	case len(rest) > c.m.maxBytes && !c.cr && loneCR(rest):
		c.cr = true // no line feed for a long way: the rows end in CR from here on
		return c.cutCSV(data, atEOF)
	case len(rest) > c.m.maxBytes:
		c.cutting = true
		return len(data), rest[:c.m.maxBytes+1]
	case len(trimNewline(rest)) == 0:
		return len(data), nil
	default:
		return len(data), trimNewline(rest)
	}
	next := end + 1
	if c.cr && rest[end] == '\r' && next < len(rest) && rest[next] == '\n' {
		next++
	}
	if end == 0 {
		return blank + next, nil
	}
	return blank + next, trimNewline(rest[:end])
}

// lineEnd returns the place of the first line break, or -1. With cr, a lone CR is one too.
func lineEnd(data []byte, cr bool) int {
	if cr {
		return bytes.IndexAny(data, "\r\n")
	}
	return bytes.IndexByte(data, '\n')
}

// begin looks at how the file's first row ends. If a lone CR ends it, as in files of old Macs and of some spreadsheets, every row may end
// like that. In other files a lone CR is text, unless its row cannot be read (Recut). It reports false where more data is needed.
func (c *rowCutter) begin(rest []byte, atEOF bool) bool {
	end, _ := c.m.rowEnd(rest, true)
	if !atEOF && len(rest) <= c.m.maxBytes && (end < 0 || end+1 == len(rest) && rest[end] == '\r') {
		return false
	}
	c.begun = true
	c.cr = c.cr || end >= 0 && rest[end] == '\r' && (end+1 == len(rest) || rest[end+1] != '\n')
	return true
}

func loneCR(data []byte) bool {
	return bytes.Count(data, []byte{'\r'}) > bytes.Count(data, []byte("\r\n"))
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

// rowEnd returns the place of the line break that ends the first row, or -1, and then whether a quote is open. With cr, a lone CR is a line
// break too. A closing quote out of place says that the row's quotes cannot be relied on, so such a row ends with its first line.
func (m *Mapping) rowEnd(data []byte, cr bool) (end int, open bool) {
	line := lineEnd(data, cr)
	if m.quotes != quotesSpan || line >= 0 && bytes.IndexByte(data[:line], '"') < 0 {
		return line, false
	}
	for i := 0; i < len(data); i++ {
		if data[i] == '"' {
			if i = quoteEnd(data, i+1); i < 0 {
				return -1, true
			}
			if !m.endsField(data[i:], cr) {
				return line, false
			}
		}
		if i = m.plainEnd(data, i, cr); i < len(data) && data[i] != m.delimiter {
			return i, false
		}
	}
	return -1, false
}

// plainEnd returns the place of the first delimiter or line break from i on, the end of data if there is none.
func (m *Mapping) plainEnd(data []byte, i int, cr bool) int {
	for i < len(data) && data[i] != m.delimiter && data[i] != '\n' && (!cr || data[i] != '\r') {
		i++
	}
	return i
}

// endsField reports whether a closing quote may stand before rest.
func (m *Mapping) endsField(rest []byte, cr bool) bool {
	if len(rest) > 0 && rest[0] == '\r' {
		rest = rest[1:]
		return cr || len(rest) == 0 || rest[0] == '\n'
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

package mapping

import (
	"bytes"
	"fmt"
)

// array is where we are in an array whose elements are rows.
type array struct {
	open   bool
	line   int64 // where it begins
	behind bool  // an element stands before us: a comma or the end is due
	comma  bool  // a comma stands before us: an element is due
	either bool  // something broken stands before us: whatever comes is right
	told   bool  // a comma that is missing or too many has been reported; one report an array is enough
}

// cutJSON takes one row, or what stands before one, off data. It returns no row where more data is needed.
func (c *rowCutter) cutJSON(data []byte, atEOF bool) (advance int, text []byte) {
	switch {
	case c.cutting:
		return c.skipLine(data), nil
	case c.skipping:
		return c.skipValue(data), nil
	case c.lost && len(data) > 0:
		return c.findNext(data, atEOF)
	}
	blank := c.lead(data)
	rest := data[blank:]
	if c.line = c.breaks + 1; blank > 0 {
		c.line += c.lineBreaks(data[:blank])
	}
	switch {
	case len(rest) == 0 && c.array.open && atEOF:
		text = c.report([]byte{}, "the file ends before the array that begins on line %d: it was cut off", c.array.line)
		c.array = array{}
	case len(rest) == 0:
	case c.array.open:
		advance, text = c.element(rest, atEOF)
	default:
		advance, text = c.outside(rest, atEOF)
	}
	return blank + advance, text
}

// report says that text is no row, and why.
func (c *rowCutter) report(text []byte, format string, args ...any) []byte {
	c.fault = fmt.Sprintf(format, args...)
	return text
}

// lead returns the length of the blanks and line breaks at the beginning, and keeps count of how far the line is indented.
func (c *rowCutter) lead(data []byte) int {
	n := space(data, 0)
	if n == 0 {
		return 0
	}
	if end := bytes.LastIndexByte(data[:n], '\n'); end >= 0 {
		c.midLine, c.indent = false, n-end-1
	} else if !c.midLine {
		c.indent += n
	}
	return n
}

// outside takes what stands outside of arrays.
func (c *rowCutter) outside(rest []byte, atEOF bool) (advance int, text []byte) {
	switch {
	case rest[0] == '{' && c.midLine:
		return c.object(rest, atEOF)
	case rest[0] == '[':
		c.array, c.midLine = array{open: true, line: c.line}, true
		return 1, nil
	case rest[0] == ',':
		next := space(rest, 1)
		if next == len(rest) && !atEOF && next <= c.m.maxBytes {
			return 0, nil
		}
		if next < len(rest) && (rest[next] == '{' || rest[next] == '[') { // an array whose brackets are missing
			c.midLine = true
			return 1, nil
		}
	}
	return c.wholeLine(rest, atEOF)
}

// wholeLine takes a line, which is how most files are. It looks at the line's last byte alone: what is between is for Decode.
func (c *rowCutter) wholeLine(rest []byte, atEOF bool) (advance int, text []byte) {
	end := lineEnd(rest, c.cr)
	if end < 0 && !atEOF && len(rest) <= c.m.maxBytes {
		return 0, nil
	}
	if advance = end + 1; end < 0 {
		end, advance = len(rest), len(rest)
	}
	text = bytes.TrimSuffix(rest[:end], []byte{'\r'})
	switch {
	case rest[0] == '{' && (len(text) > c.m.maxBytes || text[len(text)-1] != '}'):
		c.cr = c.cr || advance == end && loneCR(rest)
		return c.object(rest, atEOF)
	case len(text) > c.m.maxBytes && advance == end && !atEOF:
		c.cutting = true
		return advance, rest[:c.m.maxBytes+1]
	case c.midLine:
		c.fault = "text follows the object or the array that ends on this line"
	}
	c.midLine, c.indent, c.whole = false, 0, true
	return advance, text
}

// object takes an object that is no plain line: it takes several lines, or others follow on its line, or it is very long.
func (c *rowCutter) object(rest []byte, atEOF bool) (advance int, text []byte) {
	switch state := c.value.find(rest); {
	case state == ended:
		end := c.value.pos
		next := end + inlineSpace(rest[end:])
		if next == len(rest) && !atEOF && next <= c.m.maxBytes {
			return 0, nil
		}
		if next < len(rest) && bytes.IndexByte([]byte("\r\n{[,"), rest[next]) < 0 {
			return c.brokenObject(rest, atEOF)
		}
		return c.take(rest, end)
	case state == broken:
		return c.brokenObject(rest, atEOF)
	case len(rest) > c.m.maxBytes:
		return c.oversized(rest)
	case !atEOF:
		return 0, nil
	}
	return c.brokenObject(rest, atEOF)
}

// take hands out what stands before end.
func (c *rowCutter) take(rest []byte, end int) (advance int, text []byte) {
	c.value.reset()
	c.midLine = true
	c.array.behind, c.array.comma, c.array.either = true, false, false
	return end, rest[:end]
}

// oversized hands out the beginning of a value that is too long. The rest of it is skipped: outside of arrays no further than to the end of
// its line, if already that is too long.
func (c *rowCutter) oversized(rest []byte) (advance int, text []byte) {
	c.skipping, c.oneLine = true, !c.array.open && lineEnd(rest, c.cr) < 0
	c.value.pos = 0
	return len(rest), rest[:c.m.maxBytes+1]
}

// skipValue passes the rest of an oversized value.
func (c *rowCutter) skipValue(data []byte) int {
	line := -1
	if c.oneLine {
		line = lineEnd(data, c.cr)
	}
	within := data
	if line >= 0 {
		within = data[:line]
	}
	state, end := c.value.find(within), c.value.pos
	switch {
	case state == ended:
		c.take(data, end)
	case state == broken && c.array.open:
		c.lost, c.lineStart = true, false
	case state == broken && startsLine(data, end):
		c.midLine = false // the value was cut off, and this is the next one
	case state == broken:
		c.cutting = true
	case line >= 0:
		end, c.midLine, c.indent = line+1, false, 0
	default:
		c.value.pos = 0
		return len(data)
	}
	c.skipping = false
	c.value.reset()
	return end
}

// startsLine reports whether the line at i begins with what begins a value.
func startsLine(data []byte, i int) bool {
	line := bytes.LastIndexByte(data[:i], '\n') + 1
	return (data[i] == '{' || data[i] == '[') && line+inlineSpace(data[line:]) == i
}

// brokenObject takes an object outside of arrays that is damaged or followed by something else. It spoils its line, but not the objects behind
// it on that line.
func (c *rowCutter) brokenObject(rest []byte, atEOF bool) (advance int, text []byte) {
	end := lineEnd(rest, c.cr)
	if end < 0 && !atEOF && len(rest) <= c.m.maxBytes {
		return 0, nil
	}
	first := rest
	if end >= 0 {
		first = rest[:end]
	}
	if n := balanced(first); n >= 0 && n+inlineSpace(first[n:]) < len(first) && first[n+inlineSpace(first[n:])] == '{' {
		return c.take(rest, n)
	}
	if n, _ := objectBehind(first, false); n >= 0 {
		return c.take(rest, n)
	}
	c.value.reset()
	switch {
	case end >= 0:
		c.midLine, c.indent = false, 0
		return end + 1, trimNewline(first)
	case len(rest) > c.m.maxBytes && !atEOF:
		c.lost, c.lineStart = true, false
		return len(rest), rest[:c.m.maxBytes+1]
	}
	return len(rest), trimNewline(rest)
}

package mapping

import "bytes"

// element takes what stands in an array: an element, a comma or the array's end.
func (c *rowCutter) element(rest []byte, atEOF bool) (advance int, text []byte) {
	a := &c.array
	switch b := rest[0]; {
	case b == ']':
		if a.comma {
			text = c.report(rest[:1], "a comma too many before the end of the array that begins on line %d", a.line)
		}
		c.array, c.midLine = array{}, true
		return 1, text
	case b == ',':
		if !a.behind && !a.either && !a.told {
			a.told = true
			text = c.report(rest[:1], "a comma too many in the array that begins on line %d", a.line)
		}
		a.behind, a.comma, a.either = false, true, false
		return 1, text
	case b == '[' && !c.midLine && (a.behind || a.comma):
		text = c.report([]byte{}, "the array that begins on line %d does not end before another one begins", a.line)
		*a, c.midLine = array{open: true, line: c.line}, true
		return 1, text
	case b != '{' && b != '[' && b != '"' && !isWord(b):
		return c.stray(rest, atEOF)
	case a.behind && !a.either && !a.told:
		a.told = true
		return 0, c.report([]byte{}, "a comma is missing in the array that begins on line %d", a.line)
	}
	return c.elementValue(rest, atEOF)
}

// stray takes text that can be no element.
func (c *rowCutter) stray(rest []byte, atEOF bool) (advance int, text []byte) {
	end := bytes.IndexAny(rest, ",]{[\n")
	if end < 0 && !atEOF && len(rest) <= c.m.maxBytes {
		return 0, nil
	}
	if end <= 0 {
		end = len(rest)
	}
	c.midLine, c.array.either = true, true
	return end, c.report(rest[:min(end, c.m.maxBytes)], "text that is no value in the array that begins on line %d", c.array.line)
}

func (c *rowCutter) elementValue(rest []byte, atEOF bool) (advance int, text []byte) {
	if c.value.pos == 0 && (rest[0] == '{' || rest[0] == '[') {
		// Most elements are on one line, where their brackets tell their end.
		if end := balanced(rest); end >= 0 && end < len(rest) && endsElement(rest[end:]) {
			return c.take(rest, end)
		}
	}
	state := c.value.find(rest)
	switch {
	case state == ended, state == inWord && len(c.value.due) == 0 && atEOF:
		return c.take(rest, c.value.pos)
	case state == broken:
		return c.brokenElement(rest, atEOF)
	case len(rest) > c.m.maxBytes:
		return c.oversized(rest)
	case !atEOF:
		return 0, nil
	}
	return c.brokenElement(rest, atEOF)
}

// brokenElement takes an element that is damaged. Where it ends can only be guessed: where its brackets close on its own line, before an object
// that follows a '}' there, or before the next line that is indented no further than its first and begins or ends an element.
func (c *rowCutter) brokenElement(rest []byte, atEOF bool) (advance int, text []byte) {
	first, hasEnd := rest, false
	if end := lineEnd(rest, c.cr); end >= 0 {
		first, hasEnd = rest[:end], true
	}
	if !hasEnd && !atEOF && len(rest) <= c.m.maxBytes {
		return 0, nil
	}
	onFirst := c.value.pos <= len(first)
	if end := balanced(first); onFirst && end >= 0 && endsElement(first[end:]) {
		return c.take(rest, end)
	}
	if end, _ := objectBehind(first, true); onFirst && end >= 0 {
		return c.take(rest, end)
	}
	if end := c.nextLine(rest, len(first)); end >= 0 {
		_, text = c.take(rest, end)
		c.array.either, c.midLine = true, false
		return end, bytes.TrimRight(text, " \t\r\n")
	}
	switch {
	case atEOF:
		text = c.report(rest, "the file ends inside an element of the array that begins on line %d: it was cut off", c.array.line)
		c.array = array{}
		return len(rest), text
	case len(rest) <= c.m.maxBytes:
		return 0, nil
	}
	c.value.reset()
	c.lost, c.lineStart = true, rest[len(rest)-1] == '\n'
	return len(rest), rest[:c.m.maxBytes+1]
}

// endsElement reports whether an element may end before rest, which is the rest of a line.
func endsElement(rest []byte) bool {
	rest = rest[inlineSpace(rest):]
	return len(rest) == 0 || rest[0] == ',' || rest[0] == ']' || rest[0] == '\r' || rest[0] == '\n'
}

// nextLine returns the place before the first line behind a line break at end that goes on with the array, or -1.
func (c *rowCutter) nextLine(rest []byte, end int) int {
	for end < len(rest) {
		begin := end + 1
		if n := c.goesOn(rest[begin:]); n >= 0 {
			return begin + n
		}
		n := bytes.IndexByte(rest[begin:], '\n')
		if n < 0 {
			return -1
		}
		end = begin + n
	}
	return -1
}

// goesOn reports whether a line is indented no further than the broken element before it and begins or ends one: it returns the place to go on
// at, or -1.
func (c *rowCutter) goesOn(line []byte) int {
	n := inlineSpace(line)
	switch {
	case n > c.indent || n == len(line):
		return -1
	case line[n] == '{' || line[n] == '[' || line[n] == ']':
		c.indent = n
		return n
	case line[n] == '}':
		c.indent = n
		return n + 1
	}
	return -1
}

// findNext looks for the end of something broken that is too long to be held: in an array as brokenElement does, outside of one to the end of the line.
func (c *rowCutter) findNext(data []byte, atEOF bool) (advance int, text []byte) {
	if c.lineStart {
		n := 0
		if c.array.open {
			n = c.goesOn(data)
		}
		if n >= 0 {
			c.lost, c.midLine = false, false
			c.array.behind, c.array.comma, c.array.either = true, false, true
			advance, text = c.cutJSON(data[n:], atEOF)
			return n + advance, text
		}
		if inlineSpace(data) == len(data) && !atEOF && len(data) <= c.m.maxBytes {
			return 0, nil
		}
		c.lineStart = false
	}
	end, passed := objectBehind(data, c.array.open)
	line := lineEnd(data, c.cr)
	switch {
	case end >= 0:
		c.lost = false
		advance, _ = c.take(data, end)
		return advance, nil
	case line >= 0:
		c.lineStart = true
		return line + 1, nil
	case passed == 0 && (atEOF || len(data) > c.m.maxBytes):
		return len(data), nil
	}
	return passed, nil
}

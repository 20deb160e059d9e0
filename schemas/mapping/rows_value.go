package mapping

import "bytes"

// valueEnd finds where a JSON value ends. It can be given a value piece by piece: each call of find goes on where the one before stopped.
// It knows brackets, strings, commas and colons, which is enough to tell a value over several lines from one that was cut off; what
// else can be wrong with it is for Decode to say.
type valueEnd struct {
	pos     int // how much of the value has been looked at
	state   valueState
	key     bool   // the string that is being read is a member's name
	escaped bool   // its next byte belongs to a backslash
	due     []byte // the closing brackets of what is open
}

type valueState uint8

const (
	wantValue valueState = iota
	wantValueOrEnd
	wantKey
	wantKeyOrEnd
	wantColon
	wantNext // a comma or a closing bracket
	inString
	inWord // a number, true, false or null
	ended
	broken
)

// maxOpen bounds what is remembered of open brackets. Decode reads no value that nests so deep.
const maxOpen = 1 << 16

func (v *valueEnd) reset() { *v = valueEnd{due: v.due[:0]} }

// find looks at data, which begins where the value does, and returns ended, broken, or whatever else if more data is needed. pos is then
// where the value ends or breaks.
func (v *valueEnd) find(data []byte) valueState {
	for v.pos < len(data) && v.state < ended {
		switch v.state {
		case inString:
			v.string(data)
		case inWord:
			v.word(data)
		default:
			v.step(data[v.pos])
		}
	}
	return v.state
}

// string goes on in a string, up to its closing quote.
func (v *valueEnd) string(data []byte) {
	for ; v.pos < len(data); v.pos++ {
		switch c := data[v.pos]; {
		case c == '\n' || c == '\r':
			v.state = broken
			return
		case v.escaped:
			v.escaped = false
		case c == '\\':
			v.escaped = true
		case c == '"':
			v.pos++
			if v.complete(); v.key {
				v.state, v.key = wantColon, false
			}
			return
		}
	}
}

func (v *valueEnd) word(data []byte) {
	for v.pos < len(data) && isWord(data[v.pos]) {
		v.pos++
	}
	if v.pos < len(data) {
		v.complete()
	}
}

func isWord(c byte) bool {
	return c-'0' <= 9 || c|0x20-'a' <= 'z'-'a' || c == '-' || c == '+' || c == '.'
}

// step takes one byte outside of strings and words.
func (v *valueEnd) step(c byte) {
	switch next := v.next(c); next {
	case broken:
		v.state = broken
	default:
		v.state = next
		v.pos++
	}
}

// next returns the state behind a byte.
func (v *valueEnd) next(c byte) valueState {
	switch {
	case c == ' ' || c == '\n' || c == '\r' || c == '\t':
		return v.state
	case v.state == wantColon && c == ':':
		return wantValue
	case v.state == wantNext && c == ',' && v.due[len(v.due)-1] == '}':
		return wantKey
	case v.state == wantNext && c == ',':
		return wantValue
	case (v.state == wantKey || v.state == wantKeyOrEnd) && c == '"':
		v.key = true
		return inString
	case v.state != wantColon && v.state != wantKey && v.state != wantValue && len(v.due) > 0 && c == v.due[len(v.due)-1]:
		v.due = v.due[:len(v.due)-1]
		v.complete()
		return v.state
	case v.state == wantValue || v.state == wantValueOrEnd:
		return v.begin(c)
	}
	return broken
}

// begin begins a value.
func (v *valueEnd) begin(c byte) valueState {
	switch {
	case c == '"':
		return inString
	case isWord(c):
		return inWord
	case len(v.due) == maxOpen:
		return broken
	case c == '{':
		v.due = append(v.due, '}')
		return wantKeyOrEnd
	case c == '[':
		v.due = append(v.due, ']')
		return wantValueOrEnd
	}
	return broken
}

// complete goes on behind a value, or ends if it was the outermost.
func (v *valueEnd) complete() {
	if v.state = wantNext; len(v.due) == 0 {
		v.state = ended
	}
}

// balanced returns the place behind the brackets that open at the beginning of data, or -1 if they do not close on its first line. It knows
// brackets and strings alone: a value with any other fault has an end by which it can be told from the next one.
func balanced(data []byte) int {
	var due []byte
	text := false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '\n' || c == '\r':
			return -1
		case c == '"':
			text = !text
		case text && c == '\\':
			i++
		case text:
		case c == '{' || c == '[':
			due = append(due, c+2) // in ASCII the closing bracket is two behind the opening one
		case (c == '}' || c == ']') && (len(due) == 0 || due[len(due)-1] != c):
			return -1
		case c == '}' || c == ']':
			if due = due[:len(due)-1]; len(due) == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// objectBehind finds the first '}' on data's first line that another object follows, with a comma in between or, if comma is false, without.
// It returns the place behind the '}', or -1 and how much of data cannot be the beginning of such a place.
func objectBehind(data []byte, comma bool) (end, passed int) {
	if line := lineEnd(data, false); line >= 0 {
		data = data[:line]
	}
	for i := 0; ; {
		n := bytes.IndexByte(data[i:], '}')
		if n < 0 {
			return -1, len(data)
		}
		i += n + 1
		next := i + inlineSpace(data[i:])
		if comma && next < len(data) && data[next] == ',' {
			next += 1 + inlineSpace(data[next+1:])
		}
		switch {
		case next == len(data):
			return -1, i - 1
		case data[next] == '{' && (!comma || bytes.IndexByte(data[i:next], ',') >= 0):
			return i, i
		}
	}
}

// inlineSpace is the length of the blanks at the beginning.
func inlineSpace(data []byte) (n int) {
	for n < len(data) && (data[n] == ' ' || data[n] == '\t') {
		n++
	}
	return n
}

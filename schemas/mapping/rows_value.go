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
			if v.pos += space(data[v.pos:], 0); v.pos < len(data) {
				v.step(data[v.pos])
			}
		}
	}
	return v.state
}

// string goes on in a string, up to its closing quote.
func (v *valueEnd) string(data []byte) {
	i := v.pos
	if v.escaped && data[i] != '\n' && data[i] != '\r' {
		i++
	}
	v.escaped = false
	for i < len(data) {
		switch c := data[i]; {
		case c > '\\' || c >= ' ' && c != '"' && c != '\\':
			i++
		case c == '\\' && i+1 == len(data):
			v.pos, v.escaped = i+1, true
			return
		case c == '\\' && data[i+1] >= ' ':
			i += 2
		case c == '\\':
			i++
		case c == '\n' || c == '\r':
			v.pos, v.state = i, broken
			return
		case c == '"':
			v.pos = i + 1
			if v.complete(); v.key {
				v.state, v.key = wantColon, false
			}
			return
		default: // a control character, which Decode refuses
			i++
		}
	}
	v.pos = i
}

func (v *valueEnd) word(data []byte) {
	i := v.pos
	for i < len(data) && isWord(data[i]) {
		i++
	}
	if v.pos = i; i < len(data) {
		v.complete()
	}
}

func isWord(c byte) bool {
	return c-'0' <= 9 || c|0x20-'a' <= 'z'-'a' || c == '-' || c == '+' || c == '.'
}

// step takes one byte outside of strings, words and blanks.
func (v *valueEnd) step(c byte) {
	if v.state = v.next(c); v.state != broken {
		v.pos++
	}
}

// next returns the state behind a byte.
func (v *valueEnd) next(c byte) valueState {
	switch v.state {
	case wantColon:
		if c == ':' {
			return wantValue
		}
	case wantKey, wantKeyOrEnd:
		if c == '"' {
			v.key = true
			return inString
		}
		if c == '}' && v.state == wantKeyOrEnd {
			return v.close()
		}
	case wantNext:
		switch due := v.due[len(v.due)-1]; {
		case c == due:
			return v.close()
		case c == ',' && due == '}':
			return wantKey
		case c == ',':
			return wantValue
		}
	case wantValueOrEnd:
		if c == ']' {
			return v.close()
		}
		return v.begin(c)
	case wantValue:
		return v.begin(c)
	}
	return broken
}

// close takes the bracket that is due.
func (v *valueEnd) close() valueState {
	v.due = v.due[:len(v.due)-1]
	v.complete()
	return v.state
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
	var due [maxDepth + 1]byte
	depth := 0
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			if i = stringEndOnLine(data, i+1); i < 0 {
				return -1
			}
		case c == '\n' || c == '\r':
			return -1
		case c|0x20 == '{': // or '['
			if depth == len(due) {
				return -1
			}
			due[depth] = c + 2 // in ASCII the closing bracket is two behind the opening one
			depth++
		case c|0x20 == '}': // or ']'
			if depth == 0 || due[depth-1] != c {
				return -1
			}
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// stringEndOnLine returns the place of the quote that closes the string whose text begins at i, or -1 if there is none on its line.
func stringEndOnLine(data []byte, i int) int {
	for ; i < len(data); i++ {
		switch c := data[i]; {
		case c > '\\':
		case c == '"':
			return i
		case c == '\\' && i+1 < len(data) && data[i+1] >= ' ':
			i++
		case c == '\n' || c == '\r':
			return -1
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

package mapping

import (
	"encoding/binary"
	"math/bits"
)

// maxDepth is how deep a document may nest: a bit each in skipNested's stack.
const maxDepth = 64

// document reads one JSON object into the slots of the paths it holds and checks all the rest: whatever encoding/json refuses is
// refused. Of equal keys the last one counts. It reports false after noting the fault.
func (d *Decoder) document(s []byte) bool {
	i := space(s, 0)
	if i == len(s) {
		return d.fail(i, "an empty value") >= 0
	}
	if s[i] != '{' {
		return d.fail(i, "not a JSON object") >= 0
	}
	if i = d.object(d.m.root, s, i+1, 1); i < 0 {
		return false
	}
	if i = space(s, i); i != len(s) {
		return d.fail(i, "something follows the JSON object") >= 0
	}
	return true
}

// object reads the members behind a '{' and returns the place behind the '}', or -1.
func (d *Decoder) object(n *node, s []byte, i, depth int) int {
	if i = space(s, i); i < len(s) && s[i] == '}' {
		return i + 1
	}
	for {
		child, at := d.key(n, s, i)
		if at < 0 {
			return -1
		}
		if i = d.member(child, s, at, depth); i < 0 {
			return -1
		}
		if i = space(s, i); i >= len(s) {
			return d.fail(i, "the JSON ends inside an object")
		}
		switch s[i] {
		case ',':
			i = space(s, i+1)
		case '}':
			return i + 1
		default:
			return d.fail(i, "a comma or } is missing in an object")
		}
	}
}

// key reads a key and its colon. It returns the node of the key, nil if nothing below it is read (nothing at all if n is nil), and
// the place of the value. A key of up to seven bytes is found, checked and looked up as one word.
func (d *Decoder) key(n *node, s []byte, i int) (child *node, at int) {
	if i >= len(s) || s[i] != '"' {
		return nil, d.fail(i, "a key in double quotes is missing")
	}
	i++
	end := -1
	var head uint64
	if i+8 <= len(s) {
		head = binary.LittleEndian.Uint64(s[i:])
		if found := specials(head); found != 0 {
			bit := bits.TrailingZeros64(found) &^ 7
			if place := i + bit/8; s[place] == '"' {
				end = place
				head &= 1<<bit - 1
			}
		}
	}
	if end >= 0 {
		if n != nil {
			child = n.child(s[i:end], head)
		}
	} else if child, end = d.longKey(n, s, i); end < 0 {
		return nil, -1
	}
	if i = space(s, end+1); i >= len(s) || s[i] != ':' {
		return nil, d.fail(i, "a colon is missing after a key")
	}
	if i = space(s, i+1); i >= len(s) {
		return nil, d.fail(i, "the JSON ends before a value")
	}
	return child, i
}

// longKey reads a key of more than seven bytes or with escapes, whose text begins at i, and returns the place of its closing quote.
func (d *Decoder) longKey(n *node, s []byte, i int) (child *node, end int) {
	end, escaped := d.text(s, i)
	if end < 0 || n == nil {
		return nil, end
	}
	name := s[i:end]
	if escaped {
		name = unescape(d.buffer[:0], name)
	}
	return n.child(name, headOf(name)), end
}

// member reads a value into its node's slots, or skips it if there is no node.
func (d *Decoder) member(n *node, s []byte, i, depth int) int {
	if n == nil {
		return d.skip(s, i, depth)
	}
	if len(n.below) > 0 {
		clear(d.values[n.lo:n.hi]) // an earlier member of the same name counts no more
	}
	v := value{start: int32(i)}
	switch c := s[i]; {
	case c == '"':
		i = d.textValue(&v, s, i+1)
	case c == '-' || c-'0' <= 9:
		i = d.numberValue(&v, s, i)
	case c == '{' && len(n.below) > 0:
		if depth >= maxDepth {
			return d.fail(i, "the JSON nests more than 64 deep")
		}
		v.kind = kindNested
		i = d.object(n, s, i+1, depth+1)
		v.end = int32(i)
	default:
		v.kind = otherKind(c)
		i = d.skip(s, i, depth)
		v.end = int32(i)
	}
	if i >= 0 && n.slot >= 0 {
		d.values[n.slot] = v
	}
	return i
}

func otherKind(c byte) valueKind {
	switch c {
	case 'n':
		return kindNull
	case '{', '[':
		return kindNested
	}
	return kindBool
}

// textValue reads the string whose text begins at i and returns the place behind its closing quote, or -1.
func (d *Decoder) textValue(v *value, s []byte, i int) int {
	end, escaped := d.text(s, i)
	if end < 0 {
		return -1
	}
	v.start, v.end = int32(i), int32(end)
	switch {
	case escaped:
		v.kind = kindEscaped
	case end == i:
		v.kind = kindNull
	default:
		v.kind = kindText
	}
	return end + 1
}

// numberValue reads a number and returns the place behind it, or -1.
func (d *Decoder) numberValue(v *value, s []byte, start int) int {
	i, n := start, int64(0)
	if s[i] == '-' {
		i++
	}
	first := i
	for i < len(s) && s[i]-'0' <= 9 {
		n = n*10 + int64(s[i]-'0') // a number too long for this is read again
		i++
	}
	v.kind = kindInteger
	if count := i - first; count == 0 || count > 18 || s[first] == '0' && count > 1 || i < len(s) && (s[i] == '.' || s[i]|0x20 == 'e') {
		v.kind = kindNumber
		i = d.number(s, start)
	}
	if s[start] == '-' {
		n = -n
	}
	v.n, v.end = n, int32(i)
	return i
}

// number checks a number and returns the place behind it, or -1.
func (d *Decoder) number(s []byte, i int) int {
	start := i
	if s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if i = digits(s, i); i < 0 {
		return d.fail(start, "a bad number")
	}
	if i < len(s) && s[i] == '.' {
		if i = digits(s, i+1); i < 0 {
			return d.fail(start, "a bad number")
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if i = digits(s, i); i < 0 {
			return d.fail(start, "a bad number")
		}
	}
	return i
}

// digits returns the place behind one digit or more, or -1 if there is none.
func digits(s []byte, i int) int {
	start := i
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

// space returns the place of the first byte that is not white space.
func space(s []byte, i int) int {
	for i < len(s) && s[i] <= ' ' && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

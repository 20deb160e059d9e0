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

// object reads the members behind a '{' and returns the place behind the '}', or -1. It is written out in one piece because it
// is where decoding spends its time: compact JSON with short keys needs one call a member.
func (d *Decoder) object(n *node, s []byte, i, depth int) int {
	if i = space(s, i); i < len(s) && s[i] == '}' {
		return i + 1
	}
	for {
		var child *node
		end := -1
		if i+9 <= len(s) && s[i] == '"' { // a key of up to seven bytes is found, checked and looked up as one word
			head := binary.LittleEndian.Uint64(s[i+1:])
			if found := specials(head); found != 0 {
				bit := bits.TrailingZeros64(found) &^ 7
				if byte(head>>bit) == '"' {
					end = i + 1 + bit/8
					if at := n.names.find(s[i+1:end], head&(1<<bit-1)); at >= 0 {
						child = n.below[at]
					}
				}
			}
		}
		if end < 0 {
			if child, end = d.longKey(n, s, i); end < 0 {
				return -1
			}
		}
		i = end + 1
		if i >= len(s) || s[i] != ':' {
			if i = space(s, i); i >= len(s) || s[i] != ':' {
				return d.fail(i, "a colon is missing after a key")
			}
		}
		if i = space(s, i+1); i >= len(s) {
			return d.fail(i, "the JSON ends before a value")
		}
		if child != nil {
			i = d.member(child, s, i, depth)
		} else if s[i] == '"' {
			i, _ = d.text(s, i+1)
			i++
		} else {
			i = d.skip(s, i, depth)
		}
		if i <= 0 {
			return -1
		}
		if i < len(s) && s[i] == ',' {
			i = space(s, i+1)
			continue
		}
		switch i = space(s, i); {
		case i >= len(s):
			return d.fail(i, "the JSON ends inside an object")
		case s[i] == ',':
			i = space(s, i+1)
		case s[i] == '}':
			return i + 1
		default:
			return d.fail(i, "a comma or } is missing in an object")
		}
	}
}

// longKey reads any key. It returns its node, nil if nothing below it is read, and the place of its closing quote, or -1.
func (d *Decoder) longKey(n *node, s []byte, i int) (child *node, end int) {
	if i >= len(s) || s[i] != '"' {
		return nil, d.fail(i, "a key in double quotes is missing")
	}
	end, escaped := d.text(s, i+1)
	if end < 0 {
		return nil, end
	}
	name := s[i+1 : end]
	if escaped {
		name = unescape(d.buffer[:0], name)
	}
	if at := n.names.find(name, headOf(name)); at >= 0 {
		child = n.below[at]
	}
	return child, end
}

// member reads a value into its node's slot and returns the place behind it, or -1.
func (d *Decoder) member(n *node, s []byte, i, depth int) int {
	if len(n.below) > 0 {
		clear(d.values[n.lo:n.hi]) // an earlier member of the same name counts no more
	}
	v := &d.values[n.slot]
	switch c := s[i]; {
	case c == '"':
		return d.textValue(v, s, i+1)
	case c == '-' || c-'0' <= 9:
		return d.numberValue(v, s, i)
	case c == '{' && len(n.below) > 0:
		if depth >= maxDepth {
			return d.fail(i, "the JSON nests more than 64 deep")
		}
		v.kind, v.start = kindNested, int32(i)
		i = d.object(n, s, i+1, depth+1)
	default:
		v.kind, v.start = otherKind(c), int32(i)
		i = d.skip(s, i, depth)
	}
	v.end = int32(i)
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
	v.n, v.start, v.end = n, int32(start), int32(i)
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

package mapping

import "winback/schemas"

// maxDepth is how deep a document may nest: a bit each in skipNested's stack.
const maxDepth = 64

const tooDeep = "the JSON nests more than 64 deep"

// document reads one JSON object into the slots of the paths it holds and checks all the rest: whatever encoding/json refuses is
// refused. Of equal keys the last one counts. Of a document that holds many events it reads the first.
func (d *Decoder) document(s []byte) (reason schemas.Reason, found bool) {
	i := space(s, 0)
	switch {
	case i == len(s):
		i = d.fail(i, "an empty value")
	case s[i] == '{':
		i = d.object(d.m.root, d.steps.begin(), s, i+1, 1)
	case s[i] == '[':
		return d.openArray(i)
	default:
		i = d.fail(i, "not a JSON object")
	}
	if i < 0 {
		return schemas.Malformed, true
	}
	if i = space(s, i); i != len(s) {
		return d.malformed(i, "something follows the JSON object"), true
	}
	if each := d.m.each; each > 0 {
		switch v := &d.values[each]; {
		case v.present():
			return d.openEach(v)
		case v.kind == kindBelowArray:
			d.fault = fault{field: "each", path: d.m.paths[each], problem: eachThroughArray}
			return schemas.ArrayInPath, true
		case v.kind == kindBelowText:
			d.fault = fault{field: "each", path: d.m.paths[each], problem: throughText}
			return schemas.Malformed, true
		}
	}
	return schemas.Accepted, true
}

// object reads the members behind a '{' and returns the place behind the '}', or -1. followSteps reads those that follow each other as
// they did in an earlier document; the others are read one by one.
func (d *Decoder) object(n *node, last *step, s []byte, i, depth int) int {
	for begin := i; ; {
		var open bool
		if last, i, open = followSteps(last, s, i); !open {
			if i < len(s) && s[i] == '}' {
				return i + 1
			}
			if last, i = d.newStep(n, last, s, i, i == begin); last == nil {
				return i
			}
		}
		if i = d.stepValue(last, s, i, depth); i < 0 {
			return -1
		}
	}
}

// stepValue reads or skips the value that begins at i, behind a step, and returns the place behind it, or -1.
func (d *Decoder) stepValue(st *step, s []byte, i, depth int) int {
	if st.text {
		return d.textValue(st.value, s, i)
	}
	if i = space(s, i); i >= len(s) {
		return d.fail(i, "the JSON ends before a value")
	}
	if st.node == nil {
		return d.skip(s, i, depth)
	}
	return d.member(st, s, i, depth)
}

// member reads a value into its node's slot and returns the place behind it, or -1.
func (d *Decoder) member(st *step, s []byte, i, depth int) int {
	n := st.node
	if len(n.below) > 0 {
		clear(d.values[n.lo:n.hi]) // an earlier member of the same name counts no more
	}
	v := st.value
	switch c := s[i]; {
	case c == '"':
		end := d.textValue(v, s, i+1)
		if v.kind == kindEscaped && (s[i+1] == '{' || s[i+1] == '[') { // JSON that has been written as text has its quotes escaped
			d.pathsEnd(n, value{kind: kindBelowText, start: int32(i), end: int32(end)})
		}
		return end
	case c == '-' || c-'0' <= 9:
		return d.numberValue(v, s, i)
	case c == '{' && len(n.below) > 0:
		if depth >= maxDepth {
			return d.fail(i, tooDeep)
		}
		v.kind, v.start = kindNested, int32(i)
		i = d.object(n, d.steps.enter(st, n), s, i+1, depth+1)
	case c == '[' && (len(n.below) > 0 || n.each):
		v.kind, v.start = kindNested, int32(i)
		i = d.arrayOnPath(st, s, i, depth)
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

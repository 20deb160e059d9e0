package mapping

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

// key reads a key and its colon. It returns the node of the key, nil if nothing below it is read (nothing at all if n is nil), and the place of the value.
func (d *Decoder) key(n *node, s []byte, i int) (*node, int) {
	if i >= len(s) || s[i] != '"' {
		return nil, d.fail(i, "a key in double quotes is missing")
	}
	end, escaped := d.text(s, i+1)
	if end < 0 {
		return nil, -1
	}
	name := s[i+1 : end]
	if escaped {
		name = unescape(d.buffer[:0], name)
	}
	if i = space(s, end+1); i >= len(s) || s[i] != ':' {
		return nil, d.fail(i, "a colon is missing after a key")
	}
	if i = space(s, i+1); i >= len(s) {
		return nil, d.fail(i, "the JSON ends before a value")
	}
	if n == nil {
		return nil, i
	}
	if at := n.names.find(name); at >= 0 {
		return n.below[at], i
	}
	return nil, i
}

// member reads a value into its node's slots, or skips it if there is no node.
func (d *Decoder) member(n *node, s []byte, i, depth int) int {
	if n == nil {
		return d.skip(s, i, depth)
	}
	if n.hi-n.lo > 1 {
		clear(d.values[n.lo:n.hi]) // an earlier member of the same name counts no more
	}
	kind, start, end := kindNested, i, 0
	switch c := s[i]; {
	case c == '"':
		var escaped bool
		end, escaped = d.text(s, i+1)
		if end < 0 {
			return -1
		}
		kind, start = kindText, i+1
		if escaped {
			kind = kindEscaped
		} else if end == start {
			kind = kindNull
		}
		i = end + 1
	case c == '{' && len(n.below) > 0:
		if depth >= maxDepth {
			return d.fail(i, "the JSON nests more than 64 deep")
		}
		i = d.object(n, s, i+1, depth+1)
		end = i
	case c == '-' || c-'0' <= 9:
		kind = kindNumber
		i = d.number(s, i)
		end = i
	default:
		if c == 'n' {
			kind = kindNull
		} else if c != '{' && c != '[' {
			kind = kindBool
		}
		i = d.skip(s, i, depth)
		end = i
	}
	if i >= 0 && n.slot >= 0 {
		d.values[n.slot] = value{s[start:end], kind}
	}
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

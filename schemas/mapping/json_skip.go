package mapping

// skip checks a value that is not read and returns the place behind it, or -1. The value lies depth containers deep.
func (d *Decoder) skip(s []byte, i, depth int) int {
	switch s[i] {
	case '"':
		end, _ := d.text(s, i+1)
		if end < 0 {
			return -1
		}
		return end + 1
	case '{', '[':
		return d.skipNested(s, i, depth)
	case 't':
		return d.literal(s, i, "true")
	case 'f':
		return d.literal(s, i, "false")
	case 'n':
		return d.literal(s, i, "null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return d.number(s, i)
	}
	return d.fail(i, "no JSON value")
}

// skipNested checks an object or array. The containers it is inside are bits of a word, 1 for an object, so that hostile nesting
// costs neither stack nor heap.
func (d *Decoder) skipNested(s []byte, i, depth int) int {
	var objects uint64
	for outside := depth; ; {
		if s[i] == '{' || s[i] == '[' {
			if depth == maxDepth {
				return d.fail(i, tooDeep)
			}
			depth++
			objects <<= 1
			if s[i] == '{' {
				objects |= 1
			}
			if i = space(s, i+1); i >= len(s) || !closes(s[i], objects) {
				if i = d.item(s, i, objects); i < 0 {
					return -1
				}
				continue
			}
		} else if i = d.skip(s, i, depth); i < 0 {
			return -1
		}
		for i = space(s, i); i < len(s) && closes(s[i], objects); i = space(s, i+1) {
			depth--
			objects >>= 1
			if depth == outside {
				return i + 1
			}
		}
		if i >= len(s) || s[i] != ',' {
			return d.fail(i, "a comma or a closing bracket is missing")
		}
		if i = d.item(s, space(s, i+1), objects); i < 0 {
			return -1
		}
	}
}

// item returns the place of the next value of the innermost container, its key and colon checked.
func (d *Decoder) item(s []byte, i int, objects uint64) int {
	if objects&1 == 1 {
		return d.skipKey(s, i)
	}
	if i >= len(s) {
		return d.fail(i, "the JSON ends inside an array")
	}
	return i
}

// skipKey checks a key and its colon and returns the place of the value, or -1.
func (d *Decoder) skipKey(s []byte, i int) int {
	if i >= len(s) || s[i] != '"' {
		return d.fail(i, "a key in double quotes is missing")
	}
	end, _ := d.text(s, i+1)
	if end < 0 {
		return -1
	}
	if i = space(s, end+1); i >= len(s) || s[i] != ':' {
		return d.fail(i, "a colon is missing after a key")
	}
	if i = space(s, i+1); i >= len(s) {
		return d.fail(i, "the JSON ends before a value")
	}
	return i
}

// closes reports whether c closes the innermost container.
func closes(c byte, objects uint64) bool {
	if objects&1 == 1 {
		return c == '}'
	}
	return c == ']'
}

func (d *Decoder) literal(s []byte, i int, want string) int {
	if len(s)-i >= len(want) && string(s[i:i+len(want)]) == want {
		return i + len(want)
	}
	return d.fail(i, "no JSON value")
}

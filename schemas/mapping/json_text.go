package mapping

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// text checks the string whose first byte is at i and returns the place of its closing quote, or -1, and whether it holds
// escapes. It looks at eight bytes at a time: a word holds a quote, a backslash or a control character if one of the
// subtractions borrows into the high bit of a byte, and the lowest such byte is exact.
func (d *Decoder) text(s []byte, i int) (end int, escaped bool) {
	start := i
	for {
		for i+8 <= len(s) {
			w := binary.LittleEndian.Uint64(s[i:])
			quote, slash := w^'"'*ones, w^'\\'*ones
			found := ((quote-ones)&^quote | (slash-ones)&^slash | (w-' '*ones)&^w) & highs
			if found != 0 {
				i += bits.TrailingZeros64(found) / 8
				break
			}
			i += 8
		}
		for i < len(s) && s[i] != '"' && s[i] != '\\' && s[i] >= ' ' {
			i++
		}
		if i >= len(s) {
			return d.fail(start-1, "a string is not closed"), false
		}
		switch s[i] {
		case '"':
			return i, escaped
		case '\\':
			n := escapeLength(s[i:])
			if n == 0 {
				return d.fail(i, "a bad escape in a string"), false
			}
			i += n
			escaped = true
		default:
			return d.fail(i, "a control character in a string"), false
		}
	}
}

// escapeLength returns the length of the escape that s begins with, 0 if it is none that JSON knows.
func escapeLength(s []byte) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(s); ok {
			return 6
		}
	}
	return 0
}

// hex4 reads the escape \uXXXX that s begins with.
func hex4(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s[2:6] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// unescape appends a checked string's text to dst, as far as dst has room. A surrogate without its pair becomes the three bytes
// that UTF-8 forbids, so that it is no text to whoever checks.
func unescape(dst, s []byte) []byte {
	for i := 0; i < len(s) && len(dst)+utf8.UTFMax <= cap(dst); {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			i++
			continue
		}
		r, ok := hex4(s[i:])
		if !ok {
			dst = append(dst, unescaped(s[i+1]))
			i += 2
			continue
		}
		i += 6
		if utf16.IsSurrogate(r) {
			low, _ := hex4(s[i:])
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				r = pair
				i += 6
			} else {
				dst = append(dst, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
				continue
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// unescaped is the byte that an escape of two bytes stands for.
func unescaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

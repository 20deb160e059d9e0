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

// markSpecials marks the bytes of a word that a string cannot hold as they are: a quote, a backslash or a control character. With its
// second bit turned, a quote is a space and control characters stay what they are, so that one comparison with '!' finds both. Each
// subtraction borrows into the high bit of such a byte; only the lowest mark is exact.
func markSpecials(w uint64) uint64 {
	turned, slash := w^2*ones, w^'\\'*ones
	return ((turned-'!'*ones)&^turned | (slash-ones)&^slash) & highs
}

// text checks the string whose text begins at i and returns the place of its closing quote, or -1, and whether it holds escapes.
func (d *Decoder) text(s []byte, i int) (end int, escaped bool) {
	at := i
	for ; at+8 <= len(s); at += 8 {
		w := binary.LittleEndian.Uint64(s[at:])
		if found := markSpecials(w); found != 0 {
			bit := bits.TrailingZeros64(found) &^ 7
			if byte(w>>bit) == '"' {
				return at + bit/8, false
			}
			return d.slowText(s, i)
		}
	}
	if len(s) >= 8 { // the last bytes, and zeros behind them, which are marked too
		w := binary.LittleEndian.Uint64(s[len(s)-8:]) >> (8 * (at + 8 - len(s)))
		bit := bits.TrailingZeros64(markSpecials(w)) &^ 7
		if byte(w>>bit) == '"' {
			return at + bit/8, false
		}
	}
	return d.slowText(s, i)
}

// slowText is text, byte by byte: for a string with escapes, or one that ends close to the end of the document.
func (d *Decoder) slowText(s []byte, i int) (end int, escaped bool) {
	start := i
	for i < len(s) {
		switch c := s[i]; {
		case c == '"':
			return i, escaped
		case c == '\\':
			n := escapeLength(s[i:])
			if n == 0 {
				return d.fail(i, "a bad escape in a string"), false
			}
			i += n
			escaped = true
		case c < ' ':
			return d.fail(i, "a control character in a string"), false
		default:
			i++
		}
	}
	return d.fail(start-1, "a string is not closed"), false
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
			pair := utf16.DecodeRune(r, low)
			if pair == utf8.RuneError {
				dst = append(dst, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
				continue
			}
			r = pair
			i += 6
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

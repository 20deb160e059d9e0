package mapping

// value is what a field holds, still as it is written.
type value struct {
	text []byte // the inside of a string, the digits of a number, a whole CSV field without its quotes
	kind valueKind
}

type valueKind uint8

const (
	kindAbsent  valueKind = iota // the record has no such field
	kindNull                     // JSON null or empty text: as good as absent
	kindText                     // plain text
	kindEscaped                  // JSON text with escapes
	kindQuoted                   // CSV text with doubled quotes
	kindNumber                   // a JSON number
	kindBool                     // true or false
	kindNested                   // an object or array
	kindInstant                  // the record's timestamp, which has no text
)

// there reports whether the field holds anything.
func (v *value) there() bool { return v.kind > kindNull }

// scalar reports whether the value can be read as text.
func (v *value) scalar() bool { return v.kind >= kindText && v.kind <= kindBool }

// maxEscaped is the longest text with escapes that is looked at. All we compare with or parse is at most 256 bytes, and no byte
// of text takes more than six as an escape.
const maxEscaped = 6 * maxNameBytes

// plain returns the value's text without escapes. Text that had some is written into buffer, cut at its capacity; that is
// longer than anything the text could equal.
func (v *value) plain(buffer []byte) []byte {
	switch v.kind {
	case kindEscaped:
		return unescape(buffer[:0], v.text)
	case kindQuoted:
		return unquote(buffer[:0], v.text)
	}
	return v.text
}

// unquote appends a CSV field's text to dst, as far as dst has room: of two quotes, one.
func unquote(dst, s []byte) []byte {
	for i := 0; i < len(s) && len(dst) < cap(dst); i++ {
		dst = append(dst, s[i])
		if s[i] == '"' {
			i++
		}
	}
	return dst
}

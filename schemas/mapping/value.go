package mapping

// value is what a field holds, still as it is written: the place of the inside of a string, of a number's digits, or of a CSV
// field without its quotes. It holds places instead of a slice because places are stored without a write barrier.
type value struct {
	start, end int32
	kind       valueKind
	n          int64 // of kindInteger
}

type valueKind uint8

const (
	kindAbsent     valueKind = iota // the record has no such field
	kindBelowArray                  // its path goes through an array, the place of which is noted: as good as absent
	kindBelowText                   // its path goes through text that holds JSON: as good as absent
	kindNull                        // JSON null or empty text: as good as absent
	kindASCII                       // plain text that was seen to be ASCII
	kindText                        // plain text
	kindEscaped                     // JSON text with escapes
	kindQuoted                      // CSV text with doubled quotes
	kindKey                         // the record's key
	kindInteger                     // a JSON number of at most 18 digits and no more
	kindNumber                      // any other JSON number
	kindBool                        // true or false
	kindNested                      // an object or array
)

// present reports whether the field holds a value.
func (v *value) present() bool { return v.kind > kindNull }

// isWord reports whether the value can be read as text: it is a string or a number.
func (v *value) isWord() bool { return v.kind >= kindASCII && v.kind <= kindNumber }

// maxEscaped is the longest text with escapes that is looked at. All we compare with or parse is at most 256 bytes, and no byte
// of text takes more than six as an escape.
const maxEscaped = 6 * maxNameBytes

// raw returns the value as it is written.
func (d *Decoder) raw(v *value) []byte {
	if v.kind == kindKey {
		return d.recordKey
	}
	return d.recordValue[v.start:v.end]
}

// plain returns the value's text without escapes. Text that had some is written into buffer, cut at its capacity; that is
// longer than anything the text could equal.
func (d *Decoder) plain(v *value, buffer []byte) []byte {
	text := d.raw(v)
	switch v.kind {
	case kindEscaped:
		return unescape(buffer[:0], text)
	case kindQuoted:
		return unquote(buffer[:0], text)
	}
	return text
}

// first returns the first of the slots that holds anything, or nil.
func (d *Decoder) first(slots []int) *value {
	for _, slot := range slots {
		if v := &d.values[slot]; v.present() {
			return v
		}
	}
	return nil
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

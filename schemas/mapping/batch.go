package mapping

import (
	"bytes"

	"winback/schemas"
)

// batch is what is left to read of a record that holds many events: the elements of an array, each of which is an event.
type batch struct {
	element schemas.Record // the record, with the element that was read last as its value
	number  int            // of that element, from 1; 0 in a record that is one event
	count   int            // how many elements there are
	left    int            // how many of them are still to be read
	begin   int            // of that element in the record's value
	next    int            // where the element behind it begins
	open    int            // the array's '['
	close   int            // its ']'
	around  bool           // the array stands in an object, whose fields count for elements that lack them
}

// openArray takes a record whose value is an array, which begins at i, and reads its first element.
func (d *Decoder) openArray(i int) (reason schemas.Reason, found bool) {
	s := d.recordValue
	count, end := d.countElements(s, i)
	if end < 0 {
		return schemas.Malformed, true
	}
	if after := space(s, end); after != len(s) {
		return d.malformed(after, "something follows the JSON array"), true
	}
	d.batch = batch{element: *d.record, count: count, left: count, next: i + 1, open: i, close: end - 1}
	return d.readElement()
}

// openEach takes a record one of whose fields should be an array of events, and reads the first element.
func (d *Decoder) openEach(v *value) (reason schemas.Reason, found bool) {
	if v.kind != kindNested || d.recordValue[v.start] != '[' {
		return d.refuse(schemas.Malformed, "each", v, "not an array"), true
	}
	copy(d.around, d.values)
	d.batch = batch{
		element: *d.record, count: int(v.n), left: int(v.n), next: int(v.start) + 1, open: int(v.start), close: int(v.end) - 1, around: true,
	}
	return d.readElement()
}

// Alone is the value of a record that holds the event of the last Next alone and is otherwise as it came: an array in an object keeps what is
// around it. It is valid until the next call.
func (d *Decoder) Alone() []byte {
	b := &d.batch
	if b.number == 0 || !b.around {
		return d.Record().Value
	}
	d.alone = append(d.alone[:0], d.recordValue[:b.open+1]...)
	d.alone = append(d.alone, b.element.Value...)
	d.alone = append(d.alone, d.recordValue[b.close:]...)
	return d.alone
}

// readElement reads the next element into the slots, if there is one.
func (d *Decoder) readElement() (reason schemas.Reason, found bool) {
	b := &d.batch
	if b.left == 0 {
		return schemas.Accepted, false
	}
	s := d.recordValue[:b.close]
	b.number, b.left, b.begin = b.number+1, b.left-1, space(s, b.next)
	clear(d.values)
	d.pathsEnded = false
	end, ok := d.elementObject(s, b.begin)
	if !ok {
		end, reason = elementEnd(s, b.begin), schemas.Malformed
	}
	b.next = end + 1
	b.element.Value, b.element.Element = bytes.TrimRight(s[b.begin:end], " \t\r\n"), int32(b.number)
	if ok && b.around {
		d.lookAround()
	}
	return reason, true
}

// elementObject reads the object that begins at i and returns the place behind it and the white space that follows. ok says that the
// element ends there.
func (d *Decoder) elementObject(s []byte, i int) (end int, ok bool) {
	if i == len(s) || s[i] == ',' {
		return i, d.fail(i, "an element is missing") >= 0
	}
	if s[i] != '{' {
		return i, d.fail(i, "not a JSON object") >= 0
	}
	if end = d.object(d.m.root, d.steps.begin(), s, i+1, 1); end < 0 {
		return end, false
	}
	if end = space(s, end); end < len(s) && s[end] != ',' {
		return end, d.fail(end, "something follows the JSON object") >= 0
	}
	return end, true
}

// lookAround takes what an element lacks from the object that its array stands in: entry by entry, so that a field of the element's own
// comes before any around it. What is around it has an id of its own, which is not the element's.
func (d *Decoder) lookAround() {
	for i := range d.m.entries {
		slots := d.m.entries[i].slots
		if d.m.entries[i].field == "id" || d.first(slots) != nil {
			continue
		}
		for _, slot := range slots {
			if d.around[slot].present() {
				d.values[slot] = d.around[slot]
			}
		}
	}
}

// countElements counts the elements of the array whose '[' is at i, and returns the place behind its ']', or -1. It looks at quotes,
// brackets and commas alone: an element that is no JSON spoils itself, and not the others.
func (d *Decoder) countElements(s []byte, i int) (count, end int) {
	begin := i
	if i = space(s, i+1); i < len(s) && s[i] == ']' {
		return 0, i + 1
	}
	for {
		i = elementEnd(s, i)
		count++
		switch {
		case i >= len(s):
			return 0, d.fail(begin, "an array is not closed")
		case s[i] == ']' && count > maxElements(i-begin):
			return 0, d.fail(begin, "an array of more elements than its bytes could be events")
		case s[i] == ']':
			return count, i + 1
		case s[i] == '}':
			return 0, d.fail(i, "a closing bracket that nothing has opened")
		}
		i++
	}
}

// maxElements is how many elements an array of so many bytes may have: eight bytes are less than any event takes. So a record cannot become
// dead letters that take a hundred times its memory.
func maxElements(bytes int) int { return 8 + bytes/8 }

// elementEnd returns the place of the comma or bracket that ends the array's element at i, or the end of s.
func elementEnd(s []byte, i int) int {
	for depth := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			i = stringEnd(s, i+1)
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// stringEnd returns the place of the quote that ends the string whose text begins at i, or the end of s.
func stringEnd(s []byte, i int) int {
	for at := i; ; at++ {
		n := bytes.IndexByte(s[at:], '"')
		if n < 0 {
			return len(s)
		}
		at += n
		slashes := 0
		for slashes < at-i && s[at-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return at
		}
	}
}

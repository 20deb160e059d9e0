package mapping

import (
	"fmt"

	"winback/schemas"
)

// fault is what was wrong with a record, noted without allocating.
type fault struct {
	field   string // empty: the form of the whole, at a byte
	problem string
	value   *value // of the field, if there is one
	at      int
}

// fail notes a fault of form. It returns -1, the place of nothing.
func (d *Decoder) fail(at int, problem string) int {
	d.fault = fault{problem: problem, at: at}
	return -1
}

// refuse notes a fault of a field, with the value that was wrong or nil.
func (d *Decoder) refuse(reason schemas.Reason, field string, v *value, problem string) schemas.Reason {
	d.fault = fault{field: field, problem: problem, value: v}
	return reason
}

// wrongColumns notes that a row ended at another column than the header.
func (d *Decoder) wrongColumns(n int) bool {
	problem := "fewer columns than the header"
	if n > len(d.columns) {
		problem = "more columns than the header; put a field that holds the delimiter into quotes"
	}
	return d.fail(0, problem) >= 0
}

// maxShown is how much of a bad value Detail shows.
const maxShown = 64

// Detail says in one line what was wrong with the last refused record: the field and the problem. It is empty after an accepted
// one. It must be called before the record's memory is reused.
func (d *Decoder) Detail() string {
	f := &d.fault
	if f.problem == "" {
		return ""
	}
	if f.field == "" {
		return fmt.Sprintf("byte %d: %s", f.at, f.problem)
	}
	if f.value == nil {
		return f.field + ": " + f.problem
	}
	text, more := d.raw(f.value), ""
	if len(text) > maxShown {
		text, more = text[:maxShown], "..."
	}
	return fmt.Sprintf("%s %q%s: %s", f.field, text, more, f.problem)
}

package mapping

import (
	"fmt"
	"slices"

	"winback/schemas"
)

// fault is what was wrong with a record, noted without allocating.
type fault struct {
	field   string // empty: the form of the whole, at a byte
	problem string
	value   *value // of the field, if there is one
	path    string // that could not be followed
	at      int
	columns int // of a row, too few or too many; 0 if that is not the fault
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

// malformed notes a fault of form.
func (d *Decoder) malformed(at int, problem string) schemas.Reason {
	d.fail(at, problem)
	return schemas.Malformed
}

// wrongColumns notes that a row does not have the columns of the header or of the mapping: that it ended after n, or did not end before.
func (d *Decoder) wrongColumns(n int) schemas.Reason {
	d.fault = fault{problem: "columns", columns: n}
	return schemas.Malformed
}

// columnsProblem says which columns a row had and should have.
func (d *Decoder) columnsProblem(n int) string {
	where := "the header has"
	if !d.m.NeedsHeader() {
		where = "the mapping lists"
	}
	switch want := len(d.columns); {
	case n < want:
		return fmt.Sprintf("fewer columns than %s: %d of %d", where, n, want)
	case d.m.quotes == quotesNone:
		return fmt.Sprintf("more columns than the %d that %s", want, where)
	default:
		return fmt.Sprintf("more columns than the %d that %s; put a field that holds the delimiter into quotes", want, where)
	}
}

// endedPath refuses a record in which an entry holds nothing because a path of it goes through an array, or through text that holds JSON: that is a
// mistake in the mapping or of who wrote the record, and not a field that is missing. An offset is none of them: without one an event counts all the same.
func (d *Decoder) endedPath() schemas.Reason {
	for i := range d.m.entries {
		e := &d.m.entries[i]
		if e.field == "offset" || d.first(e.slots) != nil || slices.Contains(e.slots, slotTime) {
			continue
		}
		if !d.needed(e.field) {
			continue
		}
		for _, slot := range e.slots {
			switch d.values[slot].kind {
			case kindBelowArray:
				d.fault = fault{field: e.field, path: d.m.paths[slot], problem: throughArray}
				return schemas.ArrayInPath
			case kindBelowText:
				d.fault = fault{field: e.field, path: d.m.paths[slot], problem: throughText}
				return schemas.Malformed
			}
		}
	}
	return schemas.Accepted
}

// needed reports whether an event cannot do without an entry: an amount or a duration that nobody adds up may be anything.
func (d *Decoder) needed(field string) bool {
	var q *quantity
	switch field {
	case "amount", "amount.times":
		q = &d.m.amount
	case "duration":
		q = &d.m.duration
	default:
		return true
	}
	kind, reason := d.readType()
	return reason == schemas.Accepted && q.summed[kind]
}

const throughArray = "goes through an array, whose elements are not searched: name a field outside of it; where its elements are the events, set each; where they are keys and values, params"

const eachThroughArray = "goes through an array, whose elements are not searched: name an array that stands in no other"

const throughText = "goes through JSON that was written as text: write it as JSON, as in: jq -c '.FIELD |= (fromjson? // .)'"

// maxShown is how much of a bad value Detail shows.
const maxShown = 64

// Detail says in one line what was wrong with the last refused record: the field and the problem. It is empty after an accepted
// one. Of an element of an array it says which one, and counts bytes from its beginning. It must be called before the record's memory is reused.
func (d *Decoder) Detail() string {
	f := &d.fault
	if f.problem == "" {
		return ""
	}
	if b := &d.batch; b.number > 0 {
		return fmt.Sprintf("element %d of %d: %s", b.number, b.count, d.problem())
	}
	return d.problem()
}

func (d *Decoder) problem() string {
	f := &d.fault
	if f.columns > 0 {
		return d.columnsProblem(f.columns)
	}
	if f.field == "" {
		return fmt.Sprintf("byte %d: %s", f.at-d.batch.begin, f.problem)
	}
	if f.path != "" {
		return fmt.Sprintf("%s: the path %s %s", f.field, f.path, f.problem)
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

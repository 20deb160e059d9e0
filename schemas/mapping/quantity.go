package mapping

import (
	"cmp"

	"winback/schemas"
)

// quantity reads an amount or a duration from one field or the product of two.
type quantity struct {
	name         string
	reason       schemas.Reason // for refusing it
	summed       []bool         // by type: somebody adds it up, so an event without it would be counted wrong
	field, times []int
	shift        int // decimals of the unit
	whole        bool
	positive     bool // less than 0 makes no sense
	point        byte
}

// read returns the first of the fields that can be read, 0 for a record without any. If there are some and none can be read, the record is
// refused, but only where somebody adds the quantity of its type up: the properties of other events are free text, and theirs is 0.
func (q *quantity) read(d *Decoder, kind schemas.TypeID) (int64, schemas.Reason) {
	v := d.first(q.field)
	switch {
	case v == nil && d.first(q.times) == nil:
		return 0, schemas.Accepted
	case v != nil && v.kind == kindInteger && q.shift == 0 && len(q.times) == 0 && (v.n >= 0 || !q.positive):
		return v.n, schemas.Accepted
	}
	n, bad, problem := q.first(d)
	switch {
	case problem == "":
		return n, schemas.Accepted
	case !q.summed[kind]:
		return 0, schemas.Accepted
	}
	return 0, d.refuse(q.reason, q.name, bad, problem)
}

// first returns the first of the fields that can be read, or what is wrong with the first that is there.
func (q *quantity) first(d *Decoder) (n int64, bad *value, problem string) {
	factor, bad, problem := q.factor(d)
	if problem != "" {
		return 0, bad, problem
	}
	for _, slot := range q.field {
		v := &d.values[slot]
		if !v.present() {
			continue
		}
		n, wrong := q.product(d, v, factor)
		if wrong == "" {
			return n, nil, ""
		}
		if problem == "" {
			bad, problem = v, wrong
		}
	}
	return 0, bad, cmp.Or(problem, "the other factor is missing")
}

// factor returns what a field is multiplied with, and where it stands. Both factors must be there, or neither.
func (q *quantity) factor(d *Decoder) (n decimal, at *value, problem string) {
	if len(q.times) == 0 {
		return decimal{digits: 1}, nil, ""
	}
	problem = "the factor in amount.times is missing"
	for _, slot := range q.times {
		v := &d.values[slot]
		if !v.present() {
			continue
		}
		if n, ok := q.parse(d, v); ok {
			return n, v, ""
		}
		if at == nil {
			at, problem = v, notNumber
		}
	}
	return n, at, problem
}

func (q *quantity) product(d *Decoder, v *value, factor decimal) (n int64, problem string) {
	a, ok := q.parse(d, v)
	if !ok {
		return 0, notNumber
	}
	if n, problem = product(a, factor, q.shift, q.whole); n < 0 && q.positive {
		problem = "negative"
	}
	return n, problem
}

func (q *quantity) parse(d *Decoder, v *value) (decimal, bool) {
	switch v.kind {
	case kindBool, kindNested:
		return decimal{}, false
	case kindInteger, kindNumber:
		return parseDecimal(d.raw(v), '.')
	}
	return parseDecimal(d.plain(v, d.buffer[:0]), q.point)
}

package mapping

import (
	"bytes"
	"unicode/utf8"

	"winback/schemas"
)

// Decoder decodes records by one Mapping. It holds scratch memory and what was wrong last, so each goroutine needs its own.
type Decoder struct {
	m      *Mapping
	values []value // by slot
	fault  fault

	recordKey, recordValue []byte
	columns                []int            // csv: the slot of each column, -1 for those not read; nil until the header is known
	user                   [maxEscaped]byte // the user id without escapes: it outlives Decode
	buffer                 [maxEscaped]byte // any other text without escapes
	home                   zone             // of users whose records say nothing of theirs
	zones                  map[string]*zone // met in records, by name
}

// Decode reads one record (its Key, Value and Time) into e. It returns schemas.Accepted, or the reason for refusing the record,
// in which case e is unchanged. e.User points into the record or into the Decoder and is valid until the next call. Decode never
// allocates (a Go layout in Time.Format apart) and never returns Late or Future.
func (d *Decoder) Decode(r *schemas.Record, e *schemas.Event) schemas.Reason {
	m := d.m
	d.recordKey, d.recordValue = r.Key, r.Value
	d.fault.problem = ""
	d.fault.slot = noSlot
	if len(r.Value) > m.maxBytes {
		return d.refuse(schemas.Oversized, "record", "longer than max_bytes")
	}
	clear(d.values)
	if m.root != nil && !d.document(r.Value) || m.root == nil && !d.row(r.Value) {
		return schemas.Malformed
	}
	if len(r.Key) > 0 {
		d.values[slotKey].kind = kindKey
	}
	user, reason := d.readUser()
	if reason != schemas.Accepted {
		return reason
	}
	if m.keyed && !bytes.Equal(r.Key, user) {
		d.fault.slot = slotKey
		return d.refuse(schemas.KeyMismatch, "key", "not the user id; send the user id as the key, or set key: ignore")
	}
	event := schemas.Event{User: user, Category: d.readCategory()}
	if event.Type, reason = d.readType(); reason != schemas.Accepted {
		return reason
	}
	if reason = d.readNumbers(r, &event); reason == schemas.Accepted {
		*e = event
	}
	return reason
}

func (d *Decoder) readUser() ([]byte, schemas.Reason) {
	v := d.first(d.m.user)
	switch {
	case v == nil:
		return nil, d.refuse(schemas.NoUser, "user", "missing or empty")
	case v.kind == kindNumber && !integer(d.raw(v)), !v.word():
		return nil, d.refuse(schemas.NoUser, "user", "neither text nor an integer")
	}
	user := d.plain(v, d.user[:0])
	if len(user) > MaxUserBytes {
		return nil, d.refuse(schemas.Oversized, "user", "longer than 256 bytes")
	}
	if !utf8.Valid(user) {
		return nil, d.refuse(schemas.Malformed, "user", "not UTF-8")
	}
	return user, schemas.Accepted
}

func integer(s []byte) bool {
	if s[0] == '-' {
		s = s[1:]
	}
	return digits(s, 0) == len(s)
}

func (d *Decoder) readType() (schemas.TypeID, schemas.Reason) {
	m := d.m
	for i := range m.when {
		if m.when[i].holds(d) {
			return m.when[i].id, schemas.Accepted
		}
	}
	if len(m.typeField) == 0 {
		return m.constant, schemas.Accepted
	}
	v := d.first(m.typeField)
	if v == nil {
		return 0, d.refuse(schemas.NoType, "type", "missing or empty")
	}
	if !v.word() {
		return 0, d.refuse(schemas.NoType, "type", "neither text nor a number")
	}
	name := d.plain(v, d.buffer[:0])
	if at := m.types.find(name, headOf(name)); at >= 0 {
		return m.typeIDs[at], schemas.Accepted
	}
	return schemas.OtherType, schemas.Accepted
}

// readCategory never refuses: what is no word is no category that a rule could name.
func (d *Decoder) readCategory() schemas.CategoryID {
	if len(d.m.categoryField) == 0 {
		return schemas.OtherCategory
	}
	v := d.first(d.m.categoryField)
	if v == nil || !v.word() {
		return schemas.OtherCategory
	}
	name := d.plain(v, d.buffer[:0])
	return schemas.CategoryID(d.m.categories.find(name, headOf(name)) + 1)
}

// readNumbers reads what has a unit.
func (d *Decoder) readNumbers(r *schemas.Record, e *schemas.Event) schemas.Reason {
	at, ok := d.readTime(r)
	if !ok {
		return schemas.BadTime
	}
	e.Time = at.ms
	var problem string
	if e.Amount, problem = d.m.amount.read(d); problem != "" {
		return d.refuse(schemas.BadAmount, "amount", problem)
	}
	if e.Duration, problem = d.m.duration.read(d); problem != "" {
		return d.refuse(schemas.BadDuration, "duration", problem)
	}
	if e.Duration < 0 {
		return d.refuse(schemas.BadDuration, "duration", "negative")
	}
	if e.Offset, problem = d.readOffset(at); problem != "" {
		return d.refuse(schemas.BadOffset, "offset", problem)
	}
	return schemas.Accepted
}

func (d *Decoder) readTime(r *schemas.Record) (moment, bool) {
	for _, slot := range d.m.timeField {
		if slot == slotTime {
			return d.recordTime(r)
		}
		v := &d.values[slot]
		if !v.there() {
			continue
		}
		d.fault.slot = slot
		if v.word() {
			if at, ok := d.m.time.read(d, v); ok {
				return at, true
			}
		}
		d.refuse(schemas.BadTime, "time", d.m.timeProblem)
		return moment{}, false
	}
	d.fault.slot = noSlot
	d.refuse(schemas.BadTime, "time", "missing or empty")
	return moment{}, false
}

func (d *Decoder) recordTime(r *schemas.Record) (moment, bool) {
	if r.Time < 0 || r.Time > maxTime {
		d.fault.slot = noSlot
		d.refuse(schemas.BadTime, "time", "the record's timestamp is not between 1970 and 9999")
		return moment{}, false
	}
	return moment{r.Time, noOffset}, true
}

// rule gives a record its type by one field.
type rule struct {
	field          []int
	equals, prefix []byte
	id             schemas.TypeID
}

func (w *rule) holds(d *Decoder) bool {
	v := d.first(w.field)
	if v == nil || v.kind == kindNested {
		return false
	}
	text := d.plain(v, d.buffer[:0])
	if len(w.equals) > 0 {
		return bytes.Equal(text, w.equals)
	}
	return bytes.HasPrefix(text, w.prefix)
}

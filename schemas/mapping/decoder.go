package mapping

import (
	"bytes"
	"iter"
	"unicode/utf8"

	"winback/schemas"
)

// Decoder decodes records by one Mapping. It holds scratch memory and the last fault, so each goroutine needs its own.
type Decoder struct {
	m                      *Mapping
	values                 []value         // by slot
	record                 *schemas.Record // the one that was opened
	recordKey, recordValue []byte
	opened                 bool    // nothing of it has been read
	pathsEnded             bool    // some of the values are kindBelowArray or kindBelowText
	batch                  batch   // what is left of the record if it holds many events
	around                 []value // by slot: what it holds around these events
	alone                  []byte  // of Alone
	fault                  fault
	steps                  steps

	columns      []int            // csv: the slot of each column, -1 for those not read; nil until the header is known
	user         [maxEscaped]byte // the user id without escapes: it outlives Next
	buffer       [maxEscaped]byte // any other text without escapes
	defaultZone  zone             // of users whose records name none
	zones        []zone           // by number in Mapping.zones; nil until a record names one
	unknownZones UnknownZones
}

// Open takes a record (its Key, Value and Time), whose events Next reads: one, or as many as the array in it has elements.
// The record must stay as it is until they are read.
func (d *Decoder) Open(r *schemas.Record) {
	d.record, d.opened = r, true
	d.batch.left, d.batch.number, d.batch.begin = 0, 0, 0
}

// Next reads the next event of the record into e, and reports whether there was one. The reason is schemas.Accepted, or why the event
// is refused, in which case e is unchanged; a refused element of an array leaves the others as they are. e.User points into the record or into the
// Decoder and is valid until the next call. Next does not allocate, except for a Go layout in Time.Format and for the first sight of a
// time zone. The reason is never Late or Future. The result depends on this record alone, not on earlier ones.
func (d *Decoder) Next(e *schemas.Event) (reason schemas.Reason, found bool) {
	m, r := d.m, d.record
	d.fault.problem, d.pathsEnded = "", false
	switch {
	case !d.opened:
		reason, found = d.readElement()
	case len(r.Value) > m.maxBytes:
		d.opened, found = false, true
		reason = d.refuse(schemas.Oversized, "record", nil, "longer than max_bytes")
	default:
		d.opened, d.recordKey, d.recordValue = false, r.Key, r.Value
		clear(d.values)
		if m.root != nil {
			reason, found = d.document(r.Value)
		} else {
			reason, found = d.row(r.Value), true
		}
	}
	if reason != schemas.Accepted || !found {
		return reason, found
	}
	if len(r.Key) > 0 {
		d.values[slotKey].kind = kindKey
	}
	if d.pathsEnded {
		if reason = d.endedPath(); reason != schemas.Accepted {
			return reason, true
		}
	}
	user, reason := d.readUser()
	if reason != schemas.Accepted {
		return reason, true
	}
	if m.keyed && !bytes.Equal(r.Key, user) {
		return d.refuse(schemas.KeyMismatch, "key", &d.values[slotKey], "not the user id; send the user id as the key, or set key: ignore"), true
	}
	kind, reason := d.readType()
	if reason != schemas.Accepted {
		return reason, true
	}
	n, reason := d.readNumbers(r, kind)
	if reason == schemas.Accepted {
		*e = schemas.Event{User: user, Time: n.time, Amount: n.amount, Duration: n.duration, Offset: n.offset, Type: kind, Category: d.readCategory()}
		if len(m.id.field) > 0 {
			e.ID = m.id.read(d, user)
		}
	}
	return reason, true
}

// Events yields the reason of each event of a record, which is then in e: see Next. What a loop that ends early has not read is dropped.
func (d *Decoder) Events(r *schemas.Record, e *schemas.Event) iter.Seq[schemas.Reason] {
	return func(yield func(schemas.Reason) bool) {
		d.Open(r)
		for reason, found := d.Next(e); found && yield(reason); reason, found = d.Next(e) {
		}
		d.batch.left = 0
	}
}

// Decode reads a record that is one event. Of one that holds many it reads the first; one that holds none is refused.
func (d *Decoder) Decode(r *schemas.Record, e *schemas.Event) schemas.Reason {
	d.Open(r)
	reason, found := d.Next(e)
	if !found {
		return d.refuse(schemas.Malformed, "record", nil, "an array without events")
	}
	return reason
}

// Record is the record that the event of the last Next is by itself: the one that was opened, or one whose value is an element of it.
func (d *Decoder) Record() *schemas.Record {
	if d.batch.number > 0 {
		return &d.batch.element
	}
	return d.record
}

func (d *Decoder) readUser() ([]byte, schemas.Reason) {
	v := d.first(d.m.user)
	if v == nil {
		return nil, d.refuse(schemas.NoUser, "user", nil, "missing or empty")
	}
	user := d.raw(v)
	if v.kind == kindASCII && len(user) <= MaxUserBytes {
		return user, schemas.Accepted
	}
	if v.kind == kindNumber && !integer(user) || !v.isWord() {
		return nil, d.refuse(schemas.NoUser, "user", v, "neither text nor an integer")
	}
	user = d.plain(v, d.user[:0])
	if len(user) > MaxUserBytes {
		return nil, d.refuse(schemas.Oversized, "user", v, "longer than 256 bytes")
	}
	if !utf8.Valid(user) {
		return nil, d.refuse(schemas.Malformed, "user", v, "not UTF-8")
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
		return 0, d.refuse(schemas.NoType, "type", nil, "missing or empty")
	}
	if !v.isWord() {
		return 0, d.refuse(schemas.NoType, "type", v, "neither text nor a number")
	}
	name := d.plain(v, d.buffer[:0])
	if at := m.types.find(name, headOf(name)); at >= 0 {
		return m.typeIDs[at], schemas.Accepted
	}
	return schemas.OtherType, schemas.Accepted
}

// readCategory never refuses: a value that is neither text nor a number is no category that a rule could name.
func (d *Decoder) readCategory() schemas.CategoryID {
	if len(d.m.categoryField) == 0 {
		return schemas.OtherCategory
	}
	v := d.first(d.m.categoryField)
	if v == nil || !v.isWord() {
		return schemas.OtherCategory
	}
	name := d.plain(v, d.buffer[:0])
	return schemas.CategoryID(d.m.categories.find(name, headOf(name)) + 1)
}

// numbers are what has a unit.
type numbers struct {
	time, amount, duration int64
	offset                 int16
}

func (d *Decoder) readNumbers(r *schemas.Record, kind schemas.TypeID) (n numbers, reason schemas.Reason) {
	at, reason := d.readTime(r)
	if reason != schemas.Accepted {
		return n, reason
	}
	n.time = at.ms
	if n.amount, reason = d.m.amount.read(d, kind); reason != schemas.Accepted {
		return n, reason
	}
	if n.duration, reason = d.m.duration.read(d, kind); reason != schemas.Accepted {
		return n, reason
	}
	n.offset = d.readOffset(at)
	return n, schemas.Accepted
}

func (d *Decoder) readTime(r *schemas.Record) (moment, schemas.Reason) {
	for _, slot := range d.m.timeField {
		if slot == slotTime {
			return d.recordTime(r)
		}
		v := &d.values[slot]
		if !v.present() {
			continue
		}
		if v.isWord() {
			if at, ok := d.m.time.read(d, v); ok {
				return at, schemas.Accepted
			}
		}
		return moment{}, d.refuse(schemas.BadTime, "time", v, d.m.timeProblem)
	}
	return moment{}, d.refuse(schemas.BadTime, "time", nil, "missing or empty")
}

func (d *Decoder) recordTime(r *schemas.Record) (moment, schemas.Reason) {
	if r.Time < 0 || r.Time > maxTime {
		return moment{}, d.refuse(schemas.BadTime, "time", nil, "the record's timestamp is not between 1970 and 9999")
	}
	return moment{r.Time, noOffset}, schemas.Accepted
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

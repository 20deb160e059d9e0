package state

import "winback/schemas"

// Outbox collects what follows from the records of a partition until it is delivered.
type Outbox struct {
	Decisions   []schemas.Decision
	Triggers    []schemas.Trigger
	Profiles    []schemas.Profile
	Activity    []schemas.Activity
	DeadLetters []schemas.DeadLetter
}

// Refuse puts a copy of a record among the dead letters.
func (o *Outbox) Refuse(r *schemas.Record, reason schemas.Reason, detail string) {
	o.DeadLetters = append(o.DeadLetters, schemas.DeadLetter{
		Offset: r.Offset, Time: r.Time, Reason: reason, Detail: detail,
		Key: cloneBytes(r.Key), Value: cloneBytes(r.Value), Headers: cloneBytes(r.Headers), Element: r.Element,
	})
}

// RefuseBatch puts a copy of a whole record batch among the dead letters, one that was skipped because it cannot be read.
func (o *Outbox) RefuseBatch(first, last, time int64, detail string, raw []byte) {
	o.DeadLetters = append(o.DeadLetters, schemas.DeadLetter{
		Offset: first, Last: last, Time: time, Reason: schemas.Damaged, Detail: detail, Value: cloneBytes(raw),
	})
}

// clone keeps the difference between an absent key or value and an empty one.
func cloneBytes(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}

// Empty reports whether there is nothing to deliver.
func (o *Outbox) Empty() bool {
	return len(o.Decisions)+len(o.Triggers)+len(o.Profiles)+len(o.Activity)+len(o.DeadLetters) == 0
}

// Reset empties the outbox and keeps its memory.
func (o *Outbox) Reset() {
	clear(o.Decisions)
	clear(o.Triggers)
	clear(o.Profiles)
	clear(o.DeadLetters)
	o.Decisions, o.Triggers, o.Profiles = o.Decisions[:0], o.Triggers[:0], o.Profiles[:0]
	o.Activity, o.DeadLetters = o.Activity[:0], o.DeadLetters[:0]
}

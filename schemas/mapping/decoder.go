package mapping

import "winback/schemas"

// Decoder decodes records by one Mapping. It holds scratch memory and what was wrong last, so each goroutine needs its own.
type Decoder struct {
	m *Mapping
}

// Header names the columns of the CSV rows that follow, from a file's first line. It must be called before Decode unless the
// Config lists Columns; for JSON it is an error. The error names the columns that are missing and those that exist.
func (d *Decoder) Header(line []byte) error { return nil }

// Decode reads one record (its Key, Value and Time) into e. It returns schemas.Accepted, or the reason for refusing the record, in which case e is
// unchanged. e.User points into the record or into the Decoder and is valid until the next call. Decode never allocates (a Go
// layout in Time.Format apart) and never returns Late or Future.
func (d *Decoder) Decode(r *schemas.Record, e *schemas.Event) schemas.Reason { return schemas.Malformed }

// Detail says in one line what was wrong with the last refused record: the field and the problem. It is empty after an accepted
// one. It must be called before the record's memory is reused.
func (d *Decoder) Detail() string { return "" }

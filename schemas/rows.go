package schemas

// Activity is one row of the activity table: what one event type did in one minute of one partition, complete up to the
// watermark at which it was emitted. Late events make a second row of the same minute with a later Emitted.
type Activity struct {
	Minute   int64 // the minute's start, Unix milliseconds
	Type     string
	Emitted  int64 // the minute-aligned watermark at which the row was closed, Unix milliseconds
	Events   uint64
	Amount   int64 // minor units
	Duration int64 // milliseconds
}

// DeadLetter is a refused record with its origin. Key, Value and Headers are copies.
type DeadLetter struct {
	Offset  int64
	Time    int64 // the record's timestamp, Unix milliseconds
	Reason  Reason
	Detail  string // one line: what was wrong and where
	Key     []byte
	Value   []byte
	Headers []byte // as on the wire, see Record
}

// Rows is what one partition has for ClickHouse since its last delivery. Each table's rows are inserted as one block under one
// deduplication token.
type Rows struct {
	Topic       string
	Partition   int32
	Build       Build
	From, To    int64 // the records [From, To) the rows follow from
	Watermark   int64 // the partition's watermark, Unix milliseconds: the rows are complete up to here
	WindowsFrom int64 // decisions of earlier borders rest on windows whose beginning was no longer in the log, Unix milliseconds; 0: it held everything

	Activity  []Activity
	Decisions []Decision
	Triggers  []Trigger
	Profiles  []Profile
}

// Build names a partition's state from the first record that it was made of: that of a consumer group, or of one of its rebuilds. What two builds
// find in the same records may differ, by other rules for example, and must not mix.
type Build struct {
	Name  string // the group, and behind a slash the name of the rebuild
	Began int64  // wall clock, Unix milliseconds: two builds of one name are told apart by it
}

// Len is the number of rows of all tables.
func (r *Rows) Len() int {
	return len(r.Activity) + len(r.Decisions) + len(r.Triggers) + len(r.Profiles)
}

// Empty reports whether there is nothing to insert.
func (r *Rows) Empty() bool { return r.Len() == 0 }

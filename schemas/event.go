package schemas

// Event is one thing one user did. User points into the record's bytes (or the decoder's scratch memory) and is valid until the
// next event is decoded.
type Event struct {
	User     []byte
	ID       uint64 // a hash of the event's own id, by which one that a client sent twice is known; 0: it has none
	Time     int64  // event time, Unix milliseconds
	Amount   int64  // minor units of one currency; negative for a refund
	Duration int64  // milliseconds
	Offset   int16  // minutes by which the user's local time was ahead of UTC
	Type     TypeID
	Category CategoryID
}

// MaxOffset bounds Event.Offset, in minutes, either way: more than any time zone ever had.
const MaxOffset = 18 * 60

// TypeID is an event type's number in a Vocabulary. OtherType stands for every type that no metric names.
type TypeID uint8

// OtherType is the number of all types a Vocabulary does not hold.
const OtherType TypeID = 0

// CategoryID is a category's number in a Vocabulary. OtherCategory stands for none, and for every one that no rule names.
type CategoryID uint8

// OtherCategory is the number of all categories a Vocabulary does not hold.
const OtherCategory CategoryID = 0

// Reason says why a record was refused. The zero Reason, Accepted, means it was not.
type Reason uint8

// The reasons a record goes to the dead-letter topic, by the names that stand in its headers.
const (
	Accepted    Reason = iota
	Malformed          // the value is not what the format says (not JSON, a CSV line with too few columns, ...)
	Oversized          // the value or the user id is longer than the limit
	NoUser             // no user id, or an empty one
	KeyMismatch        // the record's key is not the user id the value names
	NoType             // no event type, or an empty one
	BadTime            // no event time, or one that cannot be read
	BadAmount          // an amount that is added up, and is not a number or does not fit
	BadDuration        // a duration that is added up, and is not a number, is negative, or does not fit
	Late               // older than the windows reach
	Future             // later than the wall clock allows
	ArrayInPath        // a path of the mapping goes through an array, whose elements are not searched
	Damaged            // a whole record batch, skipped on purpose because it cannot be read
	ReasonCount        // how many there are, Accepted included
)

var reasonNames = [ReasonCount]string{"accepted", "malformed", "oversized", "no_user", "key_mismatch", "no_type", "bad_time", "bad_amount", "bad_duration", "late", "future", "array_in_path", "damaged"}

// String returns the name that stands in the dead letter's header.
func (r Reason) String() string {
	if r < ReasonCount {
		return reasonNames[r]
	}
	return "unknown"
}

// Reasons lists every reason a record can be refused for, in the order of their numbers.
func Reasons() []Reason {
	all := make([]Reason, 0, ReasonCount-1)
	for r := Accepted + 1; r < ReasonCount; r++ {
		all = append(all, r)
	}
	return all
}

package load

// Event is one thing one user did, or a faulty record of it.
type Event struct {
	User     int // 0 to Config.Users - 1
	Type     Type
	Fault    Fault
	Time     int64  // Unix milliseconds
	Amount   int64  // minor units; orders only
	Duration int64  // milliseconds; session_end only
	Session  uint64 // one visit's events share it
	Step     uint32 // 0 for the session's first event
}

// Type is what was done.
type Type uint8

// The event types.
const (
	Visit Type = iota
	View
	Search
	AddToCart
	Order
	SessionEnd
	Support
	types
)

var typeNames = [types]string{"visit", "view", "search", "add_to_cart", "order", "session_end", "support"}

// String returns the type's name in the record.
func (t Type) String() string { return typeNames[t] }

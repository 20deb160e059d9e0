package track

// The user's own day of an event is the date that the user's calendar showed: the event's time and the offset from UTC that came with it say it,
// whatever the offsets of other events. A cell's Shift keeps it. It counts hours, for grains longer than an hour days, and a cell has the
// events of one shift only: so a cell never lies in two days, though midnight be in the middle of its grain.

// ShiftUnit is what a Shift of 1 stands for where grains are so long: an hour or a day, milliseconds.
func ShiftUnit(grain int64) int64 {
	if grain > hourMillis {
		return dayMillis
	}
	return hourMillis
}

// OwnDay is the number of the user's own day that a cell lies in: 1 is 1 January 1970.
func (s *Schema) OwnDay(c *Cell) uint32 {
	return uint32(uint64(int64(c.Grain)*s.grain+int64(c.Shift)*s.shiftUnit+dayMillis) / uint64(dayMillis))
}

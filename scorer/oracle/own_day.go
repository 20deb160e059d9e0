package oracle

// ownDay numbers the days by the user's own calendar, as it was at the event: from its time and its offset alone.
func (e Event) ownDay() int64 { return floorDiv(e.Time+int64(e.Offset)*minute, day) }

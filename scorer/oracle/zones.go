package oracle

// zone is how far the clocks of a place are ahead of UTC: since the beginning, then from each change on.
type zone []change

type change struct {
	at      int64 // Unix milliseconds
	minutes int16
}

// at returns the offset in force.
func (z zone) at(t int64) int16 {
	minutes := z[0].minutes
	for _, c := range z[1:] {
		if t >= c.at {
			minutes = c.minutes
		}
	}
	return minutes
}

// zones are places that Random's users live in and travel to, some half an hour or a quarter beside the full hour, some with the
// summer times of 2024 and 2025.
func zones() []zone {
	fixed := func(minutes int16) zone { return zone{{0, minutes}} }
	return []zone{
		fixed(0),
		fixed(330),                           // Kolkata
		fixed(345),                           // Kathmandu
		fixed(840),                           // Kiritimati, half a day beyond the date line
		fixed(-480),                          // a ship
		summer(60, 90, 300, 454, 664, 60),    // Berlin: 31 March, 27 October 2024, 30 March, 26 October 2025, 01:00 UTC
		summer(-300, 69, 307, 433, 671, 420), // New York, where summer ends an hour sooner than here
		{{0, 660}, {Origin + 96*day + 16*hour, 600}, {Origin + 278*day + 16*hour, 660}}, // Sydney: back in April, ahead in October
	}
}

// summer is a zone that is an hour ahead of its standard time between the days given, counted from Origin, at this minute of the UTC day.
func summer(minutes int16, on, off, onAgain, offAgain, at int64) zone {
	return zone{
		{0, minutes},
		{Origin + on*day + at*minute, minutes + 60}, {Origin + off*day + at*minute, minutes},
		{Origin + onAgain*day + at*minute, minutes + 60}, {Origin + offAgain*day + at*minute, minutes},
	}
}

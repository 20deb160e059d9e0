package oracle

import "time"

// floorDiv rounds down, also before 1970.
func floorDiv(t, unit int64) int64 {
	n := t / unit
	if t%unit < 0 {
		n--
	}
	return n
}

// dayOf numbers the UTC days.
func dayOf(t int64) int64 { return floorDiv(t, day) }

// grainStart is the start of the grain that t lies in.
func (c *Config) grainStart(t int64) int64 { return floorDiv(t, c.Grain) * c.Grain }

// grainEnd is the border at which an event at t is first seen.
func (c *Config) grainEnd(t int64) int64 { return c.grainStart(t) + c.Grain }

// local is what the user's clock and calendar showed, in the fields of a time that calls itself UTC.
func (e Event) local() time.Time {
	return time.UnixMilli(e.Time + int64(e.Offset)*minute).UTC()
}

package mapping

import (
	"bytes"

	"winback/schemas"
)

// offsetReader reads by how many minutes a user's local time is ahead of UTC.
type offsetReader struct {
	field       []int
	format      string
	defaultZone zone // where neither a field nor the event time says anything
}

// UnknownZones tells of the events whose time zone could not be read.
type UnknownZones struct {
	Events int64
	First  string // what the first of them held, as it was written, cut at 64 bytes
}

// UnknownZones tells of the events decoded so far whose record holds a time zone or an offset that is none: it says nothing of the user, so
// these events have the offset they would have without it.
func (d *Decoder) UnknownZones() UnknownZones { return d.unknownZones }

// readOffset asks the fields, then the zone behind the event time, then the default. It never refuses: what cannot be read says nothing
// of the user, and an event counts without it.
func (d *Decoder) readOffset(at moment) int16 {
	o := &d.m.offset
	var unknown *value
	for _, slot := range o.field {
		v := &d.values[slot]
		if (v.kind == kindBelowArray || v.kind == kindBelowText) && unknown == nil {
			unknown = v
		}
		if !v.present() {
			continue
		}
		if n, ok := o.read(d, v, at.ms); ok && validOffset(n) {
			return int16(n)
		}
		if unknown == nil {
			unknown = v
		}
	}
	n := at.offset
	if n != noOffset && !validOffset(n) {
		n = noOffset
		if unknown == nil {
			unknown = d.first(d.m.timeField)
		}
	}
	if unknown != nil {
		d.countUnknownZone(unknown)
	}
	if n == noOffset {
		n = d.defaultZone.at(at.ms)
	}
	return int16(n)
}

func (d *Decoder) countUnknownZone(v *value) {
	if d.unknownZones.Events == 0 {
		text := d.raw(v)
		d.unknownZones.First = string(text[:min(len(text), maxShown)])
	}
	d.unknownZones.Events++
}

// read returns the minutes that a field stands for at a time.
func (o *offsetReader) read(d *Decoder, v *value, ms int64) (minutes int, ok bool) {
	if !v.isWord() {
		return 0, false
	}
	text := zoneText(d.plain(v, d.buffer[:0]))
	if (o.format == "" || o.format == "auto") && v.kind != kindInteger && v.kind != kindNumber {
		if n, ok := parseOffset(text); ok {
			return n, true
		}
		if z := d.zone(text); z != nil {
			return z.at(ms), true
		}
	}
	number, ok := parseDecimal(text, '.')
	if !ok {
		return 0, false
	}
	return o.minutes(number)
}

// zoneText cuts off white space and what some write behind an offset in brackets, as in "GMT+0530 (India Standard Time)".
func zoneText(s []byte) []byte {
	if end := bytes.IndexByte(s, '('); end > 0 && s[len(s)-1] == ')' {
		s = s[:end]
	}
	return bytes.TrimSpace(s)
}

// minutes turns a number of the format's unit into minutes.
func (o *offsetReader) minutes(number decimal) (minutes int, ok bool) {
	unit := decimal{digits: 1}
	switch o.format {
	case "minutes_behind":
		unit.negative = true
	case "hours":
		unit.digits = 60
	}
	n, problem := product(number, unit, 0, true)
	if o.format == "seconds" {
		if n%60 != 0 {
			return 0, false
		}
		n /= 60
	}
	return int(min(max(n, -schemas.MaxOffset-1), schemas.MaxOffset+1)), problem == ""
}

// parseOffset reads Z, or a sign and hh:mm, h:mm, hhmm, hh or h, with GMT or UTC before it or not. Two digits above 18 are no hours: they
// are left to be read as minutes.
func parseOffset(s []byte) (minutes int, ok bool) {
	if len(s) == 1 {
		return 0, s[0]|0x20 == 'z'
	}
	negative, digits, ok := cutSign(cutUTC(s))
	if !ok {
		return 0, false
	}
	hours := 0
	switch len(digits) {
	case 1:
		hours, ok = oneDigit(digits)
	case 2:
		hours, ok = twoDigits(digits)
		ok = ok && hours <= schemas.MaxOffset/60
	case 4, 5:
		hours, minutes, ok = hoursMinutes(digits)
	default:
		ok = false
	}
	if minutes += hours * 60; negative {
		minutes = -minutes
	}
	return minutes, ok
}

// cutUTC cuts off GMT or UTC, in any case, where a sign follows.
func cutUTC(s []byte) []byte {
	const length = 3
	if len(s) > length && (bytes.EqualFold(s[:length], []byte("gmt")) || bytes.EqualFold(s[:length], []byte("utc"))) {
		return bytes.TrimLeft(s[length:], " ")
	}
	return s
}

// cutSign reads a plus, a hyphen or the typographic minus.
func cutSign(s []byte) (negative bool, rest []byte, ok bool) {
	const minus = "\u2212"
	switch {
	case len(s) > 0 && s[0] == '+':
		return false, s[1:], true
	case len(s) > 0 && s[0] == '-':
		return true, s[1:], true
	}
	rest, ok = bytes.CutPrefix(s, []byte(minus))
	return true, rest, ok
}

// hoursMinutes reads hhmm, h:mm or hh:mm.
func hoursMinutes(s []byte) (hours, minutes int, ok bool) {
	minutes, ok = twoDigits(s[len(s)-2:])
	ok = ok && minutes <= 59
	ok2 := false
	switch s = s[:len(s)-2]; {
	case s[len(s)-1] != ':' && len(s) == 2 || s[len(s)-1] == ':' && len(s) == 3:
		hours, ok2 = twoDigits(s)
	case s[1] == ':' && len(s) == 2:
		hours, ok2 = oneDigit(s)
	}
	return hours, minutes, ok && ok2
}

func oneDigit(s []byte) (int, bool) {
	digit := s[0] - '0'
	return int(digit), digit <= 9
}

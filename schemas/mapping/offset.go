package mapping

import "winback/schemas"

// offsetReader reads by how many minutes a user's local time is ahead of UTC.
type offsetReader struct {
	field       []int
	format      string
	defaultZone zone // where neither a field nor the event time says anything
}

// What can be wrong with an offset.
const (
	tooFar   = "more than 18 hours from UTC"
	noZone   = "not a known time zone, nor an offset as +02:00, nor a number of minutes"
	noMinute = "not a number of whole minutes"
)

// readOffset asks the field, then the zone behind the event time, then the default.
func (d *Decoder) readOffset(at moment) (minutes int16, reason schemas.Reason) {
	o := &d.m.offset
	v := d.first(o.field)
	if v == nil && at.offset == noOffset {
		return int16(d.defaultZone.at(at.ms)), schemas.Accepted
	}
	n, problem := at.offset, ""
	if v != nil {
		n, problem = o.read(d, v, at.ms)
	} else {
		v = d.first(d.m.timeField)
	}
	if problem == "" && !validOffset(n) {
		problem = tooFar
	}
	if problem != "" {
		return 0, d.refuse(schemas.BadOffset, "offset", v, problem)
	}
	return int16(n), schemas.Accepted
}

// read returns the minutes that a field stands for at a time.
func (o *offsetReader) read(d *Decoder, v *value, ms int64) (minutes int, problem string) {
	switch {
	case !v.isWord():
		return 0, noZone
	case o.format != "" && o.format != "auto" || v.kind == kindInteger || v.kind == kindNumber:
		return o.number(d, v)
	}
	text := d.plain(v, d.buffer[:0])
	if n, ok := parseOffset(text); ok {
		return n, ""
	}
	if z := d.zone(text); z != nil {
		return z.at(ms), ""
	}
	if _, number := parseDecimal(text, '.'); number {
		return o.number(d, v)
	}
	return 0, noZone
}

// number reads a number of the format's unit.
func (o *offsetReader) number(d *Decoder, v *value) (minutes int, problem string) {
	unit := decimal{digits: 1}
	switch o.format {
	case "minutes_behind":
		unit.negative = true
	case "hours":
		unit.digits = 60
	}
	q := quantity{point: '.'}
	a, ok := q.parse(d, v)
	if !ok {
		return 0, notNumber
	}
	n, problem := product(a, unit, 0, true)
	switch {
	case problem == notFits:
		return 0, tooFar
	case problem != "" || o.format == "seconds" && n%60 != 0:
		return 0, noMinute
	case o.format == "seconds":
		n /= 60
	}
	return int(min(max(n, -schemas.MaxOffset-1), schemas.MaxOffset+1)), ""
}

// parseOffset reads Z, +hh:mm, +hhmm, +hh or +h. Two digits above 18 are no hours: they are left to be read as minutes.
func parseOffset(s []byte) (minutes int, ok bool) {
	if len(s) == 1 {
		return 0, s[0]|0x20 == 'z'
	}
	if len(s) < 2 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	hours := int(s[1] - '0')
	switch len(s) {
	case 2:
		ok = hours <= 9
	case 3:
		hours, ok = twoDigits(s[1:])
		ok = ok && hours <= schemas.MaxOffset/60
	case 5, 6:
		hours, minutes, ok = hoursMinutes(s[1:])
	}
	if !ok {
		return 0, false
	}
	if minutes += hours * 60; s[0] == '-' {
		minutes = -minutes
	}
	return minutes, true
}

// hoursMinutes reads hhmm or hh:mm.
func hoursMinutes(s []byte) (hours, minutes int, ok bool) {
	hours, ok1 := twoDigits(s)
	minutes, ok2 := twoDigits(s[len(s)-2:])
	return hours, minutes, ok1 && ok2 && minutes <= 59 && (len(s) == 4 || s[2] == ':')
}

package mapping

import (
	"math"
	"strings"
	"time"
	"unsafe"
)

// maxTime is the last millisecond of the year 9999.
const maxTime = 253402300799999

// moment is an event time in Unix milliseconds and, if a zone stood behind it, how many minutes that is ahead of UTC. Z, UTC and
// -00:00 are none: as RFC 3339 has it, they say when, and nothing of the local time.
type moment struct {
	ms     int64
	offset int // or noOffset
}

const noOffset = math.MinInt

// timeReader reads event times by a list of formats, tried in turn.
type timeReader struct {
	formats []timeFormat
	zone    *time.Location // for times without a zone; nil is UTC
}

// timeFormat is one way to write a time: a count since 1970, a calendar form, or a Go layout.
type timeFormat struct {
	unit   timeUnit
	form   calendarForm
	layout string
}

// timeUnit is what a count of time counts: the power of ten that makes it milliseconds.
type timeUnit int

const (
	noCount   timeUnit = 99
	unitAuto  timeUnit = 98
	unixS     timeUnit = 3
	unixMS    timeUnit = 0
	unixUS    timeUnit = -3
	unixNS    timeUnit = -6
	autoUntil          = 100_000_000_000 // fewer are seconds (until the year 5138), more are milliseconds (from March 1973)
)

// formatNames lists the formats that have a name.
const formatNames = "auto, unix_s, unix_ms, unix_us, unix_ns, rfc3339, datetime, date"

func namedFormat(name string) (timeFormat, bool) {
	switch name {
	case "auto":
		return timeFormat{unit: unitAuto, form: formDate | formDateTime | formRFC3339}, true
	case "unix_s":
		return timeFormat{unit: unixS}, true
	case "unix_ms":
		return timeFormat{unit: unixMS}, true
	case "unix_us":
		return timeFormat{unit: unixUS}, true
	case "unix_ns":
		return timeFormat{unit: unixNS}, true
	case "rfc3339":
		return timeFormat{unit: noCount, form: formRFC3339}, true
	case "datetime":
		return timeFormat{unit: noCount, form: formDateTime | formRFC3339}, true
	case "date":
		return timeFormat{unit: noCount, form: formDate | formCompact}, true
	}
	return timeFormat{}, false
}

// read returns the time, cut to the millisecond, if it is one between 1970 and 9999.
func (t *timeReader) read(d *Decoder, v *value) (at moment, ok bool) {
	if v.kind == kindInteger && t.formats[0].unit == unixMS && v.n >= 0 && v.n <= maxTime {
		return moment{v.n, noOffset}, true
	}
	var text []byte
	if v.kind != kindInteger {
		text = d.plain(v, d.buffer[:0])
	}
	for i := range t.formats {
		f := &t.formats[i]
		if v.kind == kindInteger && f.layout == "" && f.form&formCompact == 0 {
			at.offset = noOffset
			at.ms, ok = readInteger(v.n, f.unit)
		} else {
			if text == nil {
				text = d.raw(v)
			}
			at, ok = f.read(text, t.zone)
		}
		if ok {
			return at, at.ms >= 0 && at.ms <= maxTime
		}
	}
	return moment{}, false
}

func (f *timeFormat) read(s []byte, zone *time.Location) (moment, bool) {
	if f.layout != "" {
		return readLayout(f.layout, s, zone)
	}
	if f.form != 0 {
		if at, ok := readCalendar(s, f.form, zone); ok {
			return at, true
		}
	}
	ms, ok := readCount(s, f.unit)
	return moment{ms, noOffset}, ok
}

// readLayout is the one reader that may allocate.
func readLayout(layout string, s []byte, zone *time.Location) (moment, bool) {
	if zone == nil {
		zone = time.UTC
	}
	if len(s) == 0 {
		return moment{}, false
	}
	t, err := time.ParseInLocation(layout, unsafe.String(&s[0], len(s)), zone) // the string is gone before s changes
	at := moment{t.UnixMilli(), noOffset}
	if _, seconds := t.Zone(); strings.Contains(layout, "-07") || strings.Contains(layout, "Z07") && seconds != 0 {
		at.offset = floorDiv(seconds, 60)
	}
	return at, err == nil
}

// readCount reads a count since 1970, with decimals or without.
func readCount(s []byte, unit timeUnit) (int64, bool) {
	n := int64(0)
	for i, c := range s {
		if c-'0' > 9 || i == 18 {
			return readDecimalCount(s, unit)
		}
		n = n*10 + int64(c-'0')
	}
	if len(s) == 0 {
		return 0, false
	}
	return readInteger(n, unit)
}

// readInteger turns a count since 1970 into milliseconds.
func readInteger(n int64, unit timeUnit) (int64, bool) {
	if unit == unitAuto {
		unit = autoUnit(n)
	}
	switch {
	case unit == noCount || n < 0 || unit >= 0 && n > maxTime:
		return 0, false
	case unit < 0:
		return n / int64(powers[-unit]), true
	}
	return n * int64(powers[unit]), true
}

func autoUnit(n int64) timeUnit {
	switch {
	case n < autoUntil:
		return unixS
	case n < autoUntil*1e3:
		return unixMS
	case n < autoUntil*1e6:
		return unixUS
	}
	return unixNS
}

func readDecimalCount(s []byte, unit timeUnit) (int64, bool) {
	d, ok := parseDecimal(s, '.')
	if unit == noCount || !ok || d.negative && d.digits != 0 {
		return 0, false
	}
	if unit == unitAuto {
		n, ok := d.floor(0)
		if !ok {
			return 0, false
		}
		unit = autoUnit(n)
	}
	return d.floor(int(unit))
}

// floor returns a number that is not negative times ten to the shift, cut to an integer.
func (d decimal) floor(shift int) (int64, bool) {
	e := d.exponent + shift
	switch {
	case d.digits == 0 || e < -19:
		return 0, true
	case e <= 0:
		n := d.digits / powers[-e]
		return int64(n), n <= math.MaxInt64
	}
	n, _, ok := scale(0, d.digits, e, false)
	return int64(n), ok && n <= math.MaxInt64
}

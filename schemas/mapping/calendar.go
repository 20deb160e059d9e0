package mapping

import "time"

// calendarForm is a set of ways to write a date.
type calendarForm uint8

const (
	formDate     calendarForm = 1 << iota // 2026-07-31
	formCompact                           // 20260731
	formDateTime                          // 2026-07-31 08:26, seconds and zone or not, T or a space
	formRFC3339                           // 2026-07-31T08:26:00.125+02:00
)

// civil is a date and time as it is written.
type civil struct {
	year, month, day     int
	hour, minute, second int
	ms                   int
	offset               int // seconds east of UTC
	zoned                bool
	local                bool // the offset is the local time's
}

// readCalendar reads a date by hand: unlike time.Parse it never allocates. A time without a zone is in zone, nil for UTC.
func readCalendar(s []byte, forms calendarForm, zone *time.Location) (moment, bool) {
	if len(s) < 8 {
		return moment{}, false
	}
	c, form, ok := parseCivil(s)
	if !ok || form&forms == 0 {
		return moment{}, false
	}
	if c.local {
		return moment{c.utc(), c.offset / 60}, true
	}
	if c.zoned || zone == nil {
		return moment{c.utc(), noOffset}, true
	}
	t := time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, c.ms*1e6, zone)
	return moment{t.UnixMilli(), noOffset}, true
}

// parseCivil reads a calendar date and, if something follows, a time.
func parseCivil(s []byte) (c civil, form calendarForm, ok bool) {
	if s[4] != '-' {
		if len(s) != 8 {
			return c, 0, false
		}
		ok = c.date(s[:4], s[4:6], s[6:])
		return c, formCompact, ok
	}
	if len(s) < 10 || s[7] != '-' || !c.date(s[:4], s[5:7], s[8:10]) {
		return c, 0, false
	}
	if len(s) == 10 {
		return c, formDate, true
	}
	if s[10] != 'T' && s[10] != 't' && s[10] != ' ' {
		return c, 0, false
	}
	form, ok = c.time(s[11:])
	return c, form, ok
}

// date reads the digits of a year, a month and a day, and checks that there is such a day.
func (c *civil) date(year, month, day []byte) bool {
	a, ok1 := twoDigits(year)
	b, ok2 := twoDigits(year[2:])
	m, ok3 := twoDigits(month)
	d, ok4 := twoDigits(day)
	c.year, c.month, c.day = a*100+b, m, d
	return ok1 && ok2 && ok3 && ok4 && m >= 1 && m <= 12 && d >= 1 && d <= daysIn(c.year, m)
}

// time reads hh:mm[:ss[.fraction]][zone]. It is RFC 3339 if the seconds and the zone are there, as that standard writes them.
func (c *civil) time(s []byte) (form calendarForm, ok bool) {
	if len(s) < 5 || s[2] != ':' {
		return 0, false
	}
	var ok1, ok2 bool
	c.hour, ok1 = twoDigits(s)
	c.minute, ok2 = twoDigits(s[3:])
	if !ok1 || !ok2 || c.hour > 23 || c.minute > 59 {
		return 0, false
	}
	form = formDateTime
	if s = s[5:]; len(s) >= 3 && s[0] == ':' {
		if c.second, ok = twoDigits(s[1:]); !ok || c.second > 59 {
			return 0, false
		}
		form = formRFC3339
		if s, ok = c.fraction(s[3:]); !ok {
			return 0, false
		}
	}
	return c.zone(s, form)
}

// fraction reads the decimals of the second, cut to the millisecond, and returns what follows.
func (c *civil) fraction(s []byte) ([]byte, bool) {
	if len(s) == 0 || s[0] != '.' {
		return s, true
	}
	end := digits(s, 1)
	if end < 0 {
		return s, false
	}
	for i, unit := 1, 100; i < end && unit > 0; i, unit = i+1, unit/10 {
		c.ms += int(s[i]-'0') * unit
	}
	return s[end:], true
}

// zone reads Z, +hh:mm, or the looser +hhmm, +hh and UTC, a space before them or not.
func (c *civil) zone(s []byte, form calendarForm) (calendarForm, bool) {
	if len(s) > 1 && s[0] == ' ' {
		s, form = s[1:], formDateTime
	}
	c.zoned = true
	switch {
	case len(s) == 0:
		c.zoned = false
		return formDateTime, true
	case len(s) == 1 && s[0]|0x20 == 'z':
		return form, true
	case string(s) == "UTC":
		return formDateTime, true
	case s[0] != '+' && s[0] != '-' || len(s) < 3:
		return 0, false
	}
	hours, ok := twoDigits(s[1:])
	minutes := 0
	switch rest := s[3:]; {
	case !ok || hours > 23:
		return 0, false
	case len(rest) == 0:
		form = formDateTime
	case len(rest) == 2:
		form = formDateTime
		minutes, ok = twoDigits(rest)
	case len(rest) == 3 && rest[0] == ':':
		minutes, ok = twoDigits(rest[1:])
	default:
		return 0, false
	}
	c.offset = hours*3600 + minutes*60
	c.local = s[0] == '+' || c.offset != 0
	if s[0] == '-' {
		c.offset = -c.offset
	}
	return form, ok && minutes <= 59
}

// utc returns the Unix milliseconds of the date, by the days since 1970 of the proleptic Gregorian calendar.
func (c *civil) utc() int64 {
	y, m := c.year, c.month
	if m <= 2 { // a year that begins in March has its leap day at the end
		y--
		m += 12
	}
	days := 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + c.day - 719469
	return (int64(days)*86400+int64(c.hour*3600+c.minute*60+c.second-c.offset))*1000 + int64(c.ms)
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

func twoDigits(s []byte) (int, bool) {
	a, b := s[0]-'0', s[1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

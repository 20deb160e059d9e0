package schemas

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time in milliseconds, as event time is counted. In configuration it is text: whole numbers with units,
// the larger first: "250ms", "30s", "1h30m", "7d", "4w". A bare number is refused, save 0. It has no sign.
type Duration int64

// The lengths a Duration is made of, in milliseconds.
const (
	Millisecond Duration = 1
	Second               = 1000 * Millisecond
	Minute               = 60 * Second
	Hour                 = 60 * Minute
	Day                  = 24 * Hour
	Week                 = 7 * Day
)

// durationUnits is ordered by length, as the text is. Weeks are read but not written: "28d" is plainer than "4w".
var durationUnits = [...]struct {
	name   string
	length Duration
}{{"w", Week}, {"d", Day}, {"h", Hour}, {"m", Minute}, {"s", Second}, {"ms", Millisecond}}

// ParseDuration reads the text form. The error names the text and shows the form.
func ParseDuration(text string) (Duration, error) {
	rest := strings.TrimSpace(text)
	if rest == "0" {
		return 0, nil
	}
	total, next := Duration(0), 0
	for more := true; more; more = rest != "" {
		digits := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if digits <= 0 {
			return 0, durationError(text)
		}
		n, err := strconv.ParseInt(rest[:digits], 10, 64)
		if err != nil {
			return 0, durationError(text)
		}
		rest = rest[digits:]
		name := rest
		if end := strings.IndexFunc(rest, func(r rune) bool { return r >= '0' && r <= '9' }); end >= 0 {
			name = rest[:end]
		}
		rest = rest[len(name):]
		unit := next
		for unit < len(durationUnits) && durationUnits[unit].name != name {
			unit++
		}
		if unit == len(durationUnits) {
			return 0, durationError(text)
		}
		length := durationUnits[unit].length
		if n > int64((math.MaxInt64-total)/length) {
			return 0, fmt.Errorf("%q is too long a duration", text)
		}
		total, next = total+Duration(n)*length, unit+1
	}
	return total, nil
}

func durationError(text string) error {
	return fmt.Errorf(`%q is not a duration: write numbers with units (ms, s, m, h, d, w), the larger first, such as "30s", "1h30m" or "7d"`, text)
}

// String returns the text form without weeks: "7d", "1h30m", "0s".
func (d Duration) String() string {
	if d == 0 {
		return "0s"
	}
	var text []byte
	if d < 0 {
		text, d = append(text, '-'), -d
	}
	for _, unit := range durationUnits[1:] {
		if n := d / unit.length; n > 0 {
			text = append(strconv.AppendInt(text, int64(n), 10), unit.name...)
			d -= n * unit.length
		}
	}
	return string(text)
}

// Milliseconds returns the length as event time counts it.
func (d Duration) Milliseconds() int64 { return int64(d) }

// Std converts to the standard library's nanoseconds; what does not fit becomes the longest they can hold (292 years).
func (d Duration) Std() time.Duration {
	if d > Duration(math.MaxInt64/time.Millisecond) {
		return math.MaxInt64
	}
	return time.Duration(d) * time.Millisecond
}

// MarshalText writes the text form.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the text form.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}

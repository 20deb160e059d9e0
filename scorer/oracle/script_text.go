package oracle

import (
	"fmt"
	"strconv"
	"strings"

	"winback/schemas"
)

// units from the longest to the shortest, as durations are written.
func units() []unit {
	return []unit{{"d", day}, {"h", hour}, {"m", minute}, {"s", second}, {"ms", 1}}
}

type unit struct {
	name string
	long int64
}

// parseDuration reads parts such as 7d, 1h30m or 250ms.
func parseDuration(text string) (int64, error) {
	total, rest := int64(0), text
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		letters := len(rest[digits:]) - len(strings.TrimLeft(rest[digits:], "dhms"))
		n, err := strconv.ParseInt(rest[:digits], 10, 64)
		long := unitNamed(rest[digits : digits+letters])
		if err != nil || long == 0 {
			return 0, fmt.Errorf("%s is not a duration such as 7d, 1h30m or 250ms", text)
		}
		total, rest = total+n*long, rest[digits+letters:]
	}
	return total, nil
}

// unitNamed returns 0 for no unit.
func unitNamed(name string) int64 {
	for _, u := range units() {
		if u.name == name {
			return u.long
		}
	}
	return 0
}

// parseTime reads a time such as d3 or d3+14h30m.
func parseTime(text string) (int64, error) {
	days, rest, plus := strings.Cut(text, "+")
	n, err := strconv.ParseInt(strings.TrimPrefix(days, "d"), 10, 64)
	if err != nil || days[0] != 'd' || plus && rest == "" {
		return 0, fmt.Errorf("%s is not a time such as d3 or d3+14h30m", text)
	}
	d, err := parseDuration(rest)
	return Origin + n*day + d, err
}

// formatTime writes what parseTime reads.
func formatTime(t int64) string {
	t -= Origin
	days := t / day
	if t%day < 0 {
		days--
	}
	text, rest := fmt.Sprintf("d%d", days), t-days*day
	for i, u := range units()[1:] {
		if rest == 0 {
			break
		}
		if i == 0 {
			text += "+"
		}
		if rest >= u.long {
			text += fmt.Sprintf("%d%s", rest/u.long, u.name)
			rest %= u.long
		}
	}
	return text
}

// Render writes decisions, without their reasons, and the refused events, one a line.
func Render(decisions []schemas.Decision, refused []Event) string {
	var b strings.Builder
	for _, d := range decisions {
		fmt.Fprintf(&b, "%s %s %s", formatTime(d.At), d.User, d.Kind)
		switch d.Kind {
		case schemas.KindLifecycle:
			fmt.Fprintf(&b, " %s -> %s", orDash(d.From), orDash(d.To))
		case schemas.KindEntered:
			fmt.Fprintf(&b, " %d %s cur=%d base=%d drop=%v", d.Episode, d.Metric, d.Cur, d.Base, d.Drop)
		default:
			fmt.Fprintf(&b, " %d", d.Episode)
		}
		b.WriteByte('\n')
	}
	for _, e := range refused {
		fmt.Fprintf(&b, "refused %s %s %s\n", e.User, e.Type, formatTime(e.Time))
	}
	return b.String()
}

func orDash(state string) string {
	if state == "" {
		return "-"
	}
	return state
}

// With returns the script's text with other decisions.
func (s *Script) With(decisions string) string { return s.story + decisions }

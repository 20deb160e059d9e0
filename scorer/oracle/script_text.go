package oracle

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

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
		letters := len(rest[digits:]) - len(strings.TrimLeft(rest[digits:], "wdhms"))
		n, err := strconv.ParseInt(rest[:digits], 10, 64)
		long := unitNamed(rest[digits : digits+letters])
		if err != nil || long == 0 {
			return 0, fmt.Errorf("%s is not a duration such as 7d, 1h30m or 250ms", text)
		}
		total, rest = total+n*long, rest[digits+letters:]
	}
	return total, nil
}

// unitNamed returns 0 for no unit. Weeks are read and never written.
func unitNamed(name string) int64 {
	if name == "w" {
		return week
	}
	for _, u := range units() {
		if u.name == name {
			return u.long
		}
	}
	return 0
}

// parseDurations reads several with commas between them.
func parseDurations(text string) (all []int64, err error) {
	for part := range strings.SplitSeq(text, ",") {
		d, err := parseDuration(part)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// parseTime reads a time such as d3, d3+14h30m or 2024-02-29+14h30m.
func parseTime(text string) (int64, error) {
	first, rest, plus := strings.Cut(text, "+")
	start, ok := parseDay(first)
	if !ok || plus && rest == "" {
		return 0, fmt.Errorf("%s is not a time such as d3, d3+14h30m or 2024-02-29+14h30m", text)
	}
	d, err := parseDuration(rest)
	return start + d, err
}

func parseDay(text string) (int64, bool) {
	if date, err := time.Parse(time.DateOnly, text); err == nil {
		return date.UnixMilli(), true
	}
	number, named := strings.CutPrefix(text, "d")
	n, err := strconv.ParseInt(number, 10, 64)
	return Origin + n*day, named && err == nil
}

// parseOffset reads what a clock is ahead of UTC, such as +05:30 or -08:00, as minutes.
func parseOffset(text string) (int16, error) {
	at, err := time.Parse("-07:00", text)
	if err != nil {
		return 0, fmt.Errorf("%s is not an offset such as +05:30 or -08:00", text)
	}
	_, seconds := at.Zone()
	return int16(seconds / 60), nil
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
	return render(decisions, nil, refused)
}

// storyLine is one line of a story's end.
type storyLine struct {
	at   int64
	user string
	text string
}

// render puts a user's profile row behind their decisions at the border.
func render(decisions []schemas.Decision, profiles []schemas.Profile, refused []Event) string {
	var lines []storyLine
	for _, d := range decisions {
		lines = append(lines, storyLine{d.At, d.User, renderDecision(d)})
	}
	for _, p := range profiles {
		lines = append(lines, storyLine{p.At, p.User, renderProfile(p)})
	}
	slices.SortStableFunc(lines, func(a, b storyLine) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.user, b.user))
	})
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%s %s %s\n", formatTime(l.at), l.user, l.text)
	}
	for _, e := range refused {
		fmt.Fprintf(&b, "refused %s %s %s\n", e.User, e.Type, formatTime(e.Time))
	}
	return b.String()
}

func renderDecision(d schemas.Decision) string {
	switch {
	case d.Kind == schemas.KindLifecycle && d.Returned:
		return fmt.Sprintf("lifecycle %s -> %s returned", orDash(d.From), orDash(d.To))
	case d.Kind == schemas.KindLifecycle:
		return fmt.Sprintf("lifecycle %s -> %s", orDash(d.From), orDash(d.To))
	case d.Kind == schemas.KindEntered:
		return fmt.Sprintf("entered %d %s cur=%d base=%d drop=%v", d.Episode, d.Metric, d.Cur, d.Base, d.Drop)
	}
	return fmt.Sprintf("%s %d", d.Kind, d.Episode)
}

// renderProfile leaves out what there is none of.
func renderProfile(p schemas.Profile) string {
	text := fmt.Sprintf("profile %s rfm=%s tags=%s", orDash(p.Lifecycle), orDash(p.RFM), orDash(strings.Join(p.Tags, ",")))
	if p.Risk >= 0 {
		text += fmt.Sprintf(" risk=%.1f", p.Risk)
	}
	if p.High {
		text += " high"
	}
	if p.Alive >= 0 {
		text += fmt.Sprintf(" alive=%.3f", p.Alive)
	}
	return text
}

func orDash(name string) string {
	if name == "" {
		return "-"
	}
	return name
}

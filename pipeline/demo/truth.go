package demo

import (
	"fmt"
	"slices"
	"time"

	"winback/bench/load"
	"winback/schemas"
)

// Within is how soon after their activity declined users must be flagged to count as found. Users whose decline is closer to the stream's end
// than that are not counted.
const Within = 14 * schemas.Day

// Truth is one line of the comparison: the users whom the same thing happened to.
type Truth struct {
	What    string
	Users   int // those that count
	Flagged int // of them

	delays []int64 // milliseconds from the decline to the flag
}

// Comparison compares what was flagged with what truly happened to the made-up users.
type Comparison struct {
	Declined  []Truth // by what happened; flagged counts those flagged within Within of it
	Steady    []Truth // users without a decline, or before it; flagged counts those flagged all the same
	TooRecent int     // users left out of Declined: their decline is less than Within before the end
}

// declines are the patterns in which a user's activity declines, at Pattern.From.
var declines = [...]struct {
	kind load.PatternKind
	what string
}{
	{load.Silent, "went silent"},
	{load.Returning, "stayed away for a while"},
	{load.Decaying, "came 40 to 80 % less"},
}

// Compare takes the times at which each user was flagged, in any order.
func (s *Stream) Compare(flagged map[string][]int64) Comparison {
	c := Comparison{Declined: make([]Truth, len(declines))}
	rows := map[load.PatternKind]*Truth{}
	for i, decline := range declines {
		c.Declined[i].What = decline.what
		rows[decline.kind] = &c.Declined[i]
	}
	steady, newcomers, before := Truth{What: "came as ever"}, Truth{What: "were new"}, Truth{What: "those above, before it happened"}
	for user := range s.cfg.Users {
		pattern := s.generator.Pattern(user)
		times := slices.Sorted(slices.Values(flagged[string(load.AppendKey(nil, user))]))
		switch row := rows[pattern.Kind]; {
		case pattern.Kind == load.Newcomer:
			newcomers.count(len(times) > 0)
		case row == nil:
			steady.count(len(times) > 0)
		default:
			first, _ := slices.BinarySearch(times, pattern.From)
			before.count(first > 0)
			if s.end-pattern.From < int64(Within) {
				c.TooRecent++
			} else {
				row.find(times[first:], pattern.From)
			}
		}
	}
	c.Steady = []Truth{steady, newcomers, before}
	return c
}

func (t *Truth) count(flagged bool) {
	t.Users++
	if flagged {
		t.Flagged++
	}
}

// find counts a user whose activity declined, flagged at the times since.
func (t *Truth) find(since []int64, decline int64) {
	found := len(since) > 0 && since[0]-decline <= int64(Within)
	if t.count(found); found {
		t.delays = append(t.delays, since[0]-decline)
	}
}

// Median is how long it took to flag the middle one of those flagged, 0 if nobody was.
func (t *Truth) Median() time.Duration {
	if len(t.delays) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t.delays))
	return time.Duration(sorted[len(sorted)/2]) * time.Millisecond
}

// String says it as a table.
func (c Comparison) String() string {
	text := fmt.Sprintf("%-34s %7s  flagged within %v of it  median\n", "What truly happened to the users", "users", Within)
	for _, t := range c.Declined {
		text += fmt.Sprintf("  %-32s %7s  %7s %8s %14s\n", t.What, grouped(uint64(t.Users)), grouped(uint64(t.Flagged)), percent(t.Flagged, t.Users), length(t.Median()))
	}
	text += fmt.Sprintf("%-34s %7s  flagged at any time\n", "Who should be left in peace", "users")
	for _, t := range c.Steady {
		text += fmt.Sprintf("  %-32s %7s  %7s %8s\n", t.What, grouped(uint64(t.Users)), grouped(uint64(t.Flagged)), percent(t.Flagged, t.Users))
	}
	if c.TooRecent > 0 {
		text += fmt.Sprintf("Not counted above: %s to whom it happened in the last %v.\n", grouped(uint64(c.TooRecent)), Within)
	}
	return text
}

// percent has a decimal where a whole number would hide that there is something.
func percent(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	share := 100 * float64(part) / float64(whole)
	if part > 0 && share < 9.95 {
		return fmt.Sprintf("%.1f %%", share)
	}
	return fmt.Sprintf("%.0f %%", share)
}

// length writes a duration as a person says it.
func length(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f hours", d.Hours())
	}
	return fmt.Sprintf("%.1f days", d.Hours()/24)
}

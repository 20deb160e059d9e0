package demo

import (
	"fmt"
	"slices"
	"time"

	"winback/bench/load"
	"winback/schemas"
)

// Within is how soon after their turn users must be flagged to count as found. Turns nearer to the stream's end than that are too
// fresh to be counted.
const Within = 14 * schemas.Day

// Truth is one line of the comparison: the users whom the same thing happened to.
type Truth struct {
	What    string
	Users   int // those that count
	Flagged int // of them

	delays []int64 // milliseconds from the turn to the flag
}

// Comparison lays what was flagged beside what truly happened to the made-up users.
type Comparison struct {
	Turned []Truth // by what happened; flagged is who was within Within of it
	Steady []Truth // whom nothing happened to, or not yet; flagged is who was all the same
	Fresh  int     // users left out of Turned, for their turn is too fresh
}

// turns are the fates that make a user slip away, at Fate.From.
var turns = [...]struct {
	kind load.FateKind
	what string
}{
	{load.Silent, "went silent"},
	{load.Returning, "stayed away for a while"},
	{load.Decaying, "came 40 to 80 % less"},
}

// Compare takes the times at which each user was flagged, in any order.
func (s *Stream) Compare(flagged map[string][]int64) Comparison {
	c := Comparison{Turned: make([]Truth, len(turns))}
	rows := map[load.FateKind]*Truth{}
	for i, turn := range turns {
		c.Turned[i].What = turn.what
		rows[turn.kind] = &c.Turned[i]
	}
	steady, newcomers, before := Truth{What: "came as ever"}, Truth{What: "were new"}, Truth{What: "those above, before it happened"}
	for user := range s.cfg.Users {
		fate := s.generator.Fate(user)
		times := slices.Sorted(slices.Values(flagged[string(load.AppendKey(nil, user))]))
		switch row := rows[fate.Kind]; {
		case fate.Kind == load.Newcomer:
			newcomers.count(len(times) > 0)
		case row == nil:
			steady.count(len(times) > 0)
		default:
			first, _ := slices.BinarySearch(times, fate.From)
			before.count(first > 0)
			if s.end-fate.From < int64(Within) {
				c.Fresh++
			} else {
				row.find(times[first:], fate.From)
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

// find counts a user who turned, flagged at the times since.
func (t *Truth) find(since []int64, turn int64) {
	found := len(since) > 0 && since[0]-turn <= int64(Within)
	if t.count(found); found {
		t.delays = append(t.delays, since[0]-turn)
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
	for _, t := range c.Turned {
		text += fmt.Sprintf("  %-32s %7s  %7s %8s %14s\n", t.What, grouped(uint64(t.Users)), grouped(uint64(t.Flagged)), percent(t.Flagged, t.Users), length(t.Median()))
	}
	text += fmt.Sprintf("%-34s %7s  flagged at any time\n", "Who should be left in peace", "users")
	for _, t := range c.Steady {
		text += fmt.Sprintf("  %-32s %7s  %7s %8s\n", t.What, grouped(uint64(t.Users)), grouped(uint64(t.Flagged)), percent(t.Flagged, t.Users))
	}
	if c.Fresh > 0 {
		text += fmt.Sprintf("Not counted above: %s to whom it happened in the last %v.\n", grouped(uint64(c.Fresh)), Within)
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

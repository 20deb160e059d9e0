package demo

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"winback/bench/load"
	"winback/schemas"
)

// Absence is how long a user must stay away, without a single event, to count as one who left: the horizon of the risk models.
const Absence = 30 * schemas.Day

// Ahead is how long before a user's last event a flag may come to be about their leaving.
const Ahead = 14 * schemas.Day

// Outcome says of one rule whether those whom it flags leave, and whether those who leave were flagged. Only what the stream's end lets be
// judged counts: flags and losses more than Absence and Ahead before it.
type Outcome struct {
	Rule    string
	Flagged int // users with a flag
	Right   int // of them, those who left: their last event came no more than Ahead after a flag, and Absence is over
	Left    int // users who left
	Found   int // of them, those with a flag from Ahead before their last event on, before Absence was over

	leads []int64 // milliseconds from the first such flag to the end of Absence
}

// Events are the stream's events without its faults, in order of time, as the vocabulary numbers them. Each is valid until the next.
func (s *Stream) Events(vocabulary *schemas.Vocabulary) (iter.Seq[*schemas.Event], error) {
	generator, err := s.sound()
	return func(yield func(*schemas.Event) bool) {
		var made load.Event
		event := schemas.Event{}
		for generator.Next(&made) {
			event.User = load.AppendKey(event.User[:0], made.User)
			event.Type = vocabulary.Lookup([]byte(made.Type.String()))
			event.Time, event.Amount, event.Duration = made.Time, made.Amount, made.Duration
			if !yield(&event) {
				return
			}
		}
	}, err
}

// Losses are the ends of the users' stays: by user, the time of each event that no other followed for Absence.
func (s *Stream) Losses() (map[string][]int64, error) {
	last, losses := make([]int64, s.cfg.Users), map[string][]int64{}
	gone := func(user int, until int64) {
		if last[user] > 0 && until-last[user] >= int64(Absence) {
			key := string(load.AppendKey(nil, user))
			losses[key] = append(losses[key], last[user])
		}
	}
	generator, err := s.sound()
	if err != nil {
		return nil, err
	}
	var made load.Event
	for generator.Next(&made) {
		gone(made.User, made.Time)
		last[made.User] = made.Time
	}
	for user := range last {
		gone(user, s.end)
	}
	return losses, nil
}

// Judge compares the times at which a rule flagged each user, in any order, with the losses.
func (s *Stream) Judge(rule string, flagged, losses map[string][]int64) Outcome {
	o, until := Outcome{Rule: rule}, s.end-int64(Absence+Ahead)
	for user, times := range flagged {
		judged := slices.DeleteFunc(slices.Clone(times), func(at int64) bool { return at > until })
		if len(judged) == 0 {
			continue
		}
		o.Flagged++
		if slices.ContainsFunc(judged, func(at int64) bool {
			return slices.ContainsFunc(losses[user], func(last int64) bool { return isAbout(at, last) })
		}) {
			o.Right++
		}
	}
	for user, ends := range losses {
		o.find(flagged[user], slices.DeleteFunc(slices.Clone(ends), func(last int64) bool { return last > until }))
	}
	return o
}

// isAbout reports whether a flag is about a loss.
func isAbout(flag, last int64) bool { return flag >= last-int64(Ahead) && flag < last+int64(Absence) }

// find counts a user who left, once or several times, and the flag of the first loss that has one.
func (o *Outcome) find(flags, losses []int64) {
	if len(losses) == 0 {
		return
	}
	o.Left++
	sorted := slices.Sorted(slices.Values(flags))
	for _, last := range losses {
		if i := slices.IndexFunc(sorted, func(at int64) bool { return isAbout(at, last) }); i >= 0 {
			o.Found++
			o.leads = append(o.leads, last+int64(Absence)-sorted[i])
			return
		}
	}
}

// Lead is how long before the end of Absence the middle one of those found was flagged, 0 if nobody was.
func (o *Outcome) Lead() time.Duration {
	if len(o.leads) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(o.leads))
	return time.Duration(sorted[len(sorted)/2]) * time.Millisecond
}

// OutcomesTable says it as a table, a rule a line.
func OutcomesTable(outcomes ...Outcome) string {
	const days = int64(schemas.Day)
	var text strings.Builder
	fmt.Fprintf(&text, "Do the flagged users leave? (left: nothing of theirs for %d days)\n", int64(Absence)/days)
	fmt.Fprintf(&text, "  %-20s %-20s %-20s %s\n", "", "of the flagged left", "of the left flagged", "flagged, median")
	for _, o := range outcomes {
		fmt.Fprintf(&text, "  %-20s %-20s %-20s %s\n", o.Rule, share(o.Right, o.Flagged), share(o.Found, o.Left), earliness(o.Lead()))
	}
	fmt.Fprintf(&text, "Users are counted. A flag tells of a loss from %d days before the last event on.\nThe last %d days cannot be judged yet and are left out.\n",
		int64(Ahead)/days, int64(Absence+Ahead)/days)
	return text.String()
}

// share writes a part of a whole, in numbers and per cent.
func share(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	percent := 100 * float64(part) / float64(whole)
	decimals := 0
	if part > 0 && percent < 9.95 {
		decimals = 1 // a whole number would hide that there is something
	}
	return fmt.Sprintf("%s of %s, %.*f %%", grouped(uint64(part)), grouped(uint64(whole)), decimals, percent)
}

// earliness says when a flag came, counted from the last event.
func earliness(lead time.Duration) string {
	days := func(d time.Duration) string { return fmt.Sprintf("%.1f days", d.Hours()/24) }
	switch since := Absence.Std() - lead; {
	case lead == 0:
		return "-"
	case since < 0:
		return days(-since) + " before they go"
	default:
		return days(since) + " after"
	}
}

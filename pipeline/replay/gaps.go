package replay

import (
	"context"
	"fmt"
	"math/bits"
	"time"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
)

// A clock that is wrong by years moves the time of a whole replay: every user is lost when the row of the year 2100 comes. There is no wall
// clock to tell by, so the files themselves must: a time of years in which nobody did anything, and then next to nobody.
const (
	tellGap  = 365 * schemas.Day // a gap from which on the user is told of it
	fewShare = 10                // few users are one in so many
	minUsers = fewShare          // in a file of fewer users, one user's return is nothing to wonder at
)

// days is a set of days since 1970, a bit each.
type days []uint64

func (d *days) add(at int64) {
	day := int(at / int64(schemas.Day))
	for day/64 >= len(*d) {
		*d = append(*d, make([]uint64, max(64, len(*d)))...)
	}
	(*d)[day/64] |= 1 << (day % 64)
}

// longestGap is the longest time between two days of the set that follow each other.
func (d days) longestGap() schemas.Duration {
	longest, last := 0, -1
	for i, word := range d {
		for ; word != 0; word &= word - 1 {
			day := 64*i + bits.TrailingZeros64(word)
			if last >= 0 {
				longest = max(longest, day-last)
			}
			last = day
		}
	}
	return schemas.Duration(longest) * schemas.Day
}

// stretch is a part of the events in which no gap is longer than tellGap.
type stretch struct {
	first, last int64
	gap         int64 // before it
	events      int64
	users       int // with events in it or later
}

// setAside finds events of few users behind a long gap. Those behind one longer than MaxGap are refused; the user is told of others, also where
// there are a few too many to be refused unasked: up to a tenth of all.
func (s *Sorted) setAside(ctx context.Context, r *reader) error {
	tell := int64(tellGap)
	if r.cfg.MaxGap > 0 {
		tell = min(tell, int64(r.cfg.MaxGap))
	}
	if int64(r.days.longestGap())+int64(schemas.Day) <= tell {
		return nil
	}
	stretches, users, err := s.stretches(ctx, tell, r.in.Until)
	if err != nil {
		return err
	}
	if cut := s.cut(stretches, users, int64(r.cfg.MaxGap)); cut > 0 {
		if err := s.refuseFrom(ctx, r, stretches, cut, users); err != nil {
			return err
		}
		if stretches, users, err = s.stretches(ctx, tell, stretches[cut].first); err != nil {
			return err
		}
	}
	for i := 1; i < len(stretches); i++ {
		if tail := &stretches[i]; tail.users <= users/2 {
			s.tell(r, tail, users)
			break
		}
	}
	return s.err
}

// cut returns the first of the stretches that are set aside, 0 for none: all behind the earliest long gap behind which there are few users.
// They are counted together, so that clocks that are wrong by different times do not hide each other.
func (*Sorted) cut(all []stretch, users int, maxGap int64) int {
	if maxGap == 0 || users < minUsers {
		return 0
	}
	for i := 1; i < len(all); i++ {
		if all[i].gap > maxGap && all[i].users <= users/fewShare {
			return i
		}
	}
	return 0
}

// stretches reads all events up to a time and says how many users there are.
func (s *Sorted) stretches(ctx context.Context, gap, until int64) (all []stretch, users int, err error) {
	lastIn := map[uint64]int32{} // the last stretch with an event of the user
	n := 0
	for e := range s.all() {
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return nil, 0, context.Cause(ctx)
		}
		if until > 0 && e.Time >= until {
			break
		}
		last := len(all) - 1
		if last < 0 || e.Time-all[last].last > gap {
			next := stretch{first: e.Time, last: e.Time}
			if last >= 0 {
				next.gap = e.Time - all[last].last
			}
			all, last = append(all, next), last+1
		}
		all[last].last = e.Time
		all[last].events++
		lastIn[xxhash.Sum64(e.User)] = int32(last)
	}
	for _, i := range lastIn {
		all[i].users++
	}
	for i := len(all) - 2; i >= 0; i-- {
		all[i].users += all[i+1].users
	}
	return all, len(lastIn), s.err
}

// namedRows is how many rows a warning names.
const namedRows = 3

// refuseFrom refuses the events of a stretch and all behind it.
func (s *Sorted) refuseFrom(ctx context.Context, r *reader, all []stretch, cut, users int) error {
	tail := &all[cut]
	var refused int64
	for e := range s.from(tail.first) {
		if refused++; refused%checkEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if r.in.OnRefused == nil {
			continue
		}
		detail := fmt.Sprintf("time %s of user %s: set aside, because for %s nobody did anything and then %s of %d: replay.max_gap", utc(e.Time), shown(e.User), years(tail.gap),
			people(tail.users), users)
		if err := r.in.OnRefused(&Refusal{File: r.fileName(e.Place.File), Line: e.Place.Line, Reason: schemas.Future, Detail: detail, Value: e.Line}); err != nil {
			return err
		}
	}
	r.in.warn("%s of %s, after %s in which nobody did anything: %s; set aside, or the replay would go on until then and all %d users count as lost: "+
		"set replay.max_gap to 0 to have it so", rowCount(refused), people(tail.users), years(tail.gap), s.named(r, tail.first), users)
	s.before = tail.first
	s.stats.Events -= refused
	s.stats.Refused[schemas.Future] += refused
	s.stats.Last = all[cut-1].last
	return s.err
}

// tell warns of events that are taken as they are.
func (s *Sorted) tell(r *reader, tail *stretch, users int) {
	remedy := "leave out what is wrong with --until"
	if maxGap := int64(r.cfg.MaxGap); tail.gap <= maxGap && users >= minUsers && tail.users <= users/fewShare {
		remedy += ", or set replay.max_gap to less than that"
	}
	comes := "come"
	if tail.users == 1 {
		comes = "comes"
	}
	r.in.warn("%s of %d %s %s after everybody else: %s; the replay goes on until then, so users who come no more by then count as lost: %s",
		people(tail.users), users, comes, years(tail.gap), s.named(r, tail.first), remedy)
}

// from yields the events from a time on.
func (s *Sorted) from(first int64) func(yield func(*Event) bool) {
	return func(yield func(*Event) bool) {
		for e := range s.all() {
			if e.Time >= first && !yield(e) {
				return
			}
		}
	}
}

// named lists the first events from a time on.
func (s *Sorted) named(r *reader, first int64) (text string) {
	n := 0
	for e := range s.Events() {
		if e.Time < first {
			continue
		}
		if n++; n > namedRows {
			return text + " and more"
		}
		if n > 1 {
			text += ", "
		}
		text += fmt.Sprintf("%s:%d (user %s, %s)", r.fileName(e.Place.File), e.Place.Line, shown(e.User), utc(e.Time))
	}
	return text
}

func (r *reader) fileName(number int) string {
	if name := r.in.Files[number]; name != "-" {
		return name
	}
	return "stdin"
}

func utc(at int64) string { return time.UnixMilli(at).UTC().Format("2006-01-02 15:04") + " UTC" }

func years(gap int64) string {
	return fmt.Sprintf("%.1f years", float64(gap)/float64(365*schemas.Day+schemas.Day/4))
}

func people(n int) string {
	if n == 1 {
		return "one user"
	}
	return fmt.Sprintf("%d users", n)
}

func rowCount(n int64) string {
	if n == 1 {
		return "one row"
	}
	return fmt.Sprintf("%d rows", n)
}

// shown quotes a user's id, cut short if it is long.
func shown(user []byte) string {
	const longest = 40
	if len(user) > longest {
		return fmt.Sprintf("%q...", user[:longest])
	}
	return fmt.Sprintf("%q", user)
}

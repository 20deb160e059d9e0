package train

import (
	"fmt"
	"slices"

	"winback/schemas"
)

// mask says of every row of every chunk whether it is chosen.
type mask [][]bool

// part is what a row is used for.
type part uint8

const (
	unused      part = iota // its horizon was not over, or reaches into the time of the test
	fitted                  // to fit on
	later                   // to measure on: users fitted on, at later times
	unseen                  // to measure on: other users, at the times fitted on
	unseenLater             // to measure on: other users, at later times
)

// split divides the rows by time and by user, without randomness: a hash of the id decides which users are fitted on.
type split struct {
	end      int     // the cut-offs from here on are not complete
	fitUntil int     // those before are fitted on
	testFrom int     // those from here on are tested on
	unseen   float64 // the share of users kept from the fit
	times    []int64
}

// newSplit divides rows gathered from data that is complete up to a time, Unix milliseconds.
func (s *Samples) newSplit(end int64) (*split, error) {
	d := &split{times: s.times, unseen: s.cfg.Unseen}
	d.end = s.over(s.times, end)
	if err := s.checkActive(d.end); err != nil {
		return nil, err
	}
	d.testFrom = s.lastShare(d.end)
	if d.testFrom > 0 {
		d.fitUntil = s.over(s.times[:d.testFrom], s.times[d.testFrom])
	}
	if d.fitUntil == 0 {
		return nil, fmt.Errorf("%d cut-offs have users to ask about and a horizon (%v) that ends in the data: too few to fit on the first, "+
			"leave out a horizon, and test on the last. Give data of at least %d days in which users can be asked about (a year is better), or make the horizon shorter",
			d.end, s.cfg.Horizon, 2*(s.cfg.Horizon+s.cfg.Every)/schemas.Day)
	}
	return d, nil
}

// checkActive refuses cut-offs before end that have no rows: to wait for more data would not help.
func (s *Samples) checkActive(end int) error {
	if end > 0 && !slices.ContainsFunc(s.perCutoff[:end], func(rows int) bool { return rows > 0 }) {
		return fmt.Errorf("no user was active in the %v before any of the %d cut-offs: do the metrics that scorer.activity names count events of these types?", s.cfg.Active, end)
	}
	return nil
}

// over is how many cut-offs have a horizon that is over at a time.
func (s *Samples) over(times []int64, limit int64) int {
	n, _ := slices.BinarySearch(times, limit-int64(s.cfg.Horizon)+1)
	return n
}

// lastShare returns the first of those cut-offs before end that together hold the share of the rows to test on. It counts rows, not cut-offs,
// because data often ends in a long time with few users.
func (s *Samples) lastShare(end int) int {
	total, kept := 0, 0
	for _, rows := range s.perCutoff[:end] {
		total += rows
	}
	from := end
	for from > 0 && (kept == 0 || float64(kept) < s.cfg.Test*float64(total)) {
		from--
		kept += s.perCutoff[from]
	}
	return from
}

// Unseen reports whether a user is kept from the fit to measure on, if a share of all is. The upper half of the id's hash (xxhash) decides: the
// lower picks the day on which the user is assessed.
func Unseen(hash uint64, share float64) bool { return hash>>32 >= uint64((1-share)*(1<<32)) }

// of says what a row of a cut-off and a user is used for.
func (d *split) of(cutoff uint16, hash uint64) part {
	other := Unseen(hash, d.unseen)
	switch n := int(cutoff); {
	case n < d.fitUntil && !other:
		return fitted
	case n < d.fitUntil:
		return unseen
	case n < d.testFrom || n >= d.end:
		return unused
	case !other:
		return later
	}
	return unseenLater
}

// complete chooses the rows of the cut-offs before end, of the users that the model is to be fitted on.
func (s *Samples) complete(end int) mask {
	return s.choose(func(cutoff uint16, hash uint64) bool {
		return int(cutoff) < end && (s.cfg.Users != SeenUsers || !Unseen(hash, s.cfg.Unseen))
	})
}

func (s *Samples) choose(wanted func(cutoff uint16, hash uint64) bool) mask {
	m := make(mask, len(s.chunks))
	for k, c := range s.chunks {
		m[k] = make([]bool, c.length)
		for i := range m[k] {
			m[k][i] = wanted(c.cutoff[i], s.people[c.user[i]].hash)
		}
	}
	return m
}

// gap is the time between the last cut-off fitted on and the first tested on.
func (d *split) gap() schemas.Duration {
	return schemas.Duration(d.times[d.testFrom] - d.times[d.fitUntil-1])
}

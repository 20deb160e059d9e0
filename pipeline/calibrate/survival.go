package calibrate

import "math"

// Lengths counts silences by how many whole days they lasted.
type Lengths struct {
	Returned []int64 // that ended in activity
	Open     []int64 // that were not over when the data ended
}

// Add counts a silence.
func (l *Lengths) Add(days int, returned bool) {
	into := &l.Open
	if returned {
		into = &l.Returned
	}
	for len(*into) <= days {
		*into = append(*into, 0)
	}
	(*into)[days]++
}

// merge adds the silences of another.
func (l *Lengths) merge(other *Lengths) {
	l.Returned, l.Open = sums(l.Returned, other.Returned), sums(l.Open, other.Open)
}

func sums(a, b []int64) []int64 {
	for len(a) < len(b) {
		a = append(a, 0)
	}
	for i, n := range b {
		a[i] += n
	}
	return a
}

func (l *Lengths) at(days int) (returned, open int64) {
	if days < len(l.Returned) {
		returned = l.Returned[days]
	}
	if days < len(l.Open) {
		open = l.Open[days]
	}
	return returned, open
}

// Survival is the product-limit estimate of how long silences last (E. L. Kaplan and P. Meier, Nonparametric Estimation from Incomplete
// Observations, Journal of the American Statistical Association 53, 1958), with the variance by M. Greenwood (1926). A silence that is open
// when the data ends counts as watched up to then. Of equal lengths, returns come before what ends with the data.
type Survival struct {
	watched   []int64   // silences that reached so many days, and were watched until then
	reach     []float64 // the share that lasts so many days or longer
	greenwood []float64 // the sum, over the days before, of returned / (watched * (watched - returned))
}

// Estimate takes the estimate of the lengths.
func (l *Lengths) Estimate() *Survival {
	days := max(len(l.Returned), len(l.Open))
	s := &Survival{watched: make([]int64, days+1), reach: make([]float64, days+1), greenwood: make([]float64, days+1)}
	for d := days - 1; d >= 0; d-- {
		returned, open := l.at(d)
		s.watched[d] = s.watched[d+1] + returned + open
	}
	s.reach[0] = 1
	for d := range days {
		returned, _ := l.at(d)
		watched := s.watched[d]
		s.reach[d+1], s.greenwood[d+1] = s.reach[d], s.greenwood[d]
		if returned > 0 {
			s.reach[d+1] *= float64(watched-returned) / float64(watched)
		}
		if returned > 0 && returned < watched {
			s.greenwood[d+1] += float64(returned) / (float64(watched) * float64(watched-returned))
		}
	}
	return s
}

// Watched is how many silences reached a length and were watched until then.
func (s *Survival) Watched(days int) int64 {
	if days >= len(s.watched) {
		return 0
	}
	return s.watched[days]
}

// Reach is the share of all silences that last so many days or longer, and its standard error.
func (s *Survival) Reach(days int) (share, err float64) {
	days = min(days, len(s.reach)-1)
	return s.reach[days], s.reach[days] * math.Sqrt(s.greenwood[days])
}

// last is the longest length at which enough silences are still watched, -1 if there is none.
func (s *Survival) last() int {
	last := -1
	for d, n := range s.watched {
		if n >= minWatched {
			last = d
		}
	}
	return last
}

// Returning is the share, of silences that reached a length, that end in a return no longer than until after, and its standard error. It never
// rises with the length. Where no silence reaches it, it is 0.
func (s *Survival) Returning(days, until int) (share, err float64) {
	end := min(until+1, len(s.reach)-1)
	if days >= end || s.reach[days] == 0 {
		return 0, 0
	}
	stay := s.reach[end] / s.reach[days]
	return 1 - stay, stay * math.Sqrt(s.greenwood[end]-s.greenwood[days])
}

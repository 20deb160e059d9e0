package train

// few is the share of the events that may come after the data has ended: one in so many.
const few = 1000

// day is how many events a day had.
type day struct{ number, events int64 }

// Seen tells of an event of any kind.
func (s *Samples) Seen(at int64) {
	number := at / dayLength
	if n := len(s.days); n == 0 || s.days[n-1].number != number {
		s.days = append(s.days, day{number: number})
	}
	s.days[len(s.days)-1].events++
	s.events++
}

// completeUntil is up to when data that ends at a time can be taken to be complete: to the end of the day by which all but few of its events had
// come. One clock that runs ahead, or one user who stays when the data of the others has ended, would make everybody lost at the last cut-offs.
func (s *Samples) completeUntil(end int64) int64 {
	allowed := s.events / few
	for i := len(s.days) - 1; i >= 0; i-- {
		if allowed -= s.days[i].events; allowed < 0 {
			return min(end, (s.days[i].number+1)*dayLength)
		}
	}
	return end
}

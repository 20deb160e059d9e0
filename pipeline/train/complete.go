package train

// eventsPerStraggler is how many events allow for one that comes after the data has ended.
const eventsPerStraggler = 1000

// day is how many events a day had.
type day struct{ number, events int64 }

// Seen counts an event of any kind.
func (s *Samples) Seen(at int64) {
	number := at / dayLength
	if n := len(s.days); n == 0 || s.days[n-1].number != number {
		s.days = append(s.days, day{number: number})
	}
	s.days[len(s.days)-1].events++
	s.events++
}

// completeUntil returns the time up to which data that ends at a time counts as complete: the end of the day by which all but one in
// eventsPerStraggler of its events had come. Otherwise one clock that runs ahead, or one user who stays when the data of the others has ended,
// would make everybody else lost at the last cut-offs.
func (s *Samples) completeUntil(end int64) int64 {
	allowed := s.events / eventsPerStraggler
	for i := len(s.days) - 1; i >= 0; i-- {
		if allowed -= s.days[i].events; allowed < 0 {
			return min(end, (s.days[i].number+1)*dayLength)
		}
	}
	return end
}

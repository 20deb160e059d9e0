package train

// eventsPerStraggler is how many events allow for one that comes after the data has ended.
const eventsPerStraggler = 1000

// Days counts the events of a history by day, in order of time, to tell where its data ends.
type Days struct {
	days   []day
	events int64
}

// day is how many events a day had.
type day struct{ number, events int64 }

// Seen counts an event of any kind.
func (d *Days) Seen(at int64) {
	number := at / dayLength
	if n := len(d.days); n == 0 || d.days[n-1].number != number {
		d.days = append(d.days, day{number: number})
	}
	d.days[len(d.days)-1].events++
	d.events++
}

// CompleteUntil returns the time up to which data that ends at a time counts as complete: the end of the day by which all but one in
// eventsPerStraggler of its events had come. Otherwise one clock that runs ahead, or one user who stays when the data of the others has ended,
// would make everybody else lost at the last cut-offs.
func (d *Days) CompleteUntil(end int64) int64 {
	allowed := d.events / eventsPerStraggler
	for i := len(d.days) - 1; i >= 0; i-- {
		if allowed -= d.days[i].events; allowed < 0 {
			return min(end, (d.days[i].number+1)*dayLength)
		}
	}
	return end
}

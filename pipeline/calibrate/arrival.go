package calibrate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/cespare/xxhash/v2"

	"winback/schemas"
)

// Arrival watches the events of files in the order in which they stand there, and measures how far behind the newest time so far they come.
type Arrival struct {
	events   int64
	file     int
	newest   int64           // of the file so far
	behind   map[int64]int64 // events by how many minutes, rounded up, they are behind; not those that are not
	users    map[uint64]struct{}
	last     uint64 // user
	runs     int64  // of events of one user
	clock    int64  // the time of day of the first event
	oneClock bool   // all events have it
}

// NewArrival watches nothing yet.
func NewArrival() *Arrival {
	return &Arrival{behind: map[int64]int64{}, users: map[uint64]struct{}{}, oneClock: true}
}

// Add notes the next event, and the number of the file it stands in. What stands in a file need not be newer than what stands in the one before.
func (a *Arrival) Add(file int, e *schemas.Event) {
	if file != a.file {
		a.file, a.newest = file, 0
	}
	user := xxhash.Sum64(e.User)
	if a.events == 0 {
		a.clock = e.Time % dayLength
	}
	if a.events == 0 || user != a.last {
		a.runs++
		a.last = user
		a.users[user] = struct{}{}
	}
	a.oneClock = a.oneClock && e.Time%dayLength == a.clock
	a.events++
	if late := a.newest - e.Time; late > 0 {
		a.behind[(late+minute-1)/minute]++
	}
	a.newest = max(a.newest, e.Time)
}

const (
	minute = int64(schemas.Minute)

	onTime  = 0.999 // the share of events that are to come within the lateness
	unlike  = 0.01  // with a larger share of events behind by more than a day, files are not in the order of arrival
	largest = schemas.Week
)

// Lateness returns the time, in whole minutes, within which all but one in a thousand events come. It fails where the order of the files does
// not tell: they may be sorted.
func (a *Arrival) Lateness() (schemas.Duration, error) {
	late, byDay := int64(0), int64(0)
	for minutes, n := range a.behind {
		late += n
		if minutes > dayLength/minute {
			byDay += n
		}
	}
	switch share := float64(late) / float64(a.events); {
	case a.events < minArrivals:
		return 0, fmt.Errorf("%d events are too few to tell what one in a thousand does: %d are needed", a.events, minArrivals)
	case a.oneClock:
		return 0, fmt.Errorf("all events have the same time of day, as dates without a time do: how late they came cannot be told from that")
	case late == 0:
		return 0, fmt.Errorf("the events stand in order of time, so they were sorted: how late they came cannot be told. Give files in the order in which the events arrived")
	case float64(a.runs) <= 1.05*float64(len(a.users)) && a.events > 2*a.runs:
		return 0, fmt.Errorf("the events stand user by user, so they were sorted: how late they came cannot be told. Give files in the order in which the events arrived")
	case float64(byDay) > unlike*float64(a.events):
		return 0, fmt.Errorf("%s of the events are more than a day older than one that stands before them: that is no order of arrival, so how late they came cannot be told",
			percent(float64(byDay)/float64(a.events)))
	case share <= 1-onTime:
		return 0, fmt.Errorf("all but %d of %d events stand in order of time: they were sorted, or hardly any comes late; that cannot be told apart", late, a.events)
	}
	within := a.events - late
	for _, minutes := range slices.Sorted(maps.Keys(a.behind)) {
		if within += a.behind[minutes]; float64(within) >= onTime*float64(a.events) {
			if length := schemas.Duration(minutes * minute); length <= largest {
				return length, nil
			}
			break
		}
	}
	return 0, fmt.Errorf("one event in a thousand comes more than %v late, which is more than state.lateness can be", largest)
}

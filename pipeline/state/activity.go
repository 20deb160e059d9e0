package state

import (
	"slices"

	"winback/schemas"
)

const minuteMillis = int64(schemas.Minute)

// minutes adds up what each event type did in each minute until the watermark passes the minute. Rows follow from the order of
// the records alone, so that a partition read again makes the same rows.
type minutes struct {
	vocabulary  *schemas.Vocabulary
	open        map[int64]*[]tally // by the minute's number, counted from the epoch; the tallies by TypeID
	last        *[]tally           // those of lastMinute, nil if that may have been closed
	lastMinute  int64              // the minute of the event before
	freeTallies []*[]tally         // of minutes that were closed, to be used again
	closed      int64              // the minute that the watermark was in at the last close: those before it are closed
	due         []int64            // reused by close
}

// tally is what the events of one type did in one minute.
type tally struct {
	events           uint64
	amount, duration int64
}

func newMinutes(vocabulary *schemas.Vocabulary) minutes {
	return minutes{vocabulary: vocabulary, open: map[int64]*[]tally{}, lastMinute: -1}
}

func (m *minutes) add(e *schemas.Event) {
	if at := e.Time / minuteMillis; at != m.lastMinute || m.last == nil {
		m.last, m.lastMinute = m.tallies(at), at
	}
	t := &(*m.last)[e.Type]
	t.events++
	t.amount += e.Amount
	t.duration += e.Duration
}

func (m *minutes) tallies(number int64) *[]tally {
	tallies := m.open[number]
	if tallies == nil {
		tallies = m.newTallies()
		m.open[number] = tallies
	}
	return tallies
}

func (m *minutes) newTallies() *[]tally {
	if n := len(m.freeTallies) - 1; n >= 0 {
		tallies := m.freeTallies[n]
		m.freeTallies = m.freeTallies[:n]
		clear(*tallies)
		return tallies
	}
	tallies := make([]tally, m.vocabulary.Len())
	return &tallies
}

// close appends the rows of the minutes that the watermark has passed, in order of minute and type.
func (m *minutes) close(watermark int64, rows []schemas.Activity) []schemas.Activity {
	m.closed = watermark / minuteMillis
	m.due = m.due[:0]
	for number := range m.open {
		if number < m.closed {
			m.due = append(m.due, number)
		}
	}
	slices.Sort(m.due)
	for _, number := range m.due {
		tallies := m.open[number]
		rows = m.rows(rows, number, *tallies)
		delete(m.open, number)
		m.freeTallies = append(m.freeTallies, tallies)
	}
	m.last = nil
	return rows
}

func (m *minutes) rows(rows []schemas.Activity, number int64, tallies []tally) []schemas.Activity {
	for id, t := range tallies {
		if t.events > 0 {
			rows = append(rows, schemas.Activity{
				Minute: number * minuteMillis, Type: m.vocabulary.Name(schemas.TypeID(id)), Emitted: m.closed * minuteMillis,
				Events: t.events, Amount: t.amount, Duration: t.duration,
			})
		}
	}
	return rows
}

// nextClose is the watermark at which close has something to do next, Unix milliseconds.
func (m *minutes) nextClose() int64 { return (m.closed + 1) * minuteMillis }

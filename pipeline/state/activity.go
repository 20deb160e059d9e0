package state

import (
	"slices"

	"winback/schemas"
)

const minute = int64(schemas.Minute)

// minutes adds up what each event type did in each minute until the watermark passes the minute. Rows follow from the order of
// the records alone, so that a partition read again makes the same rows.
type minutes struct {
	vocabulary *schemas.Vocabulary
	open       map[int64]*[]tally // by the minute's number; indexed by TypeID
	last       *[]tally           // the minute of the event before
	lastMinute int64
	spare      []*[]tally
	closed     int64 // minutes below this one are closed
	due        []int64
}

type tally struct {
	events           uint64
	amount, duration int64
}

func newMinutes(vocabulary *schemas.Vocabulary) minutes {
	return minutes{vocabulary: vocabulary, open: map[int64]*[]tally{}, lastMinute: -1}
}

func (m *minutes) add(e *schemas.Event) {
	if at := e.Time / minute; at != m.lastMinute || m.last == nil {
		m.last, m.lastMinute = m.at(at), at
	}
	t := &(*m.last)[e.Type]
	t.events++
	t.amount += e.Amount
	t.duration += e.Duration
}

func (m *minutes) at(number int64) *[]tally {
	tallies := m.open[number]
	if tallies == nil {
		tallies = m.take()
		m.open[number] = tallies
	}
	return tallies
}

func (m *minutes) take() *[]tally {
	if n := len(m.spare) - 1; n >= 0 {
		tallies := m.spare[n]
		m.spare = m.spare[:n]
		clear(*tallies)
		return tallies
	}
	tallies := make([]tally, m.vocabulary.Len())
	return &tallies
}

// close appends the rows of the minutes that the watermark has passed, in order of minute and type.
func (m *minutes) close(watermark int64, rows []schemas.Activity) []schemas.Activity {
	m.closed = watermark / minute
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
		m.spare = append(m.spare, tallies)
	}
	m.last = nil
	return rows
}

func (m *minutes) rows(rows []schemas.Activity, number int64, tallies []tally) []schemas.Activity {
	for id, t := range tallies {
		if t.events > 0 {
			rows = append(rows, schemas.Activity{
				Minute: number * minute, Type: m.vocabulary.Name(schemas.TypeID(id)), Emitted: m.closed * minute,
				Events: t.events, Amount: t.amount, Duration: t.duration,
			})
		}
	}
	return rows
}

// nextClose is the watermark at which close has something to do next, Unix milliseconds.
func (m *minutes) nextClose() int64 { return (m.closed + 1) * minute }

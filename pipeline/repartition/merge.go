package repartition

import "context"

// merge gives out the heads of its sources, the earliest first; of the same time, the lowest partition's. Each source's own order is kept.
type merge struct {
	heap []*source // a binary heap by before
}

func (m *merge) add(s *source) {
	m.heap = append(m.heap, s)
	for at := len(m.heap) - 1; at > 0; {
		parent := (at - 1) / 2
		if !m.heap[at].isBefore(m.heap[parent]) {
			return
		}
		m.heap[at], m.heap[parent] = m.heap[parent], m.heap[at]
		at = parent
	}
}

// first is the source whose head comes next, nil at the end.
func (m *merge) first() *source {
	if len(m.heap) == 0 {
		return nil
	}
	return m.heap[0]
}

// advance takes the head of first.
func (m *merge) advance(ctx context.Context) error {
	more, err := m.heap[0].take(ctx)
	if err != nil {
		return err
	}
	if !more {
		last := len(m.heap) - 1
		m.heap[0] = m.heap[last]
		m.heap = m.heap[:last]
	}
	m.sink()
	return nil
}

// sink lets the root down to its place.
func (m *merge) sink() {
	for at := 0; ; {
		least := at
		for child := 2*at + 1; child <= 2*at+2 && child < len(m.heap); child++ {
			if m.heap[child].isBefore(m.heap[least]) {
				least = child
			}
		}
		if least == at {
			return
		}
		m.heap[at], m.heap[least] = m.heap[least], m.heap[at]
		at = least
	}
}

func (s *source) isBefore(other *source) bool {
	return s.due < other.due || s.due == other.due && s.partition < other.partition
}

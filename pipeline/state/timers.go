package state

// timers is a calendar of borders: a ring of lists through the slots, so that setting and moving a timer costs the same whatever
// the number of users, and a border at which nobody is due costs one look.
type timers struct {
	heads []uint32 // slot number plus one
	mask  uint32
	count int
	at    func(slot uint32) *timer
}

func newTimers(horizon uint32, at func(slot uint32) *timer) timers {
	size := uint32(1)
	for size < min(horizon+2, 1<<18) {
		size *= 2
	}
	return timers{heads: make([]uint32, size), mask: size - 1, at: at}
}

// timer is a slot's place in the calendar.
type timer struct {
	due        uint32 // border; 0 means unset
	prev, next uint32 // slot numbers plus one
}

// set puts the slot at a border. One that is due later than a ring's length from now shares its list with nearer ones, which take
// passes over.
func (t *timers) set(slot, due uint32) {
	x := t.at(slot)
	head := &t.heads[due&t.mask]
	*x = timer{due: due, next: *head}
	if *head != 0 {
		t.at(*head - 1).prev = slot + 1
	}
	*head = slot + 1
	t.count++
}

func (t *timers) unset(slot uint32) {
	x := t.at(slot)
	if x.due == 0 {
		return
	}
	if x.next != 0 {
		t.at(x.next - 1).prev = x.prev
	}
	if x.prev != 0 {
		t.at(x.prev - 1).next = x.next
	} else {
		t.heads[x.due&t.mask] = x.next
	}
	*x = timer{}
	t.count--
}

// take takes up to most of the slots that are due at a border and appends them; the others wait, and can be moved meanwhile. The
// borders after it must wait too: a timer is never set before the border that is being taken.
func (t *timers) take(border uint32, most int, slots []uint32) []uint32 {
	for s := t.heads[border&t.mask]; s != 0 && most > 0; {
		slot := s - 1
		x := t.at(slot)
		s = x.next
		if x.due == border {
			t.unset(slot)
			slots = append(slots, slot)
			most--
		}
	}
	return slots
}

// waiting reports whether slots are left that are due at a border.
func (t *timers) waiting(border uint32) bool {
	for s := t.heads[border&t.mask]; s != 0; {
		x := t.at(s - 1)
		if x.due == border {
			return true
		}
		s = x.next
	}
	return false
}

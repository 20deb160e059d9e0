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

// set puts the slot at a border, at most the ring's length after now: a slot that is due later is looked at once in between.
func (t *timers) set(slot, due, now uint32) {
	due = min(due, now+t.mask)
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

// take takes up to most slots out of the list of a border and appends them; the others wait, and can be moved meanwhile. The
// borders after it must wait too: a timer is never set before the border that is being taken.
func (t *timers) take(border uint32, most int, slots []uint32) []uint32 {
	head := &t.heads[border&t.mask]
	s := *head
	for ; s != 0 && most > 0; most-- {
		x := t.at(s - 1)
		slots = append(slots, s-1)
		s = x.next
		*x = timer{}
		t.count--
	}
	if *head = s; s != 0 {
		t.at(s - 1).prev = 0
	}
	return slots
}

// waiting reports whether slots are left in the list of a border.
func (t *timers) waiting(border uint32) bool { return t.heads[border&t.mask] != 0 }

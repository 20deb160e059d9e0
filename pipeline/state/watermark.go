package state

import "slices"

// clock keeps a partition's watermark: the largest event time believed, less the lateness. It never goes back.
//
// One broken clock must not age every user, nor two that happen to agree. So an event more than maxJump ahead of the watermark, a jump, is not
// believed at once: it waits until events of enough users, its own included, lie within maxJump of each other. The others may come later, or be
// jumps that wait themselves. After an outage longer than maxJump every event is a jump, and the first users who agree move the watermark.
//
// Enough are as many as witnesses says, or everybody if the partition has seen fewer users: a partition of two needs both, and one that has
// only ever seen one user believes them. Where more users have been seen and too few are left, no event moves the watermark: in the service the
// wall clock does, once the partition has been read to its end and no event has been believed for a while.
type clock struct {
	lateness, maxJump int64 // milliseconds; a maxJump of 0 believes every event
	witnesses         int   // users who must agree on a jump
	started           bool  // an event has been observed
	newest            int64 // the largest event time believed, Unix milliseconds
	watermark         int64 // newest less lateness, or a later time that advance was given

	// jumps[:waiting] are the jumps that nobody has confirmed yet: the last one of each user, all later than newest, in the order in which
	// their users first had one. What is behind them is zero.
	jumps   [maxJumps]jump
	waiting int

	seen      [maxWitnesses]uint64 // the first users who had events, as many as are needed to know that there are enough
	seenCount int

	held, taken uint64 // events that had to wait, and times that users agreed on jumps
}

const (
	maxWitnesses = 16

	// firstJumps is how many users' jumps wait at a time when two must agree; for each further witness there is room for one more. When there
	// are more, the one that has waited the longest gives way. While fewer clocks than firstJumps are broken, there is room beside them for all
	// true users who must agree, and they cannot hold up the watermark however often they speak.
	firstJumps = 16
	maxJumps   = firstJumps + maxWitnesses - 2
)

// jump is an event that is too far ahead to be believed alone.
type jump struct {
	user uint64 // the hash of the user's id
	at   int64  // event time, Unix milliseconds
}

// observe takes note of an event's time; user is the hash of its user's id.
func (c *clock) observe(at int64, user uint64) {
	if c.seenCount < c.witnesses {
		c.meet(user)
	}
	if c.started && at <= c.newest && c.waiting == 0 {
		return
	}
	if c.waiting == 0 && !c.isJump(at) {
		c.believe(at)
		return
	}
	if until, agreed := c.agreed(at, user); agreed {
		if c.isJump(until) {
			c.taken++
		}
		c.believe(until)
	}
	if c.isJump(at) {
		c.held++
		c.wait(at, user)
		return
	}
	c.believe(at)
}

// isJump reports whether a time is too far ahead to be believed alone.
func (c *clock) isJump(at int64) bool {
	return c.maxJump > 0 && c.started && at > max(c.newest, c.watermark+c.maxJump)
}

// meet takes note of a user, while few are known.
func (c *clock) meet(user uint64) {
	if !slices.Contains(c.seen[:c.seenCount], user) {
		c.seen[c.seenCount] = user
		c.seenCount++
	}
}

// agreed returns the largest time that an event and the jumps of other users vouch for: the latest of as many as are needed that lie within maxJump
// of each other, the event among them.
func (c *clock) agreed(at int64, user uint64) (until int64, agreed bool) {
	var times [maxJumps + 1]int64 // of the event, and of others near it
	times[0] = at
	near := 1
	for _, j := range c.jumps[:c.waiting] {
		if j.user != user && max(j.at, at)-min(j.at, at) <= c.maxJump {
			times[near] = j.at
			near++
		}
	}
	needed := min(c.witnesses, c.seenCount)
	if near < needed {
		return at, false
	}
	for _, latest := range times[:near] {
		if latest >= at && countWithin(times[:near], latest-c.maxJump, latest) >= needed {
			until, agreed = max(until, latest), true
		}
	}
	return until, agreed
}

// countWithin is how many times lie from one to another, both included.
func countWithin(times []int64, from, to int64) (n int) {
	for _, t := range times {
		if t >= from && t <= to {
			n++
		}
	}
	return n
}

// believe moves the watermark by an event, and drops the jumps that it has caught up with.
func (c *clock) believe(at int64) {
	c.started = true
	c.newest = max(c.newest, at)
	c.advance(c.newest - c.lateness)
	if c.waiting == 0 {
		return
	}
	kept := c.jumps[:0]
	for _, j := range c.jumps[:c.waiting] {
		if j.at > c.newest {
			kept = append(kept, j)
		}
	}
	clear(c.jumps[len(kept):])
	c.waiting = len(kept)
}

// advance moves the watermark without an event.
func (c *clock) advance(to int64) { c.watermark = max(c.watermark, to) }

// wait remembers a jump: in the place of the same user's one before, else behind all others.
func (c *clock) wait(at int64, user uint64) {
	for i := range c.jumps[:c.waiting] {
		if c.jumps[i].user == user {
			c.jumps[i].at = at
			return
		}
	}
	if places := firstJumps + max(c.witnesses, 2) - 2; c.waiting >= places {
		c.waiting = copy(c.jumps[:], c.jumps[c.waiting-places+1:c.waiting])
		clear(c.jumps[c.waiting:])
	}
	c.jumps[c.waiting] = jump{user, at}
	c.waiting++
}

package state

// clock keeps a partition's watermark: the largest event time believed, less the lateness. It never goes back.
//
// One broken clock must not age every user. So an event more than maxJump ahead of the watermark, a jump, is not believed at once: it waits
// until an event of another user lies within maxJump of it. That other event may come later, or be a jump that waits itself. After an outage
// longer than maxJump every event is a jump, and the first two users who agree move the watermark.
type clock struct {
	lateness, maxJump int64 // milliseconds; a maxJump of 0 believes every event
	started           bool  // an event has been observed
	newest            int64 // the largest event time believed, Unix milliseconds
	watermark         int64 // newest less lateness, or a later time that advance was given

	// jumps[:waiting] are the jumps that nobody has confirmed yet: the last one of each user, all later than newest, in the order in which
	// their users first had one. What is behind them is zero.
	jumps   [maxJumps]jump
	waiting int
}

// maxJumps is how many users' jumps wait at a time. When there are more, the one that has waited the longest gives way. While fewer clocks
// than that are broken, all of them have room beside a true user's jump, and cannot hold up the watermark however often they speak.
const maxJumps = 16

// jump is an event that is too far ahead to be believed alone.
type jump struct {
	user uint64 // the hash of the user's id
	at   int64  // event time, Unix milliseconds
}

// observe takes note of an event's time; user is the hash of its user's id.
func (c *clock) observe(at int64, user uint64) {
	if c.started && at <= c.newest && c.waiting == 0 {
		return
	}
	if c.waiting > 0 {
		if until, found := c.confirmed(at, user); found {
			c.believe(until)
		}
	}
	if c.maxJump > 0 && c.started && at > max(c.newest, c.watermark+c.maxJump) {
		c.wait(at, user)
		return
	}
	c.believe(at)
}

// confirmed returns the largest time that an event and the jumps of other users near it vouch for together.
func (c *clock) confirmed(at int64, user uint64) (until int64, found bool) {
	until = at
	for _, j := range c.jumps[:c.waiting] {
		if j.user != user && max(j.at, at)-min(j.at, at) <= c.maxJump {
			until, found = max(until, j.at), true
		}
	}
	return until, found
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
	if c.waiting == maxJumps {
		copy(c.jumps[:], c.jumps[1:])
		c.waiting--
	}
	c.jumps[c.waiting] = jump{user, at}
	c.waiting++
}

package state

// clock keeps a partition's watermark: the largest event time seen less the lateness. It never goes back.
type clock struct {
	lateness, maxJump int64 // milliseconds
	started           bool
	newest            int64 // the largest event time that counts
	watermark         int64
	jumps             [8]jump // events too far ahead to be believed alone, the newest of each user
	pending           int     // how many of them are set
	oldest            int     // the next to be overwritten
}

// jump is an event more than maxJump ahead of the watermark that no other user has confirmed yet.
type jump struct {
	user uint64 // the user's hash
	at   int64
}

// observe takes note of an event's time. One broken clock must not age every user: an event more than maxJump ahead counts only
// once an event of another user lies within maxJump of it.
func (c *clock) observe(at int64, user uint64) {
	if c.started && at <= c.newest && c.pending == 0 {
		return
	}
	if c.pending > 0 {
		c.confirm(at, user)
	}
	if c.maxJump > 0 && c.started && at > c.watermark+c.maxJump {
		c.remember(at, user)
		return
	}
	c.move(at)
}

func (c *clock) move(at int64) {
	c.started = true
	c.newest = max(c.newest, at)
	c.advance(c.newest - c.lateness)
}

// advance moves the watermark without an event.
func (c *clock) advance(to int64) {
	c.started = true
	c.watermark = max(c.watermark, to)
}

func (c *clock) confirm(at int64, user uint64) {
	for i := range c.jumps[:c.pending] {
		j := &c.jumps[i]
		if j.user != user && max(j.at, at)-min(j.at, at) <= c.maxJump {
			c.move(max(j.at, at))
		}
	}
	c.forget()
}

// forget drops the jumps that the watermark has caught up with.
func (c *clock) forget() {
	kept := c.jumps[:0]
	for _, j := range c.jumps[:c.pending] {
		if j.at > c.newest {
			kept = append(kept, j)
		}
	}
	c.pending = len(kept)
	c.oldest = 0
}

func (c *clock) remember(at int64, user uint64) {
	for i := range c.jumps[:c.pending] {
		if c.jumps[i].user == user {
			c.jumps[i].at = at
			return
		}
	}
	if c.pending < len(c.jumps) {
		c.jumps[c.pending] = jump{user, at}
		c.pending++
		return
	}
	c.jumps[c.oldest] = jump{user, at}
	c.oldest = (c.oldest + 1) % len(c.jumps)
}

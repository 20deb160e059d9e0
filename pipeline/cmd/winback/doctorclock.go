package main

import (
	"fmt"
	"slices"

	"winback/schemas"
)

// sighting is an event of a sample: whose it was, and when by its own clock.
type sighting struct {
	user string
	at   int64
}

// clockSample is the newest events of some partitions, in the order in which they stand there.
type clockSample struct {
	partitions [][]sighting
	latest     int64 // events after it are refused as future, Unix milliseconds; 0 refuses none
	refused    int
}

// begin begins with the next partition.
func (c *clockSample) begin() { c.partitions = append(c.partitions, nil) }

func (c *clockSample) add(e *schemas.Event) {
	if c.latest > 0 && e.Time > c.latest {
		c.refused++
		return
	}
	last := len(c.partitions) - 1
	c.partitions[last] = append(c.partitions[last], sighting{string(e.User), e.Time})
}

// ahead are the events of a partition that are more than maxJump ahead of most other users who had events after them. After a pause events are ahead
// of all before them, and of none behind: they are not meant. A user counts once and by their latest event, and one alone is not believed against
// another while there are more: a device that sends what it kept for days is behind all before it, and no clock is broken.
func ahead(all []sighting, maxJump int64) (far []sighting) {
	enough := min(2, usersOf(all)-1)
	latest := map[string]int64{} // of the events behind the one that is looked at
	for _, s := range slices.Backward(all) {
		if others := othersThan(s.user, latest); len(others) >= max(1, enough) && s.at-others[len(others)/2] > maxJump {
			far = append(far, s)
		}
		latest[s.user] = max(latest[s.user], s.at)
	}
	slices.Reverse(far)
	return far
}

// othersThan are the times of all users but one, sorted.
func othersThan(user string, latest map[string]int64) (times []int64) {
	for other, at := range latest {
		if other != user {
			times = append(times, at)
		}
	}
	slices.Sort(times)
	return times
}

// usersOf counts users.
func usersOf(all []sighting) int {
	users := map[string]bool{}
	for _, s := range all {
		users[s.user] = true
	}
	return len(users)
}

// agreeing is the most users whose events lie within maxJump of each other.
func agreeing(all []sighting, maxJump int64) (most int) {
	for _, first := range all {
		most = max(most, usersOf(slices.DeleteFunc(slices.Clone(all), func(s sighting) bool { return s.at < first.at || s.at > first.at+maxJump })))
	}
	return most
}

// clocks says what events with broken clocks would do to the watermark, by the events that the mapping was tried on.
func (d *doctor) clocks() {
	const check = "clocks"
	s := &d.c.State
	events, far, most := 0, []sighting(nil), 0
	for _, partition := range d.clock.partitions {
		these := ahead(partition, int64(s.MaxJump))
		events, far, most = events+len(partition), append(far, these...), max(most, agreeing(these, int64(s.MaxJump)))
	}
	settings := fmt.Sprintf("state.max_jump is %v, state.jump_witnesses %d", s.MaxJump, s.JumpWitnesses)
	if d.clock.refused > 0 {
		d.add(check, statusWarn, fmt.Sprintf("%s later than the wall clock allows: refused as future; see pipeline.max_skew (%v)",
			counted(d.clock.refused, "event"), d.c.Pipeline.MaxSkew))
	}
	switch {
	case events == 0:
		d.add(check, statusSkip, settings+"; no events to look at")
	case s.MaxJump == 0:
		d.add(check, statusOK, "state.max_jump is 0: every event moves the watermark, also that of a single broken clock")
	case len(far) == 0:
		d.add(check, statusOK, fmt.Sprintf("%s; of the newest %s none is so far ahead", settings, counted(events, "event")))
	default:
		d.add(check, statusWarn, d.jumps(settings, far, most))
	}
}

// jumps says what becomes of events that are far ahead.
func (d *doctor) jumps(settings string, far []sighting, most int) string {
	latest := slices.MaxFunc(far, func(a, b sighting) int { return int(max(-1, min(1, a.at-b.at))) })
	text := fmt.Sprintf("%s; %s of %s so far ahead of the rest, up to %s UTC (%s), at most %s of a partition within %v of each other: ",
		settings, counted(len(far), "event"), counted(usersOf(far), "user"), moment(latest.at), printable(latest.user), counted(most, "user"), d.c.State.MaxJump)
	if most < d.c.State.JumpWitnesses {
		return text + "they count at their own times and the watermark stays with the rest: mend these clocks"
	}
	return text + "if nobody speaks before them the watermark follows, and all others are silent by it: mend these clocks, or raise state.jump_witnesses"
}

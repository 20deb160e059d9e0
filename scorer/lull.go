package scorer

// A lively user's drop is always nigh: it would be true as soon as some of what the current window holds has left it, if nothing came
// meanwhile. But something comes, and the look at that border finds nothing. So a user can be lulled: if until the border so many events have
// come as were to be expected, or a little fewer, there is nothing to look at before a later one.

// lull works out, for a user whom no event brings nearer to anything, whether the look at border first can be put off, for how many
// events, and until when: not beyond limit, at which something else can differ. In the User then stand first and that later border.
func (r *Rules) lull(u *User, v *view, cells []Cell, h, first, limit uint32) {
	if first >= limit || r.metrics[v.looms].Adds != Count {
		return
	}
	more := r.expects(v.metrics[v.looms].nCur, first-h)
	if more == 0 {
		return
	}
	until := min(limit, h+r.window, r.nextDropOf(v.looms, v, cells, h, more)) // W later what has come leaves the current window
	if until <= first {
		return
	}
	u.heeds, u.spare, u.base = lulled+heeds(v.looms), uint8(more), [2]uint32{first, until}
	for i := firstFrom(cells, h); i < len(cells); i++ {
		u.soothe(&r.lanes[cells[i].lane], cells[i].Grain, cells[i].count)
	}
}

// expects is how many events are counted on in so many grains after a window that had n of them: five of eight.
func (r *Rules) expects(n int64, grains uint32) uint32 {
	const share, of = 5, 8
	return uint32(min(uint64(min(n, mostMissing))*uint64(grains)*share/(of*uint64(r.window)), mostMissing-1))
}

// soothe counts events that a lulled user must have: those before the border at which they are to be looked at.
func (u *User) soothe(l *lane, grain, events uint32) {
	if u.heeds >= lulled && grain < u.base[0] && l.takes[u.heeds-lulled] != nothing {
		u.spare -= uint8(min(events, uint32(u.spare)))
	}
}

// rouse ends a lull: something else is to be looked at.
func (u *User) rouse() {
	if u.heeds >= lulled {
		u.heeds = noEvents
	}
}

// lulledAt returns until when the look at border h is put off; none if it is not.
func (u *User) lulledAt(h uint32) uint32 {
	if u.heeds < lulled || h != u.base[0] || u.spare > 0 {
		return none
	}
	u.heeds = noEvents
	return u.base[1]
}

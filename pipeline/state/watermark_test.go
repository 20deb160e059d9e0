package state

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// seen is an event as the clock sees it: a user and a time.
type observed [2]int64

func observe(c *clock, events ...observed) {
	for _, e := range events {
		c.observe(e[1], uint64(e[0]))
	}
}

func TestWatermarkTrailsTheNewestEventAndNeverGoesBack(t *testing.T) {
	c := clock{lateness: 10}
	observe(&c, observed{1, 100}, observed{1, 50}, observed{2, 130}, observed{1, 120})
	if c.watermark != 120 {
		t.Errorf("watermark %d, want 120", c.watermark)
	}
	c.advance(110)
	if c.watermark != 120 {
		t.Errorf("an earlier wall time moved the watermark back to %d", c.watermark)
	}
	c.advance(200)
	observe(&c, observed{1, 205})
	if c.watermark != 200 {
		t.Errorf("watermark %d, want 200: an event does not undo an advance", c.watermark)
	}
}

func TestOneUserAloneCannotMoveTheWatermarkByMoreThanMaxJump(t *testing.T) {
	c := clock{lateness: 10, maxJump: 1000, witnesses: 2}
	observe(&c, observed{1, 100}, observed{2, 5000}, observed{2, 5001}, observed{3, 200})
	if c.watermark != 190 {
		t.Fatalf("watermark %d, want 190: nobody else is near user 2", c.watermark)
	}
	observe(&c, observed{3, 4500})
	if c.watermark != 4991 {
		t.Errorf("watermark %d, want 4991: user 3 is within max_jump of user 2", c.watermark)
	}
	if c.waiting != 0 {
		t.Errorf("%d jumps still wait", c.waiting)
	}
}

func TestABrokenClockCannotHoldUpTheOthers(t *testing.T) {
	c := clock{lateness: 0, maxJump: 1000, witnesses: 2}
	observe(&c, observed{1, 100}, observed{9, 90_000}, observed{1, 5000}, observed{9, 95_000}, observed{2, 5010})
	if c.watermark != 5010 {
		t.Errorf("watermark %d, want 5010", c.watermark)
	}
	observe(&c, observed{3, 5020}, observed{9, 99_000})
	if c.watermark != 5020 {
		t.Errorf("watermark %d, want 5020: user 9 is still alone", c.watermark)
	}
}

// TestBrokenClocksCannotHoldUpTheOthersAfterAnOutage has the true users go on ten times max_jump later, while so many broken clocks, no two of
// which agree, speak in turn between any two of their events.
func TestBrokenClocksCannotHoldUpTheOthersAfterAnOutage(t *testing.T) {
	const maxJump = int64(1000)
	for broken := range int64(firstJumps) {
		for order, first := range map[string]int64{"forwards": 0, "backwards": broken - 1} {
			for witnesses := 2; witnesses <= maxWitnesses; witnesses++ {
				c := clock{lateness: 10, maxJump: maxJump, witnesses: witnesses}
				observe(&c, observed{1, 100})
				speak := func(now int64) {
					for i := range broken {
						n := max(first-i, i-first) // 0, 1, 2, ... or the same backwards
						observe(&c, observed{100 + n, now + 50*maxJump*(n+1)})
					}
				}
				now := 10 * maxJump
				for speak(now); now < 11*maxJump; now += 10 {
					observe(&c, observed{1 + now/10%int64(witnesses+1), now})
					speak(now)
				}
				if want := now - 10 - 10; c.watermark != want {
					t.Errorf("%d broken clocks, %s, %d must agree: watermark %d, want %d", broken, order, witnesses, c.watermark, want)
				}
			}
		}
	}
}

// TestTwoBrokenClocksThatAgreeMoveNothing has two phones agree on a time years ahead, however often they speak, and then the third user come who
// makes it true.
func TestTwoBrokenClocksThatAgreeMoveNothing(t *testing.T) {
	c := clock{lateness: 10, maxJump: 1000, witnesses: 3}
	observe(&c, observed{1, 100}, observed{2, 120})
	for range 8 {
		observe(&c, observed{8, 900_000}, observed{9, 900_010}, observed{1, 300})
	}
	if c.watermark != 290 || c.held != 16 || c.taken != 0 || c.waiting != 2 {
		t.Fatalf("watermark %d, %d held, %d taken, %d waiting: want 290, 16, 0, 2", c.watermark, c.held, c.taken, c.waiting)
	}
	observe(&c, observed{3, 899_900})
	if c.watermark != 900_000 || c.taken != 1 || c.waiting != 0 {
		t.Fatalf("watermark %d, %d taken, %d waiting: want 900000, 1, 0: three agree", c.watermark, c.taken, c.waiting)
	}
}

// TestAPartitionOfFewUsersNeedsAllOfThem cannot wait for more users than there are.
func TestAPartitionOfFewUsersNeedsAllOfThem(t *testing.T) {
	c := clock{maxJump: 1000, witnesses: 3}
	for step, want := range []struct {
		observed
		watermark int64
	}{
		{observed{1, 100}, 100}, {observed{1, 9000}, 9000}, // alone
		{observed{2, 20_000}, 9000}, {observed{2, 20_000}, 9000}, {observed{1, 20_000}, 20_000}, // one of two, and both
		{observed{3, 40_000}, 20_000}, {observed{1, 40_000}, 20_000}, {observed{2, 40_000}, 40_000}, // one of three, two, and all
		{observed{4, 60_000}, 40_000}, {observed{1, 60_000}, 40_000}, {observed{2, 60_000}, 60_000}, // three of four
	} {
		if observe(&c, want.observed); c.watermark != want.watermark {
			t.Fatalf("step %d: watermark %d, want %d", step, c.watermark, want.watermark)
		}
	}
}

// TestTheJumpThatHasWaitedTheLongestGivesWay has more broken clocks than are remembered: true users agree all the same when one of them comes
// soon enough after the other.
func TestTheJumpThatHasWaitedTheLongestGivesWay(t *testing.T) {
	for between := range int64(2 * firstJumps) {
		c := clock{maxJump: 1000, witnesses: 2}
		observe(&c, observed{1, 100})
		for n := range int64(3 * firstJumps) {
			observe(&c, observed{100 + n, 10_000 * (n + 2)})
		}
		observe(&c, observed{1, 5000})
		for n := range between {
			observe(&c, observed{200 + n, 10_000 * (n + 100)})
		}
		observe(&c, observed{2, 5010})
		if moved := c.watermark == 5010; moved != (between < firstJumps) {
			t.Errorf("%d broken clocks speak between two users who agree: watermark %d", between, c.watermark)
		}
	}
}

func TestEveryEventIsBelievedWhenMaxJumpIsOff(t *testing.T) {
	c := clock{}
	observe(&c, observed{1, 100}, observed{2, 1 << 40})
	if c.watermark != 1<<40 {
		t.Errorf("watermark %d", c.watermark)
	}
}

// slowClock is the clock said plainly: a list of all that waits, gone through whenever something comes.
type slowClock struct {
	lateness, maxJump int64
	witnesses         int
	newest, watermark int64
	started           bool
	waits             []observed // in the order in which their users began to wait
	users             map[int64]bool
	held, taken       uint64
}

// agreement is the largest time that so many users at least vouch for by their last words, which this event is one of.
func (s *slowClock) agreement(e observed) (until int64) {
	words := append(slices.DeleteFunc(slices.Clone(s.waits), func(w observed) bool { return w[0] == e[0] }), e)
	slices.SortFunc(words, func(a, b observed) int { return cmp.Compare(a[1], b[1]) })
	for from := range words {
		for to := from; to < len(words) && words[to][1]-words[from][1] <= s.maxJump; to++ {
			if group := words[from : to+1]; len(group) >= min(s.witnesses, len(s.users)) && slices.Contains(group, e) {
				until = max(until, words[to][1])
			}
		}
	}
	return until
}

func (s *slowClock) observe(e observed) {
	user, at := e[0], e[1]
	s.users[user] = true
	far := func(at int64) bool {
		return s.maxJump > 0 && s.started && at > max(s.newest, s.watermark+s.maxJump)
	}
	believe := func(at int64) { s.newest, s.watermark = max(s.newest, at), max(s.watermark, at-s.lateness) }
	if until := s.agreement(e); until > 0 {
		if far(until) {
			s.taken++
		}
		if s.started {
			believe(until)
		}
	}
	if waits := far(at); !waits {
		believe(at)
	} else if known := slices.IndexFunc(s.waits, func(w observed) bool { return w[0] == user }); known >= 0 {
		s.waits[known] = e
		s.held++
	} else {
		s.waits = append(s.waits, e)
		s.held++
	}
	s.started = true
	s.waits = slices.DeleteFunc(s.waits, func(w observed) bool { return w[1] <= s.newest })
	s.waits = s.waits[max(0, len(s.waits)-firstJumps-s.witnesses+2):]
}

// TestTheClockIsTheSlowClock gives both the same events: of more broken clocks than are remembered, of some that agree, of true users who are
// late or come after an outage; with the watermark advanced between them.
func TestTheClockIsTheSlowClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := clock{lateness: rapid.SampledFrom([]int64{0, 10, 300}).Draw(t, "lateness"), maxJump: rapid.SampledFrom([]int64{0, 1, 100}).Draw(t, "max jump")}
		c.witnesses = rapid.IntRange(2, maxWitnesses).Draw(t, "witnesses")
		s := slowClock{lateness: c.lateness, maxJump: c.maxJump, witnesses: c.witnesses, users: map[int64]bool{}}
		users, now := rapid.Int64Range(1, rapid.SampledFrom([]int64{1, 2, 4, 2 * firstJumps}).Draw(t, "users")), int64(1000)
		ahead := rapid.OneOf(rapid.Int64Range(-20, 20), rapid.Int64Range(0, 400), rapid.Map(rapid.Int64Range(1, 60), func(n int64) int64 { return 90 * n }))
		t.Repeat(map[string]func(*rapid.T){
			"events": func(t *rapid.T) {
				for range rapid.IntRange(1, 40).Draw(t, "n") {
					e := observed{users.Draw(t, "user"), now + ahead.Draw(t, "ahead")}
					observe(&c, e)
					s.observe(e)
				}
			},
			"time passes": func(t *rapid.T) { now += rapid.Int64Range(0, 500).Draw(t, "by") },
			"advance": func(t *rapid.T) {
				if s.started {
					to := now - rapid.Int64Range(-50, 300).Draw(t, "before now")
					c.advance(to)
					s.watermark = max(s.watermark, to)
				}
			},
			"": func(t *rapid.T) {
				waits := []observed{}
				for _, j := range c.jumps[:c.waiting] {
					waits = append(waits, observed{int64(j.user), j.at})
				}
				if c.watermark != s.watermark || c.newest != s.newest || c.held != s.held || c.taken != s.taken || !slices.Equal(waits, s.waits) {
					t.Fatalf("watermark %d, newest %d, %v wait; want %d, %d, %v", c.watermark, c.newest, waits, s.watermark, s.newest, s.waits)
				}
				for _, j := range c.jumps[c.waiting:] {
					if j != (jump{}) {
						t.Fatalf("%+v stands behind the jumps that wait", j)
					}
				}
			},
		})
	})
}

package state

import "testing"

func observe(c *clock, events ...[2]int64) {
	for _, e := range events {
		c.observe(e[1], uint64(e[0]))
	}
}

func TestWatermarkTrailsTheNewestEventAndNeverGoesBack(t *testing.T) {
	c := clock{lateness: 10}
	observe(&c, [2]int64{1, 100}, [2]int64{1, 50}, [2]int64{2, 130}, [2]int64{1, 120})
	if c.watermark != 120 {
		t.Errorf("watermark %d, want 120", c.watermark)
	}
	c.advance(110)
	if c.watermark != 120 {
		t.Errorf("an earlier wall time moved the watermark back to %d", c.watermark)
	}
	c.advance(200)
	observe(&c, [2]int64{1, 205})
	if c.watermark != 200 {
		t.Errorf("watermark %d, want 200: an event does not undo an advance", c.watermark)
	}
}

func TestOneUserAloneCannotJump(t *testing.T) {
	c := clock{lateness: 10, maxJump: 1000}
	observe(&c, [2]int64{1, 100}, [2]int64{2, 5000}, [2]int64{2, 5001}, [2]int64{3, 200})
	if c.watermark != 190 {
		t.Fatalf("watermark %d, want 190: user 2 has no witness", c.watermark)
	}
	observe(&c, [2]int64{3, 4500})
	if c.watermark != 4991 {
		t.Errorf("watermark %d, want 4991: user 3 is within max_jump of user 2", c.watermark)
	}
	if c.pending != 0 {
		t.Errorf("%d jumps still pending", c.pending)
	}
}

// A broken clock that speaks between two true ones, however often, keeps them from confirming one another only if it were believed.
func TestABrokenClockCannotHoldUpTheOthers(t *testing.T) {
	c := clock{lateness: 0, maxJump: 1000}
	observe(&c, [2]int64{1, 100}, [2]int64{9, 90_000}, [2]int64{1, 5000}, [2]int64{9, 95_000}, [2]int64{2, 5010})
	if c.watermark != 5010 {
		t.Errorf("watermark %d, want 5010", c.watermark)
	}
	observe(&c, [2]int64{3, 5020}, [2]int64{9, 99_000})
	if c.watermark != 5020 {
		t.Errorf("watermark %d, want 5020: user 9 is still alone", c.watermark)
	}
}

func TestManyBrokenClocksFarApart(t *testing.T) {
	c := clock{maxJump: 1000}
	observe(&c, [2]int64{1, 100})
	for user := range int64(20) {
		observe(&c, [2]int64{100 + user, 10_000 * (user + 1)})
	}
	if c.watermark != 100 {
		t.Fatalf("watermark %d, want 100: no two agree", c.watermark)
	}
	observe(&c, [2]int64{1, 200_500})
	if c.watermark != 200_500 {
		t.Errorf("watermark %d, want 200500: the last of them has a witness now", c.watermark)
	}
}

func TestNoLimitWhenOff(t *testing.T) {
	c := clock{}
	observe(&c, [2]int64{1, 100}, [2]int64{2, 1 << 40})
	if c.watermark != 1<<40 {
		t.Errorf("watermark %d", c.watermark)
	}
}

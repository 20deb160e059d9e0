package pipeline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"winback/schemas"
	"winback/sinks/memory"
	"winback/sinks/retry/retrytest"
)

// TestThePartitionOfWhoIsLeftGoesOnAfterAPause has many users, a pause of nine days in which the service is away, and then only one of them, who is seen
// every ten seconds: too few to agree on a jump, and too often for a partition without records. The wall clock moves the watermark.
func TestThePartitionOfWhoIsLeftGoesOnAfterAPause(t *testing.T) {
	for name, frozen := range map[string]bool{"alone": false, "beside a clock that stands still": true} {
		t.Run(name, func(t *testing.T) { testWhoIsLeft(t, frozen) })
	}
}

func testWhoIsLeft(t *testing.T, frozen bool) {
	t.Helper()
	const pause = 9 * 24 * time.Hour
	b := emptyBed(t)
	b.parts.State.MaxJump, b.parts.State.JumpWitnesses = schemas.Day, 3
	var clock wall
	log := retrytest.NewLog()
	b.parts.Now, b.parts.Log = clock.now, log.Logger()
	for n := range 40 {
		b.visit(t, fmt.Sprint("user", n), 0)
	}
	b.visit(t, "user7", pause)
	clock.set(pause) // the service was away meanwhile
	p := b.pipeline(t, &memory.Triggers{}, &memory.Rows{})
	read := func() (events, held uint64, watermark int64) {
		for _, s := range p.Status() {
			events += s.Counts.Events
			if s.Counts.JumpsHeld > 0 { // the only partition in which anything still happens
				held, watermark = s.Counts.JumpsHeld, s.Watermark
			}
		}
		return events, held, watermark
	}
	step := 0
	must(t, b.run(t, p, func() bool {
		events, held, watermark := read()
		if events < uint64(b.events) {
			return false
		}
		if moved := watermark > dawn+(pause-time.Hour).Milliseconds(); moved || step > 30 {
			if !moved || held < 2 {
				t.Errorf("the watermark is at %v after %d visits, of which %d were held back", time.UnixMilli(watermark).UTC(), step, held)
			}
			return true
		}
		step++
		now := pause + time.Duration(step)*10*time.Second
		clock.set(now)
		b.visit(t, "user7", now)
		if frozen {
			b.visit(t, "user7", 0)
		}
		return false
	}))
	if text := log.String(); strings.Count(text, "state.max_jump") != 1 || !strings.Contains(text, "users_waiting=1") {
		t.Errorf("want one warning, of one user who waits, in ten minutes:\n%s", text)
	}
}

package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far a long step has come: a bar for a person, else a line now and then.
type progress struct {
	a     *app
	what  string
	bytes bool
	bar   *progressbar.ProgressBar
	since time.Time
	shown time.Time // when a line was last printed
}

const logEvery = 10 * time.Second

// newProgress begins a step. Its units are bytes or things.
func (a *app) newProgress(what string, bytes bool) *progress {
	now := a.now()
	return &progress{a: a, what: what, bytes: bytes, since: now, shown: now}
}

// show updates the bar or prints a line. done and total are in the progress's unit; total is 0 if it is unknown.
func (p *progress) show(done, total int64) {
	if p.a.terminal {
		p.draw(done, total)
		return
	}
	if now := p.a.now(); now.Sub(p.shown) >= logEvery {
		p.shown = now
		_, _ = fmt.Fprintf(p.a.stderr, "winback: %s: %s\n", p.what, p.text(done, total))
	}
}

// shared returns a show that several goroutines may call, in any order: what is behind the furthest is not shown.
func (p *progress) shared() func(done, total int) {
	var calls sync.Mutex
	furthest := 0
	return func(done, total int) {
		calls.Lock()
		defer calls.Unlock()
		if done > furthest {
			furthest = done
			p.show(int64(done), int64(total))
		}
	}
}

func (p *progress) text(done, total int64) string {
	amount := grouped(done)
	if p.bytes {
		amount = fmt.Sprintf("%.1f MB", float64(done)/1e6)
	}
	if total > 0 {
		return fmt.Sprintf("%s, %d %%", amount, 100*done/total)
	}
	return amount
}

func (p *progress) draw(done, total int64) {
	if p.bar == nil {
		if total == 0 {
			total = -1
		}
		p.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(p.a.stderr), progressbar.OptionSetDescription(p.what), progressbar.OptionShowBytes(p.bytes),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionShowCount(),
			progressbar.OptionFullWidth())
	}
	_ = p.bar.Set64(done) // a bar that cannot be drawn stops nothing
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// Package direct runs events through the engine in simulated time: one partition, no Kafka, no ClickHouse, no wall clock. What it
// decides is what the service would have decided, border by border, had it been there.
//
// cmd/winback calls it for `replay --direct`; tests compare it with oracles.
package direct

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
	"winback/scorer/risk"
)

// Config is what a run needs of the configuration.
type Config struct {
	Scorer scorer.Config
	Model  *risk.Model // nil for no risk
	State  state.Config
	Until  int64 // events from here on are left out, and the watermark ends here; Unix milliseconds, 0 for the end of the grain of the last event
}

// Result says what a run came to.
type Result struct {
	Events    int64  // added
	After     int64  // left out, at Until or after
	Refused   int64  // too late for any border still to come: only events out of order can be
	Twice     int64  // not added, because an event with the same id had been
	Held      int64  // of those added, more than max_jump ahead when they came, so that the watermark did not follow
	Forgotten int64  // ids that were forgotten before their time, because more were remembered than may be
	Users     int    // with an event added, those forgotten by the end included
	Kept      int    // of these, not forgotten at the end
	Judged    uint64 // users looked at, one a border
	Watermark int64  // Unix milliseconds; 0 without events
	Decisions map[schemas.DecisionKind]int64
}

// Engine is one partition in simulated time.
type Engine struct {
	until     int64
	grain     int64
	partition *state.Partition
	outbox    state.Outbox
	emit      func([]schemas.Decision) error
	order     []int32 // reused by deliver
	result    Result
	seen      map[uint64]struct{} // hashes of the users' ids
	made      uint64              // how many users the partition has made; who comes back after being forgotten is made again

	look             func(at int64, p *state.Partition) error // set by Every; nil for none
	period, nextLook int64                                    // borders at which it is called, milliseconds; nextLook is 0 before the first event
}

// New prepares a run. The vocabulary is the one that the events are decoded with.
func New(cfg Config, vocabulary *schemas.Vocabulary) (*Engine, error) {
	rules, err := scorer.Compile(cfg.Scorer, vocabulary, cfg.Model)
	if err != nil {
		return nil, err
	}
	cfg.State.Drain = 0 // nothing waits for a replay: a border is judged as a whole, so that its decisions come together and the last border's come at all
	partition, err := state.New(rules, vocabulary, cfg.State)
	if err != nil {
		return nil, err
	}
	return &Engine{until: cfg.Until, grain: rules.Grain(), partition: partition, seen: map[uint64]struct{}{}, result: Result{Decisions: map[schemas.DecisionKind]int64{}}}, nil
}

// Every makes Run call look at each border that is a multiple of period since the epoch. period is in milliseconds and a multiple of the
// grain. look sees the state as it was at that border: every event before it has been added and decided on, and no later one. It needs
// state.Config.MaxJump to be 0, so that the watermark reaches the border.
func (e *Engine) Every(period int64, look func(at int64, p *state.Partition) error) {
	e.period, e.look = period, look
}

// Added is how many events have been added: an event that leaves it as it was told nothing, because it was one sent again, or too late.
func (e *Engine) Added() uint64 { return e.partition.Counts().Events }

// lookUpTo calls look at the borders up to a time that it has not been called at.
func (e *Engine) lookUpTo(until int64) error {
	if e.look == nil {
		return nil
	}
	if e.nextLook == 0 {
		e.nextLook = (until/e.period + 1) * e.period
	}
	for ; e.nextLook <= until; e.nextLook += e.period {
		e.partition.Advance(e.nextLook, &e.outbox)
		if err := e.deliver(); err != nil {
			return err
		}
		if err := e.look(e.nextLook, e.partition); err != nil {
			return err
		}
	}
	return nil
}

// checkEvery is how many events pass between looks at the context.
const checkEvery = 1024

// Run adds the events, which must be in event-time order, and moves the watermark to the end. emit is given the decisions in order of
// their border, then their user; they are its own. Run can be called once.
func (e *Engine) Run(ctx context.Context, events iter.Seq[*schemas.Event], emit func([]schemas.Decision) error) (Result, error) {
	e.emit = emit
	n := 0
	for event := range events {
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return e.result, context.Cause(ctx)
		}
		if e.until > 0 && event.Time >= e.until {
			e.result.After++
			continue
		}
		if err := e.lookUpTo(event.Time); err != nil {
			return e.result, err
		}
		if err := e.add(event); err != nil {
			return e.result, err
		}
	}
	return e.finish()
}

func (e *Engine) add(event *schemas.Event) error {
	if reason := e.partition.Add(event, &e.outbox); reason != schemas.Accepted {
		e.result.Refused++
		return nil
	}
	if made := uint64(e.partition.Users()) + e.partition.Counts().Forgotten; made != e.made {
		e.made = made
		e.seen[xxhash.Sum64(event.User)] = struct{}{}
	}
	return e.deliver()
}

func (e *Engine) finish() (Result, error) {
	end := e.until
	if end == 0 {
		end = (e.partition.Newest()/e.grain + 1) * e.grain
	}
	if _, started := e.partition.Watermark(); started {
		if err := e.lookUpTo(end); err != nil {
			return e.result, err
		}
	}
	e.partition.Advance(end, &e.outbox)
	counts := e.partition.Counts()
	e.result.Events, e.result.Twice, e.result.Held = int64(counts.Events), int64(counts.Duplicates), int64(counts.JumpsHeld)
	e.result.Users, e.result.Kept, e.result.Judged, e.result.Forgotten = len(e.seen), e.partition.Users(), counts.Judged, int64(counts.IDsForgotten)
	e.result.Watermark, _ = e.partition.Watermark()
	return e.result, e.deliver()
}

// deliver hands on the decisions in order of their border, then their user; a user's own at a border keep their order.
func (e *Engine) deliver() error {
	decisions := e.outbox.Decisions
	if len(decisions) == 0 {
		e.outbox.Reset()
		return nil
	}
	e.order = e.order[:0]
	for i := range decisions {
		e.result.Decisions[decisions[i].Kind]++
		e.order = append(e.order, int32(i))
	}
	// Numbers are sorted instead of decisions, which are long: sorting these takes several times as long.
	slices.SortFunc(e.order, func(i, j int32) int {
		a, b := &decisions[i], &decisions[j]
		if a.At != b.At {
			return cmp.Compare(a.At, b.At)
		}
		return cmp.Or(strings.Compare(a.User, b.User), cmp.Compare(i, j))
	})
	sorted := make([]schemas.Decision, len(decisions))
	for to, from := range e.order {
		sorted[to] = decisions[from]
	}
	err := e.emit(sorted)
	e.outbox.Reset()
	return err
}

package deliverytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"winback/pipeline/delivery"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
)

// ErrDied is what an owner ends with when a hook has stopped it.
var ErrDied = errors.New("the owner has died")

// World is one partition's log, what owners of it have delivered, and what must come of it in the end.
type World struct {
	Build    schemas.Build                         // that the owners work on
	Log      []schemas.Event                       // of increasing time; one without a user is refused
	Triggers map[schemas.TriggerID]int             // how often each was produced
	Letters  map[int64]int                         // how often each refused record was produced, by offset
	Inserts  []*schemas.Rows                       // all that were ever tried to be stored
	Stored   map[string]int                        // rows that are stored, spelled out, and by how many inserts
	Commits  []int64                               // offsets
	Check    func(committed int64)                 // is called at every commit
	Waiting  func(ctx context.Context, insert int) // is called with the number of an insert before it is done; nil does not wait
	Expected []map[string]struct{}                 // by offset: the rows that follow from the records up to there
	Alerts   []map[schemas.TriggerID]struct{}      // the same of triggers

	mu         sync.Mutex
	inserting  int
	mostAtOnce int
	committed  int64
	note       delivery.Note
	rules      *scorer.Rules
	vocabulary *schemas.Vocabulary
}

// NewWorld makes a world of some users who come every day at the same hour. After two weeks every other one stays away, some at a time, so that many are due at one
// border; every tenth record is refused.
func NewWorld(users, days int) (*World, error) {
	settings := scorer.Defaults()
	settings.Drop.MinBaseline, settings.Drop.MinWeeks = 1, 1
	vocabulary, err := settings.Vocabulary()
	if err != nil {
		return nil, err
	}
	rules, err := scorer.Compile(settings, vocabulary, nil)
	if err != nil {
		return nil, err
	}
	w := &World{Triggers: map[schemas.TriggerID]int{}, Letters: map[int64]int{}, Stored: map[string]int{}, rules: rules, vocabulary: vocabulary}
	visit := vocabulary.Lookup([]byte("visit"))
	for day := range days {
		for user := range users {
			if day > 14+user/4 && user%2 == 0 {
				continue
			}
			at := 1_700_000_000_000 + int64(day)*int64(schemas.Day) + int64(user)
			w.Log = append(w.Log, schemas.Event{User: fmt.Append(nil, "user-", user), Type: visit, Time: at})
			if len(w.Log)%10 == 9 {
				w.Log = append(w.Log, schemas.Event{})
			}
		}
	}
	return w, w.expect()
}

// expect takes the log through a state that judges everybody at once.
func (w *World) expect() error {
	p, err := w.newState(0)
	if err != nil {
		return err
	}
	rows, triggers := map[string]struct{}{}, map[schemas.TriggerID]struct{}{}
	var out state.Outbox
	for i := range w.Log {
		if !refused(&w.Log[i]) {
			p.Add(&w.Log[i], &out)
		}
		for i := range out.Triggers {
			triggers[out.Triggers[i].ID] = struct{}{}
		}
		for _, line := range Lines(&schemas.Rows{Activity: out.Activity, Decisions: out.Decisions, Triggers: out.Triggers, Profiles: out.Profiles}) {
			rows[line] = struct{}{}
		}
		out.Reset()
		w.Expected, w.Alerts = append(w.Expected, clone(rows)), append(w.Alerts, clone(triggers))
	}
	return nil
}

func clone[K comparable](m map[K]struct{}) map[K]struct{} {
	c := make(map[K]struct{}, len(m))
	for k := range m {
		c[k] = struct{}{}
	}
	return c
}

func refused(e *schemas.Event) bool { return e.User == nil }

func (w *World) newState(drain int) (*state.Partition, error) {
	settings := state.Defaults()
	settings.MaxJump, settings.Drain = 0, drain
	return state.New(w.rules, w.vocabulary, settings)
}

// Lines spells out rows, one line each.
func Lines(r *schemas.Rows) (lines []string) {
	for i := range r.Activity {
		lines = append(lines, fmt.Sprintf("activity %+v", r.Activity[i]))
	}
	for i := range r.Decisions {
		lines = append(lines, fmt.Sprintf("decision %+v", r.Decisions[i]))
	}
	for i := range r.Triggers {
		lines = append(lines, fmt.Sprintf("trigger %+v", r.Triggers[i]))
	}
	for i := range r.Profiles {
		lines = append(lines, fmt.Sprintf("profile %+v", r.Profiles[i]))
	}
	return lines
}

// Owner says how an owner cuts what it does.
type Owner struct {
	Config delivery.Config
	Drain  int // users judged at a time
	Batch  int // records between two deliveries
	Hook   delivery.Hook

	MutedUntil int64 // see delivery.Options
}

// Own lets an owner read the log from its beginning, in silence up to the committed offset, and deliver what follows from the rest.
func (w *World) Own(ctx context.Context, o Owner) error {
	p, err := w.newState(o.Drain)
	if err != nil {
		return err
	}
	d := delivery.NewDriver(o.Config, "log", 0, p, delivery.Options{Produced: w.produced(), Hook: o.Hook, MutedUntil: o.MutedUntil})
	d.Begin(w.committed, w.note, w.Build)
	d.Attach((*outputs)(w))
	defer d.Close()
	w.rebuild(p)
	next := w.committed
	for now := int64(0); ; now += 1000 {
		end := min(next+int64(o.Batch), int64(len(w.Log)))
		if next == end && !p.Behind() {
			return d.Flush(ctx, now, next)
		}
		for ; next < end; next++ {
			w.add(p, next, d.Outbox())
		}
		p.Drain(d.Outbox())
		if err := d.Deliver(ctx, now, next); err != nil {
			return err
		}
	}
}

func (w *World) produced() delivery.Produced {
	w.mu.Lock()
	defer w.mu.Unlock()
	produced := delivery.Produced{}
	for id := range w.Triggers {
		produced[id] = struct{}{}
	}
	return produced
}

func (w *World) rebuild(p *state.Partition) {
	var silent state.Outbox
	for i := range w.committed {
		w.add(p, i, &silent)
	}
	p.DrainAll(&silent)
}

func (w *World) add(p *state.Partition, offset int64, out *state.Outbox) {
	e := w.Log[offset]
	if refused(&e) {
		out.Refuse(&schemas.Record{Offset: offset}, schemas.Malformed, "")
		return
	}
	p.Add(&e, out)
}

// MostAtOnce is how many inserts were under way at the same time at the most.
func (w *World) MostAtOnce() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mostAtOnce
}

// outputs is the world as the Driver sees it.
type outputs World

func (o *outputs) ProduceTriggers(_ context.Context, triggers []schemas.Trigger) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range triggers {
		o.Triggers[triggers[i].ID]++
	}
	return nil
}

func (o *outputs) ProduceDeadLetters(_ context.Context, letters []schemas.DeadLetter) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range letters {
		o.Letters[letters[i].Offset]++
	}
	return nil
}

func (o *outputs) StoreRows(ctx context.Context, rows *schemas.Rows) error {
	number, lines := o.begin(rows)
	defer o.end()
	if o.Waiting != nil {
		o.Waiting(ctx, number)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !slices.Equal(lines, Lines(rows)) {
		return errors.New("the rows have changed while they were inserted")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, line := range lines {
		o.Stored[line]++
	}
	return nil
}

func (o *outputs) begin(rows *schemas.Rows) (number int, lines []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.inserting++
	o.mostAtOnce = max(o.mostAtOnce, o.inserting)
	own := *rows
	own.Activity, own.Decisions, own.Triggers, own.Profiles = slices.Clone(rows.Activity), slices.Clone(rows.Decisions), slices.Clone(rows.Triggers), slices.Clone(rows.Profiles)
	o.Inserts = append(o.Inserts, &own)
	return len(o.Inserts) - 1, Lines(rows)
}

func (o *outputs) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.inserting--
}

func (o *outputs) Commit(_ context.Context, next int64, note delivery.Note) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.committed, o.note = next, note
	o.Commits = append(o.Commits, next)
	if o.Check != nil {
		o.Check(next)
	}
	return nil
}

// Anew is the same world before anybody has delivered anything.
func (w *World) Anew() *World {
	return &World{
		Log: w.Log, Expected: w.Expected, Alerts: w.Alerts, rules: w.rules, vocabulary: w.vocabulary,
		Triggers: map[schemas.TriggerID]int{}, Letters: map[int64]int{}, Stored: map[string]int{},
	}
}

// CountTriggers is how many triggers have been produced.
func (w *World) CountTriggers() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.Triggers)
}

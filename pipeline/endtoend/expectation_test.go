package endtoend_test

import (
	"bytes"
	"slices"
	"testing"

	"winback/pipeline/state"
	"winback/schemas"
	"winback/schemas/mapping"
)

// expectation is what must come of the records, worked out while they are written: triggers and decisions by a fresh state for each
// partition that is fed record by record, counters and sums by counting, dead letters by what was done to the record.
type expectation struct {
	t       *testing.T
	states  [partitions]*state.Partition
	outbox  [partitions]state.Outbox
	decoder *mapping.Decoder
	next    [partitions]int64 // offsets
	letters map[origin]letter

	border   int64 // counters are windows at this border: the first that the closing events leave unjudged
	counters map[string]*counters
	byType   map[string]sums
	until    int64 // minutes below this are closed in the end

	read  schemas.Record
	event schemas.Event
}

// origin is where a record stands.
type origin struct {
	partition int32
	offset    int64
}

type letter struct {
	key, value []byte
	reason     string
}

// counters are one user's, in the order of metrics.
type counters [len(metrics)]struct{ cur, base int64 }

// metrics are the default configuration's, written down once more.
var metrics = [...]struct{ name, counts, adds string }{
	{"visits", "visit", "1"}, {"views", "view", "1"}, {"searches", "search", "1"}, {"carts", "add_to_cart", "1"},
	{"orders", "order", "1"}, {"spend", "order", "amount"}, {"online_time", "session_end", "duration"}, {"support", "support", "1"},
}

// sums are one event type's.
type sums struct {
	events           uint64
	amount, duration int64
}

const (
	hour = int64(3_600_000)
	day  = 24 * hour
)

func newExpectation(t *testing.T, end int64) *expectation {
	t.Helper()
	compiled, vocabulary, m, settings, err := rules()
	must(t, err)
	x := &expectation{
		t: t, decoder: m.NewDecoder(), letters: map[origin]letter{}, counters: map[string]*counters{}, byType: map[string]sums{},
		border: end + 2*hour, until: end,
	}
	for i := range x.states {
		x.states[i], err = state.New(compiled, vocabulary, settings)
		must(t, err)
	}
	return x
}

// record follows a record that gets the partition's next offset.
func (x *expectation) record(partition int32, key, value []byte, reason schemas.Reason) {
	at := origin{partition, x.next[partition]}
	x.next[partition]++
	if reason != schemas.Accepted {
		x.letters[at] = letter{bytes.Clone(key), bytes.Clone(value), reason.String()}
		return
	}
	x.read = schemas.Record{Offset: at.offset, Key: key, Value: value}
	if got := x.decoder.Decode(&x.read, &x.event); got != schemas.Accepted {
		x.t.Errorf("%+v is refused: %v: %s", at, got, x.decoder.Detail())
		return
	}
	if got := x.states[partition].Add(&x.event, &x.outbox[partition]); got != schemas.Accepted {
		x.t.Errorf("%+v is refused: %v", at, got)
	}
}

// count counts an event that is not refused.
func (x *expectation) count(user, kind string, at, amount, duration int64) {
	if at < x.until {
		s := x.byType[kind]
		x.byType[kind] = sums{s.events + 1, s.amount + amount, s.duration + duration}
	}
	c := x.counters[user]
	if c == nil {
		c = new(counters)
		x.counters[user] = c
	}
	for i, m := range metrics {
		if m.counts != kind {
			continue
		}
		add := map[string]int64{"1": 1, "amount": amount, "duration": duration}[m.adds]
		switch back := x.border - at; {
		case back <= 0 || back > 35*day:
		case back <= 7*day:
			c[i].cur += add
		default:
			c[i].base += add
		}
	}
}

// triggers are a partition's, in order.
func (x *expectation) triggers(partition int) []schemas.Trigger { return x.outbox[partition].Triggers }

// decisions are everybody's, in no order.
func (x *expectation) decisions() []schemas.Decision {
	var all []schemas.Decision
	for i := range x.outbox {
		all = append(all, x.outbox[i].Decisions...)
	}
	return all
}

// profiles are everybody's, in no order.
func (x *expectation) profiles() []schemas.Profile {
	var all []schemas.Profile
	for i := range x.outbox {
		all = append(all, x.outbox[i].Profiles...)
	}
	return all
}

func (x *expectation) lettersFrom() map[string]int {
	reasons := map[string]int{}
	for _, l := range x.letters {
		reasons[l.reason]++
	}
	return reasons
}

// sound says whether the stream is worth the name: something of everything.
func (x *expectation) sound(t *testing.T) {
	t.Helper()
	for p := range partitions {
		if len(x.triggers(p)) == 0 {
			t.Errorf("no trigger is expected in partition %d: more events are needed", p)
		}
	}
	for _, r := range schemas.Reasons() {
		if r != schemas.Damaged && x.lettersFrom()[r.String()] == 0 { // a producer cannot damage what the broker stores
			t.Errorf("no dead letter is expected for %v", r)
		}
	}
	kinds := map[schemas.DecisionKind]bool{}
	for _, d := range x.decisions() {
		kinds[d.Kind] = true
	}
	for _, k := range []schemas.DecisionKind{schemas.KindLifecycle, schemas.KindEntered, schemas.KindRecovered, schemas.KindSettled} {
		if !kinds[k] {
			t.Errorf("no decision of kind %s is expected", k)
		}
	}
	if slices.Contains(x.next[:], 0) {
		t.Errorf("empty partitions: %v", x.next)
	}
}

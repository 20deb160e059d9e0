package train

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"winback/schemas"
	"winback/scorer"
	"winback/scorer/risk"
)

// ledger stands for the engine's state: when users were last active.
type ledger map[string]int64

func (l ledger) pasts(h int64) iter.Seq2[[]byte, *risk.Past] {
	return func(yield func([]byte, *risk.Past) bool) {
		for _, id := range slices.Sorted(maps.Keys(l)) {
			if l[id] < h && !yield([]byte(id), &risk.Past{At: h, Age: h - l[id], Metrics: make([]risk.History, 2)}) {
				return
			}
		}
	}
}

func TestGatherTakesACutoffBeforeTheEventThatSetsItOff(t *testing.T) {
	rules := scorer.Defaults()
	rules.Metrics = []scorer.Metric{{Name: "all", Types: []string{"*"}, Adds: scorer.Count, Core: true}, {Name: "orders", Types: []string{"order"}, Adds: scorer.Count}}
	rules.Activity = []string{"orders"}
	vocabulary, err := schemas.NewVocabulary([]string{"order", "visit"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := NewGather(Defaults(), &rules, vocabulary, []string{"recency"}, "all")
	if err != nil {
		t.Fatal(err)
	}
	order, visit := vocabulary.Lookup([]byte("order")), vocabulary.Lookup([]byte("visit"))
	events := []schemas.Event{
		{User: []byte("ann"), Time: dayLength, Type: order},
		{User: []byte("bob"), Time: 2 * dayLength, Type: order},
		{User: []byte("eve"), Time: 3 * dayLength, Type: visit},
		{User: []byte("bob"), Time: 8 * dayLength, Type: visit},
		{User: []byte("ann"), Time: 14 * dayLength, Type: order}, // the cut-off of day 14 comes before it
	}
	state, next := ledger{}, 7*int64(dayLength)
	for e := range g.Watch(func(yield func(*schemas.Event) bool) {
		for i := range events {
			if !yield(&events[i]) {
				return
			}
		}
	}) {
		for ; next <= e.Time; next += 7 * dayLength {
			if err := g.Take(next, state.pasts(next)); err != nil {
				t.Fatal(err)
			}
		}
		state[string(e.User)] = e.Time
	}
	type row struct {
		user   string
		cutoff int64
		age    float32
		lost   bool
	}
	var got []row
	names := map[uint64]string{}
	for id := range state {
		names[g.people[g.person([]byte(id))].hash] = id
	}
	for k := range g.rows {
		c, i := g.at(k)
		got = append(got, row{names[g.people[c.user[i]].hash], g.times[c.cutoff[i]] / dayLength, c.age[i] / dayLength, c.lost[i]})
	}
	// eve was never active; ann's order came after the cut-off of day 14, and within the horizon of both.
	want := []row{{"ann", 7, 6, false}, {"bob", 7, 5, true}, {"ann", 14, 13, false}, {"bob", 14, 6, true}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if customers := g.customers(14*dayLength, 1); len(customers) != 3 || !slices.Contains(customers, Customer{1, 13, 13}) || !slices.Contains(customers, Customer{1, 6, 12}) {
		t.Errorf("got %v", customers)
	}
}

func TestGatherNamesWhatItCannotCompile(t *testing.T) {
	rules := scorer.Defaults()
	vocabulary, err := schemas.NewVocabulary([]string{"order", "visit"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewGather(Defaults(), &rules, vocabulary, []string{"sum(ordres, 0w, 1w)"}, ""); err == nil || !strings.Contains(err.Error(), "ordres") {
		t.Errorf("got %v", err)
	}
	if _, err := NewGather(Config{}, &rules, vocabulary, []string{"recency"}, ""); err == nil || !strings.Contains(err.Error(), "horizon") {
		t.Errorf("got %v", err)
	}
}

func TestABlankModelIsValid(t *testing.T) {
	m := Blank(Defaults(), risk.Features([]string{"visits", "orders"}), "orders")
	if err := m.Validate(); err != nil {
		t.Error(err)
	}
	if need := m.Needs(); need.Days < 56 || need.Weeks["visits"] < 4 || m.ActiveDays != 28 {
		t.Errorf("got %+v", need)
	}
	if m := Blank(Defaults(), []string{"recency"}, ""); m.Validate() != nil || m.Alive != nil {
		t.Errorf("got %+v", m)
	}
}

//go:build bench

package state_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer/oracle"
)

// TestCopiesOfUsersDecideAsTheirOriginals compares what copies of users do with what the users themselves do.
func TestCopiesOfUsersDecideAsTheirOriginals(t *testing.T) {
	const copies = 3
	c := configs()["defaults"]
	c.Tags, c.Model, c.RFM.Orders = nil, "", "" // assessments have a rhythm by id
	rules, vocabulary := rulesOf(t, c)
	events := oracle.Random(rand.New(rand.NewPCG(9, 9)), c, 40, 120)
	half := len(events) / 2
	var out state.Outbox
	one, many := newOf(t, rules, vocabulary), newOf(t, rules, vocabulary)
	for _, a := range events[:half] {
		e := eventOf(vocabulary, a)
		one.Add(&e, &out)
	}
	name := func(dst, id []byte, number int) []byte { return fmt.Appendf(dst, "%s-%d", id, number) }
	many.Clone(one, copies, name)
	out.Reset()
	var cloned state.Outbox
	for _, a := range events[half:] {
		e := eventOf(vocabulary, a)
		one.Add(&e, &out)
		for i := range copies {
			copied := e
			copied.User = name(nil, e.User, i)
			many.Add(&copied, &cloned)
		}
	}
	until := end(c, events, 100*86_400_000)
	one.Advance(until, &out)
	many.Advance(until, &cloned)
	var want []schemas.Decision
	for _, d := range out.Decisions {
		for i := range copies {
			copied := d
			copied.User = string(name(nil, []byte(d.User), i))
			want = append(want, copied)
		}
	}
	agree(t, "decision", sorted(cloned.Decisions), sorted(want), equal, func(schemas.Decision) string { return "" })
	if many.Users() != copies*one.Users() || len(want) < 100 {
		t.Errorf("%d users and %d decisions of %d users", many.Users(), len(want), one.Users())
	}
}

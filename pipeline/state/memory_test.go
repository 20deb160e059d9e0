package state

import (
	"fmt"
	"strings"
	"testing"

	"winback/schemas"
	"winback/scorer"
)

// TestManyUsers has more users than the first table and more ids than the first pages hold, of all lengths.
func TestManyUsers(t *testing.T) {
	vocabulary, err := schemas.NewVocabulary(scorer.Defaults().Types())
	if err != nil {
		t.Fatal(err)
	}
	rules, err := scorer.Compile(scorer.Defaults(), vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(rules, vocabulary, Defaults())
	if err != nil {
		t.Fatal(err)
	}
	const users = 5*firstTable + 1
	name := func(i int) string { return fmt.Sprintf("%d%s", i, strings.Repeat("x", i%50)) }
	var out Outbox
	for range 2 {
		for i := range users {
			p.Add(&schemas.Event{User: []byte(name(i)), Time: 1_700_000_000_000, Type: vocabulary.Lookup([]byte("visit"))}, &out)
		}
	}
	if p.Users() != users || len(p.ids.pages) < 3 {
		t.Fatalf("%d users in %d pages of ids, want %d users in more than two", p.Users(), len(p.ids.pages), users)
	}
	for i := range users {
		if person, ok := p.Person(name(i), 1_700_000_000_000+rules.Grain()); !ok || person.ID != name(i) || person.Metrics[0].NCur != 2 {
			t.Fatalf("user %s: %+v, want two visits", name(i), person)
		}
	}
	for _, page := range p.ids.pages {
		if cap(page) != idPage {
			t.Errorf("a page of ids of %d bytes, want %d: a ref has no more room", cap(page), idPage)
		}
	}
	if used := p.index.used; 4*used > 3*len(p.index.table) {
		t.Errorf("%d of %d places in the index are taken: a search for a new user would never end", used, len(p.index.table))
	}
}

// TestABlockOutgrownIsUsedAgain keeps memory from following every size a user ever had.
func TestABlockOutgrownIsUsedAgain(t *testing.T) {
	var a arena
	small := a.take(1)
	grown := a.fit(small, 3)
	if grown.class != 2 {
		t.Fatalf("three cells in a block of %d", capacity(grown.class))
	}
	if again := a.take(1); again.number != small.number {
		t.Errorf("block %d, want %d again", again.number, small.number)
	}
	if other := a.take(2); other.number == grown.number {
		t.Error("two users share a block")
	}
}

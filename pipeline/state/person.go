package state

import (
	"iter"

	"github.com/cespare/xxhash/v2"

	"winback/scorer"
)

// Person is what the state knows of one user, for people and tests. It is a copy.
type Person struct {
	ID      string
	User    scorer.User
	Metrics []scorer.Total // at the border asked for, in the order of the rules' Metrics
}

// People lists every user in order of first appearance, with their windows at border h (a time aligned to the grain, Unix
// milliseconds). The partition must not change meanwhile.
func (p *Partition) People(h int64) iter.Seq[Person] {
	return func(yield func(Person) bool) {
		for n := range p.users {
			if !yield(p.person(p.slot(n), h)) {
				return
			}
		}
	}
}

// Person finds one user by id.
func (p *Partition) Person(id string, h int64) (Person, bool) {
	hash := xxhash.Sum64String(id)
	n, found := p.index.find(hash, func(n uint32) bool {
		s := p.slot(n)
		return s.hash == hash && string(p.ids.get(s.id, s.idLen)) == id
	})
	if !found {
		return Person{}, false
	}
	return p.person(p.slot(n), h), true
}

func (p *Partition) person(s *slot, h int64) Person {
	return Person{
		ID: string(p.ids.get(s.id, s.idLen)), User: s.user,
		Metrics: p.rules.Totals(nil, p.arena.cells(s.cells), p.rules.GrainOf(h)),
	}
}

package main

import (
	"math/bits"

	"winback/bench/load"
)

// stream is what a population does after its past.
type stream struct {
	generator *load.Generator
	patterns  *load.Generator // the template's, if the population was copied
	copies    int
	numbers   []uint32 // by copy and template user: the number in the copy's id
}

func newStream(c load.Config) (*stream, error) {
	g, err := load.New(c)
	return &stream{generator: g}, err
}

// next hands out the next event. A copied population is its template at so many times the rate: which copy a session is of is drawn by
// the session's random number, and what the user's pattern takes away is left out, so that each copy goes on at its own user's rate.
func (s *stream) next(e *load.Event) bool {
	for s.generator.Next(e) {
		if s.copies == 0 {
			return true
		}
		pattern := s.patterns.Pattern(e.User)
		if float64(uint32(e.Session))/(1<<32) >= pattern.Rate(e.Time) {
			continue
		}
		chosen, _ := bits.Mul64(e.Session, uint64(s.copies))
		e.User = s.number(e.User, int(chosen))
		return true
	}
	return false
}

// number is the number in the id of a template user's copy.
func (s *stream) number(user, copied int) int {
	return int(s.numbers[copied*(len(s.numbers)/s.copies)+user])
}

// numbersByPhase numbers the copies so that each has the place in the rhythm of assessments that its original has: else all would be judged in
// their first week at borders that are not theirs.
func numbersByPhase(phaseOf func(id []byte) uint32, template, copies int) []uint32 {
	wanted := map[uint32][]int{}
	var id []byte
	for user := range template {
		id = load.AppendKey(id[:0], user)
		wanted[phaseOf(id)] = append(wanted[phaseOf(id)], user)
	}
	numbers, taken, left := make([]uint32, template*copies), map[uint32]int{}, template*copies
	for number := 0; left > 0; number++ {
		id = load.AppendKey(id[:0], number)
		phase := phaseOf(id)
		users, k := wanted[phase], taken[phase]
		if k == len(users)*copies {
			continue
		}
		numbers[k/len(users)*template+users[k%len(users)]] = uint32(number)
		taken[phase]++
		left--
	}
	return numbers
}

package calibrate

import (
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"winback/pipeline/train"
	"winback/schemas"
	"winback/scorer"
)

// History is when every user was active, in the grains of the rules, and up to when the data is complete.
type History struct {
	grain    int64
	activity [schemas.MaxTypes + 1]bool // by event type

	byHash map[uint64]uint32 // an id's hash to its place in users
	users  [][]uint32        // the active grains, in order
	days   train.Days        // of events of any kind
	begun  bool
	first  int64
	last   int64
	end    int64 // set by Finish
}

const dayLength = int64(schemas.Day)

// NewHistory prepares to note what the rules count as activity.
func NewHistory(rules *scorer.Config, vocabulary *schemas.Vocabulary) *History {
	h := &History{grain: int64(rules.Grain), byHash: map[uint64]uint32{}}
	for i := range rules.Metrics {
		m := &rules.Metrics[i]
		if !slices.Contains(rules.Activity, m.Name) {
			continue
		}
		for t := range vocabulary.Len() {
			if slices.Contains(m.Types, schemas.AnyType) || t > 0 && slices.Contains(m.Types, vocabulary.Name(schemas.TypeID(t))) {
				h.activity[t] = true
			}
		}
	}
	return h
}

// Add notes an event. Events come in order of time.
func (h *History) Add(e *schemas.Event) {
	if !h.begun {
		h.begun, h.first = true, e.Time
	}
	h.last = e.Time
	h.days.Seen(e.Time)
	if !h.activity[e.Type] {
		return
	}
	hash := xxhash.Sum64(e.User)
	n, known := h.byHash[hash]
	if !known {
		n = uint32(len(h.users))
		h.byHash[hash] = n
		h.users = append(h.users, nil)
	}
	grain := uint32(e.Time / h.grain)
	if grains := h.users[n]; len(grains) == 0 || grains[len(grains)-1] != grain {
		h.users[n] = append(grains, grain)
	}
}

// Finish ends the adding. Where the data ends is told as in training. It refuses a history from which nothing could be told.
func (h *History) Finish() error {
	h.end = h.days.CompleteUntil((h.last/h.grain + 1) * h.grain)
	for n, grains := range h.users {
		late, _ := slices.BinarySearch(grains, uint32(h.end/h.grain))
		h.users[n] = grains[:late]
	}
	switch users := h.Users(); {
	case users == 0:
		return fmt.Errorf("no event is activity by scorer.activity, so there is nothing to learn from: name the metrics whose events make a user active")
	case users < minUsers:
		return fmt.Errorf("only %s with activity: too few to tell how users come and go; at least %d are needed", counted(users, "user"), minUsers)
	case h.Days() < minDays:
		return fmt.Errorf("only %s of data: too few to tell a silence from a pause; at least %d are needed, and half a year tells much more", counted(h.Days(), "day"), minDays)
	}
	return nil
}

// Users is how many users were active.
func (h *History) Users() int {
	users := 0
	for _, grains := range h.users {
		if len(grains) > 0 {
			users++
		}
	}
	return users
}

// Days is how long the data is, rounded up.
func (h *History) Days() int { return int((h.end - h.first + dayLength - 1) / dayLength) }

// End is up to when the data is complete, Unix milliseconds.
func (h *History) End() int64 { return h.end }

// silences calls add for every time between two active grains of a user, and for the one that is open at the end. A silence's length is the
// user's age at its end, as the lifecycle counts it: from the end of the last active grain. tenure is from the first active grain to
// the silence's beginning.
func (h *History) silences(add func(days, tenure int, returned bool)) {
	inDays := func(grains int64) int { return int(grains * h.grain / dayLength) }
	for _, grains := range h.users {
		for i, grain := range grains {
			begin, end, returned := int64(grain)+1, h.end/h.grain, i+1 < len(grains)
			if returned {
				end = int64(grains[i+1])
			}
			add(inDays(end-begin), inDays(begin-int64(grains[0])), returned)
		}
	}
}

// counted writes a number and its noun: "1 user", "3 users".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

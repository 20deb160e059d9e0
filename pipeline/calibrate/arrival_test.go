package calibrate

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"winback/schemas"
)

// arrived is an event and when it arrived, milliseconds.
type arrived struct {
	user     string
	at, came int64
}

// late are events of which most come within seconds and one in so many within an hour.
func late(events, every int) (all []arrived) {
	random := rand.New(rand.NewPCG(9, 9))
	for n := range events {
		e := arrived{user: fmt.Sprint(random.IntN(500)), at: start*dayLength + int64(n)*20_000}
		if e.came = e.at + int64(random.IntN(5_000)); n%every == 0 {
			e.came = e.at + int64(random.IntN(3_600_000))
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b arrived) int { return cmp.Compare(a.came, b.came) })
	return all
}

func lateness(files ...[]arrived) (schemas.Duration, error) {
	a := NewArrival()
	for n, file := range files {
		for _, e := range file {
			a.Add(n, &schemas.Event{User: []byte(e.user), Time: e.at})
		}
	}
	return a.Lateness()
}

// quantile is the lateness by its definition, slowly.
func quantile(all []arrived) schemas.Duration {
	newest, behind := int64(0), []int64{}
	for _, e := range all {
		behind = append(behind, max(0, newest-e.at))
		newest = max(newest, e.at)
	}
	slices.Sort(behind)
	at := behind[(len(behind)*999+999)/1000-1]
	return schemas.Duration((at + minute - 1) / minute * minute)
}

func TestTheLatenessIsWhatAllButOneInAThousandComeWithin(t *testing.T) {
	for _, every := range []int{20, 100, 400} {
		all := late(50_000, every)
		got, err := lateness(all)
		if want := quantile(all); err != nil || got != want || got < 10*schemas.Minute {
			t.Errorf("one late in %d: got %v, %v, want %v", every, got, err, want)
		}
	}
	// A second file that begins again is not a year late.
	all := late(50_000, 20)
	if got, err := lateness(all, all); err != nil || got != quantile(all) {
		t.Errorf("two files: got %v, %v, want %v", got, err, quantile(all))
	}
}

func TestSortedFilesDoNotTellTheLateness(t *testing.T) {
	byTime, byUser, dates, shuffled := late(20_000, 50), late(20_000, 50), late(20_000, 50), late(20_000, 50)
	slices.SortStableFunc(byTime, func(a, b arrived) int { return cmp.Compare(a.at, b.at) })
	slices.SortStableFunc(byUser, func(a, b arrived) int { return cmp.Or(strings.Compare(a.user, b.user), cmp.Compare(a.at, b.at)) })
	for i := range dates {
		dates[i].at -= dates[i].at % dayLength
	}
	random := rand.New(rand.NewPCG(2, 2))
	random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	almost := slices.Clone(byTime)
	almost[100].at -= 3_600_000
	for _, c := range []struct {
		name, words string
		events      []arrived
	}{
		{"by time", "in order of time", byTime}, {"by user", "user by user", byUser}, {"dates", "same time of day", dates},
		{"shuffled", "no order of arrival", shuffled}, {"all but one in order", "cannot be told apart", almost}, {"few", "10000 are needed", byTime[:5000]}, {"none", "10000 are needed", nil},
	} {
		if got, err := lateness(c.events); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: got %v, %v: want an error with %q", c.name, got, err, c.words)
		}
	}
}

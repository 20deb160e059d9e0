package state_test

import (
	"cmp"
	"fmt"
	"time"

	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
)

// A user visits twice a day for six weeks, and then no more. Time alone makes that a decision: here the watermark is moved two weeks further, as at
// the end of a replay, or while no records come.
func Example() {
	config := scorer.Defaults()
	vocabulary, err := config.Vocabulary()
	if err != nil {
		panic(err)
	}
	rules, err := scorer.Compile(config, vocabulary, nil) // without a risk model
	if err != nil {
		panic(err)
	}
	partition, err := state.New(rules, vocabulary, state.Defaults())
	if err != nil {
		panic(err)
	}

	var out state.Outbox
	start := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	for n := range 2 * 42 {
		visit := schemas.Event{
			User: []byte("anna"), Type: vocabulary.Lookup([]byte("visit")), Time: start.Add(time.Duration(n) * 12 * time.Hour).UnixMilli(),
		}
		if reason := partition.Add(&visit, &out); reason != schemas.Accepted {
			panic(reason)
		}
	}
	partition.Advance(start.AddDate(0, 0, 56).UnixMilli(), &out)

	for _, d := range out.Decisions {
		fmt.Printf("%s %s %s\n", time.UnixMilli(d.At).UTC().Format("2 Jan 15:04"), d.Kind, cmp.Or(d.To, d.Reason))
	}
	// Output:
	// 1 Jan 10:00 lifecycle new
	// 8 Jan 09:00 lifecycle active
	// 14 Feb 10:00 entered visits -35 % against own 28 days: 9 instead of 14.0
}

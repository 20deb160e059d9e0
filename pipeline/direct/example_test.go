package direct_test

import (
	"context"
	"fmt"
	"time"

	"winback/pipeline/direct"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/scorer"
)

// A user visits every day for eight weeks and then never again. The run ends four weeks later.
func Example() {
	start := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	cfg := direct.Config{Scorer: scorer.Defaults(), State: state.Defaults(), Until: start.AddDate(0, 0, 12*7).UnixMilli()}
	vocabulary, err := cfg.Scorer.Vocabulary()
	if err != nil {
		fmt.Println(err)
		return
	}
	engine, err := direct.New(cfg, vocabulary)
	if err != nil {
		fmt.Println(err)
		return
	}
	visits := func(yield func(*schemas.Event) bool) {
		for day := range 8 * 7 {
			visit := schemas.Event{User: []byte("ann"), Time: start.AddDate(0, 0, day).UnixMilli(), Type: vocabulary.Lookup([]byte("visit"))}
			if !yield(&visit) {
				return
			}
		}
	}
	result, err := engine.Run(context.Background(), visits, func(decisions []schemas.Decision) error {
		for _, d := range decisions {
			fmt.Printf("%s %s %s %s%s\n", time.UnixMilli(d.At).UTC().Format(time.DateTime), d.User, d.Kind, d.To, d.Reason)
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Events, "events")
	// Output:
	// 2026-01-05 11:00:00 ann lifecycle new
	// 2026-01-12 10:00:00 ann lifecycle active
	// 2026-03-04 11:00:00 ann entered visits -42 % against own 28 days: 4 instead of 7.0
	// 56 events
}

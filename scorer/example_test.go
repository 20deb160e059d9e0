package scorer_test

import (
	"fmt"

	"winback/schemas"
	"winback/scorer"
)

// A user visits daily for five weeks and then stays away. Step adds the visits, Judge is called at the borders that it names itself: no event
// is needed for the drop to be found.
func Example() {
	config := scorer.Defaults()
	vocabulary, err := config.Vocabulary()
	if err != nil {
		fmt.Println(err)
		return
	}
	rules, err := scorer.Compile(config, vocabulary, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	const day = 24 * 3_600_000
	var user scorer.User
	track, scratch := make([]byte, 0, 1024), rules.NewScratch()
	visit, at := vocabulary.Lookup([]byte("visit")), int64(20_000*day)
	next := scorer.Never // the border at which the user must be looked at
	judge := func(until uint32) {
		for next <= until {
			border := next
			var verdict scorer.Verdict
			verdict, next = rules.Judge(&user, track, border, scorer.JudgeContext{}, scratch)
			if verdict.From != verdict.State {
				fmt.Printf("day %.1f: %s\n", float64(border)/24-20_000, verdict.State)
			}
			if verdict.Kind != "" {
				fmt.Printf("day %.1f: %s: %s\n", float64(border)/24-20_000, verdict.Kind, rules.Reason(&verdict, scratch))
			}
		}
	}
	for range 35 {
		border := rules.GrainOf(at)
		judge(border)
		event := schemas.Event{Time: at, Type: visit}
		var due uint32
		track, due, _ = rules.Step(&user, track, &event, scorer.StepContext{NextBorder: border + 1}, scratch)
		next = min(next, due)
		at += day
	}
	judge(rules.GrainOf(at + 20*day))
	// Output:
	// day 0.0: new
	// day 7.0: active
	// day 37.0: entered: visits -42 % against own 28 days: 4 instead of 7.0
}

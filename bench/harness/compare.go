package main

import (
	"context"
	"fmt"
	"runtime/debug"

	"winback/bench/measure"
)

// contender works through the workload once and returns how many events it took from it.
type contender struct {
	name string
	run  func(context.Context, *workload) (int64, error)
}

// compare lets the contenders take turns, so that what the machine does meanwhile hits them alike, and returns each one's median.
func compare(ctx context.Context, w *workload, contenders []contender, repeats int, tell func(string, measure.Cost)) (map[string]measure.Cost, error) {
	costs := map[string][]measure.Cost{}
	for round := range repeats + 1 {
		for _, c := range contenders {
			cost, err := once(ctx, w, c)
			if err != nil {
				return nil, err
			}
			if round == 0 {
				continue // the first opens connections and warms caches
			}
			costs[c.name] = append(costs[c.name], cost)
			tell(c.name, cost)
		}
	}
	medians := map[string]measure.Cost{}
	for name, of := range costs {
		medians[name] = measure.Median(of)
	}
	return medians, nil
}

// once measures one run, and refuses it if it did not take every event.
func once(ctx context.Context, w *workload, c contender) (measure.Cost, error) {
	debug.FreeOSMemory() // what the run before left behind is not this one's to clean up
	mark := measure.Start()
	n, err := c.run(ctx, w)
	cost := mark.Cost()
	if err == nil && n != w.events {
		err = fmt.Errorf("it took %d of %d events", n, w.events)
	}
	if err != nil {
		return cost, fmt.Errorf("%s: %w", c.name, err)
	}
	return cost, nil
}

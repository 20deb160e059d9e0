package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"winback/bench/measure"
)

// contender works through the workload once.
type contender struct {
	name string
	run  func(context.Context, *workload) (outcome, error)
}

// outcome is what a contender did and what that cost.
type outcome struct {
	events     int64 // taken from the topic
	cost       measure.Cost
	serversCPU time.Duration // CPU time of the broker's and ClickHouse's processes
	work       work
}

// work is what follows from the events; only the pipeline makes any.
type work struct {
	Judged, Decisions, Triggers, Refused, Rows uint64
}

// timed measures a contender from its start to its end.
func (w *workload) timed(run func() (events int64, err error)) (outcome, error) {
	mark, others := measure.Start(), w.serversCPU()
	n, err := run()
	return outcome{events: n, cost: mark.Cost(), serversCPU: w.serversCPU() - others}, err
}

// compare runs the contenders in turn, so that what else the machine does affects them alike, and returns each one's outcome with the
// median cost.
func compare(ctx context.Context, w *workload, contenders []contender, repeats int, report func(string, outcome)) (map[string]outcome, error) {
	all := map[string][]outcome{}
	for round := range repeats + 1 {
		for _, c := range contenders {
			got, err := once(ctx, w, c)
			if err != nil {
				return nil, err
			}
			if round == 0 {
				continue // the first opens connections and warms caches
			}
			if before := all[c.name]; len(before) > 0 && before[0].work != got.work {
				return nil, fmt.Errorf("%s: it made %+v of the same events that made %+v before", c.name, got.work, before[0].work)
			}
			all[c.name] = append(all[c.name], got)
			report(c.name, got)
		}
	}
	medians := map[string]outcome{}
	for name, of := range all {
		medians[name] = median(of)
	}
	return medians, nil
}

// median returns the outcome with the median cost.
func median(of []outcome) outcome {
	var costs []measure.Cost
	for _, o := range of {
		costs = append(costs, o.cost)
	}
	return of[slices.Index(costs, measure.Median(costs))]
}

// once makes one run. It is an error if that did not take every event.
func once(ctx context.Context, w *workload, c contender) (outcome, error) {
	debug.FreeOSMemory() // so that this run does not pay for the garbage of the run before
	got, err := c.run(ctx, w)
	if err == nil && got.events != w.events {
		err = fmt.Errorf("it took %d of %d events", got.events, w.events)
	}
	if err != nil {
		return got, fmt.Errorf("%s: %w", c.name, err)
	}
	return got, nil
}

package main

import (
	"fmt"
	"io"
)

// printRun prints one run of a contender.
func printRun(out io.Writer, name string, o outcome) {
	c, n := o.cost, o.events
	_, _ = fmt.Fprintf(out, "%-9s %9.0f events/s %6.0f ns of a core per event; per million events %6.3f CPU s, %11.0f bytes allocated, servers' CPU %6.3f s\n",
		name, c.Rate(n), 1000*c.CPUSecondsPerMillion(n), c.CPUSecondsPerMillion(n), c.BytesPerMillion(n), o.serversCPU.Seconds()/float64(n)*1e6)
}

// printWorkload says what the events are like.
func printWorkload(out io.Writer, w *workload, o *options) {
	minutes := float64(w.days) * 24 * 60 * float64(w.partitions)
	_, _ = fmt.Fprintf(out, "%d events of %d users over %d days of event time in %d partitions: %.1f a user and day, %.0f a partition and minute\n",
		w.events, w.users, w.days, w.partitions, float64(w.events)/float64(w.users)/float64(w.days), float64(w.events)/minutes)
	if o.rows != "" {
		_, _ = fmt.Fprintf(out, "rows go to %s\n", o.rows)
	}
}

// printMedians prints the medians, and last the names and figures that programs read.
func printMedians(out io.Writer, medians map[string]outcome) {
	_, _ = fmt.Fprintln(out, "\nmedians")
	for _, name := range []string{onlyLine, onlyFloor, onlyPipeline} {
		if o, ran := medians[name]; ran {
			printRun(out, name, o)
		}
	}
	rate := func(name string) float64 {
		if o, ran := medians[name]; ran {
			return o.cost.Rate(o.events)
		}
		return 0
	}
	line, floor, whole := rate(onlyLine), rate(onlyFloor), rate(onlyPipeline)
	if o, ran := medians[onlyPipeline]; ran {
		printWork(out, o, medians[onlyFloor])
	}
	_, _ = fmt.Fprintf(out, "\nevents_per_s %.0f\nline_rate %.0f\nfloor_rate %.0f\nover_line %.3f\nover_floor %.3f\n",
		whole, line, floor, ratio(whole, line), ratio(whole, floor))
}

// printWork says what the pipeline made of the events. A stream with fewer events a minute than a real one makes more rows an event: there
// is one for each minute, type and partition.
func printWork(out io.Writer, o, floor outcome) {
	_, _ = fmt.Fprintf(out, "\nthe pipeline judged %d users, made %d decisions and %d triggers, refused %d events, and wrote %d rows: %.3f rows an event\n",
		o.work.Judged, o.work.Decisions, o.work.Triggers, o.work.Refused, o.work.Rows, float64(o.work.Rows)/float64(o.events))
	if floor.events > 0 {
		_, _ = fmt.Fprintf(out, "by CPU time of this process alone, the floor's cost is %.3f of the pipeline's\n", ratio(floor.cost.CPU.Seconds(), o.cost.CPU.Seconds()))
	}
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

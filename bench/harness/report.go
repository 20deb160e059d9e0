package main

import (
	"fmt"
	"io"

	"winback/bench/measure"
)

// tell prints one run.
func tell(out io.Writer, w *workload, name string, c measure.Cost) {
	_, _ = fmt.Fprintf(out, "%-9s %11.0f events/s  %6.3f CPU s and %11.0f bytes allocated per million events\n",
		name, c.Rate(w.events), c.CPUSecondsPerMillion(w.events), c.BytesPerMillion(w.events))
}

// summarize prints the medians, and last the pairs that programs read.
func summarize(out io.Writer, w *workload, medians map[string]measure.Cost) {
	_, _ = fmt.Fprintln(out, "\nmedians")
	for _, name := range []string{onlyLine, onlyFloor, onlyPipeline} {
		if c, ran := medians[name]; ran {
			tell(out, w, name, c)
		}
	}
	rate := func(name string) float64 {
		if c, ran := medians[name]; ran {
			return c.Rate(w.events)
		}
		return 0
	}
	line, floor, whole := rate(onlyLine), rate(onlyFloor), rate(onlyPipeline)
	_, _ = fmt.Fprintf(out, "\nevents_per_s %.0f\nline_rate %.0f\nfloor_rate %.0f\nover_line %.3f\nover_floor %.3f\n",
		whole, line, floor, ratio(whole, line), ratio(whole, floor))
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

package main

import (
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/google/pprof/profile"

	"winback/pipeline/state"
)

// report prints results as they come and what programs read at the end.
type report struct {
	out     io.Writer
	options *options
	done    []*result
	presets []presetResult
	idBytes float64 // of an event's id, while ids expire as others come
}

// presetResult is what the first population came to under a preset.
type presetResult struct {
	name string
	*result
}

func (r *report) say(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format+"\n", args...) }

func (r *report) begin(e *engine) {
	model, metrics := "no risk model", len(e.config.Scorer.Metrics)
	if e.config.Model != nil {
		model = "the risk model " + e.config.Model.Name
	}
	r.say("goos: %s\ngoarch: %s\npkg: winback/bench/scorer", runtime.GOOS, runtime.GOARCH)
	r.say("# on: %d metrics, windows, drop, lifecycle, RFM, %d tags, %s; batches of records decoded and added on one thread, GOMAXPROCS 1:", metrics,
		len(e.config.Scorer.Tags), model)
	r.say("# what the collector does in the background takes its time from the same core; rates are by wall time, cpu is the process's own")
}

func (r *report) past(t *past) {
	if t == nil {
		r.say("# each population lives %d days by itself before", r.options.fill)
		return
	}
	r.say("# each population is copied from %d users, who lived %d days in %v", t.partition.Users(), standardDays, t.took.Round(time.Millisecond))
}

// population prints one result.
func (r *report) population(p *result) {
	r.done = append(r.done, p)
	name := fmt.Sprintf("users=%d", p.users)
	r.say("\n# %d users, filled in %v, %d known at the end", p.users, p.filled.Round(time.Millisecond), p.memory.users)
	for _, s := range p.stretches {
		r.benchmark(name, s)
	}
	r.benchmark(name+"/turns=batched", p.batched)
	r.benchmark(name+"/turns=one-by-one", p.oneByOne)
	r.benchmark(name+"/turns=with-ids", p.withIDs)
	r.benchmark(name+"/turns=decode-only", p.decode)
	whole := sum(p.stretches)
	r.say("# all stretches together: %.0f events/s, %.0f ns of a core an event; judged %.3f users an event, made %.4f decisions and %.4f profiles",
		whole.rate(), whole.cpu(), whole.each(float64(whole.judged)), whole.each(float64(whole.decisions)), whole.each(float64(whole.profiles)))
	r.say("# a batch of %d took %v in the median, %v at p99, %v at p99.9, %v at most", state.AddBatch, quantile(p.batches, 0.5), quantile(p.batches, 0.99),
		quantile(p.batches, 0.999), quantile(p.batches, 1))
	r.say("# looking up a batch together saves %.0f ns of %.0f an event; decoding alone takes %.0f", p.oneByOne.cpu()-p.batched.cpu(), p.oneByOne.cpu(), p.decode.cpu())
	r.say("# remembering the events' ids takes %.0f ns more of %.0f an event", p.withIDs.cpu()-p.noIDs.cpu(), p.noIDs.cpu())
	r.parts(&p.parts)
	r.pauses("%d collections while %d events went through (GOMAXPROCS 2)", &p.pauses.all, p.pauses.cycles, p.pauses.whileRunning.events)
	r.pauses("%d of them in which no thread waited %v for a core", &p.pauses.undisturbed, p.pauses.calm, hadCores)
}

// preset prints a preset's result.
func (r *report) preset(name string, p *result) {
	r.presets = append(r.presets, presetResult{name, p})
	r.say("\n# preset %s: %d users, filled in %v, %d known at the end", name, p.users, p.filled.Round(time.Millisecond), p.memory.users)
	for _, s := range p.stretches {
		r.benchmark(fmt.Sprintf("users=%d/preset=%s", p.users, name), s)
	}
	whole := sum(p.stretches)
	r.say("# all stretches together: %.0f events/s, %.0f ns of a core an event; judged %.3f users an event", whole.rate(), whole.cpu(), whole.each(float64(whole.judged)))
	r.parts(&p.parts)
}

// keepProfile writes what the profiler saw of all results, if a file is named for it.
func (r *report) keepProfile() error {
	var all []*profile.Profile
	for _, p := range r.done {
		all = append(all, p.parts.profile)
	}
	for _, p := range r.presets {
		all = append(all, p.parts.profile)
	}
	return keep(r.options.cpuProfile, all...)
}

func (r *report) pauses(of string, d *durations, args ...any) {
	r.say("# "+of+": %d pauses, median %.0f us, p99 %.0f us, longest %.0f us",
		append(args, d.count, d.quantile(0.5)*1e6, d.quantile(0.99)*1e6, d.quantile(1)*1e6)...)
}

// benchmark prints a stretch as benchstat reads it.
func (r *report) benchmark(name string, s stretch) {
	r.say("BenchmarkScorer/%s-1 %d %.1f ns/op %.1f cpu-ns/op %.0f events/s %.2f B/op %.4f allocs/op", name, s.events, s.wall(), s.cpu(), s.rate(),
		s.each(float64(s.cost.Allocated)), s.each(float64(s.cost.Objects)))
}

func (r *report) parts(p *parts) {
	r.say("# by part: the CPU profile of %d events, %.0f ns of a core each; a sample counts for the innermost function known", p.events, p.cpu())
	for of := range partCount {
		if share := p.share(of); share > 0 {
			r.say("#   %-24s %6.1f ns %5.1f %%", partNames[of], share*p.cpu(), 100*share)
		}
	}
}

// end prints the table of bytes and the pairs that programs read.
func (r *report) end() {
	r.bytes()
	r.say("")
	var largest *result
	p99 := 0.0
	for _, p := range r.done {
		m := median(p.stretches)
		r.say("events_per_s_%s %.0f", short(p.users), m.rate())
		if largest == nil || p.users > largest.users {
			largest = p
		}
		p99 = max(p99, p.pauses.all.quantile(0.99))
	}
	size := short(largest.users)
	r.say("bytes_per_user_%s %.0f", size, perUser(largest.memory.heap, largest))
	r.say("rss_bytes_%s %d", size, largest.memory.rss)
	r.say("gc_pause_us_p99 %.0f", p99*1e6)
	r.say("bytes_per_million_ids %.0f", r.idBytes*million)
	r.say("ns_per_id_%s %.0f", size, max(0, largest.withIDs.cpu()-largest.noIDs.cpu()))
	for _, p := range r.presets {
		m := median(p.stretches)
		r.say("events_per_s_%s_%s %.0f", short(p.users), p.name, m.rate())
		r.say("bytes_per_user_%s_%s %.0f", short(p.users), p.name, perUser(p.memory.heap, p.result))
	}
}

func (r *report) bytes() {
	r.say("\n# bytes a user")
	head := fmt.Sprintf("#   %-24s", "")
	for _, p := range r.done {
		head += fmt.Sprintf(" %12d", p.users)
	}
	r.say("%s", head)
	row := func(name string, of func(*result) float64) {
		text := fmt.Sprintf("#   %-24s", name)
		for _, p := range r.done {
			text += fmt.Sprintf(" %12.2f", of(p))
		}
		r.say("%s", text)
	}
	for i, l := range lines(r.done[0].memory.state) {
		row(l.name, func(p *result) float64 { return perUser(lines(p.memory.state)[i].bytes, p) })
	}
	row("sum", func(p *result) float64 { return perUser(p.memory.state.Sum(), p) })
	row("heap, measured", func(p *result) float64 { return perUser(p.memory.heap, p) })
	row("RSS of the process", func(p *result) float64 { return perUser(p.memory.rss, p) })
	row("its high-water mark", func(p *result) float64 { return perUser(p.memory.highWater, p) })
}

func perUser(bytes uint64, p *result) float64 {
	return float64(bytes) / float64(max(1, p.memory.users))
}

// short writes a number of users as 10m or 100k.
func short(n int) string {
	switch {
	case n%million == 0:
		return fmt.Sprintf("%dm", n/million)
	case n%1000 == 0:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}

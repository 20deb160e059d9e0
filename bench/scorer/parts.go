package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"

	"github.com/google/pprof/profile"
)

// part is something that an event's time goes to.
type part int

const (
	decoding part = iota
	lookUp
	window
	judging
	assessing
	timing
	moving
	telling
	counting
	collecting
	loop
	rest
	partCount
)

var partNames = [partCount]string{
	"decode", "look-up", "window", "judging", "assessment and risk", "timers", "blocks moved", "decisions and cohorts", "activity and clock",
	"garbage collection", "the bench's own loop", "other",
}

// parts is how a stretch's time divides.
type parts struct {
	stretch
	samples [partCount]int64
	profile *profile.Profile
}

// parts lets events through under the CPU profiler, and gives each sample to the part that the innermost function known to parted
// belongs to: what is inlined counts as what it was written as, and a cache miss for whoever waited for it.
func (b *runner) parts(o *options) (p parts, err error) {
	var buffer bytes.Buffer
	if err := pprof.StartCPUProfile(&buffer); err != nil {
		return p, fmt.Errorf("profile: %w", err)
	}
	p.stretch, err = b.stretch(o.events/2, never, b.batched)
	pprof.StopCPUProfile()
	if err != nil {
		return p, err
	}
	parsed, err := profile.ParseData(buffer.Bytes())
	if err != nil {
		return p, fmt.Errorf("profile: %w", err)
	}
	p.profile = parsed
	for _, s := range parsed.Sample {
		if at := partOf(stack(s)); at < partCount {
			p.samples[at] += s.Value[0]
		}
	}
	return p, nil
}

// keep writes profiles as one to a file, if one is named, without where the program lay: builds are guided by it, on any machine.
func keep(path string, all ...*profile.Profile) error {
	if path == "" {
		return nil
	}
	p, err := profile.Merge(all)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	for _, m := range p.Mapping {
		m.File = ""
	}
	var compressed bytes.Buffer
	if err := p.Write(&compressed); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return os.WriteFile(path, compressed.Bytes(), 0o644)
}

// stack lists a sample's functions, the innermost first.
func stack(s *profile.Sample) (functions []string) {
	for _, l := range s.Location {
		for _, line := range l.Line {
			functions = append(functions, line.Function.Name)
		}
	}
	return functions
}

// known says which part functions belong to whose names begin like this. Of two that fit, the first one counts.
var known = [...]struct {
	prefix string
	part   part
}{
	{"winback/schemas/mapping.", decoding},
	{"winback/scorer/risk.", assessing}, {"winback/scorer/alive.", assessing}, {"winback/scorer/tags.", assessing},
	{"winback/scorer.(*Rules).assess", assessing}, {"winback/scorer.(*Rules).judgeAssessment", assessing}, {"winback/scorer.(*Rules).nextAssessment", assessing},
	{"winback/scorer.(*tiers).", assessing},
	{"winback/scorer.(*Rules).Judge", judging}, {"winback/scorer.(*Rules).Trim", judging}, {"winback/scorer.(*Rules).Forget", judging},
	{"winback/scorer.(*Rules).Step", window},
	{"winback/pipeline/state.(*timers).", timing},
	{"winback/pipeline/state.(*blocks).reserve", moving}, {"winback/pipeline/state.(*blocks).trim", moving}, {"winback/pipeline/state.(*blocks).remove", moving},
	{"winback/pipeline/state.(*users).find", lookUp}, {"winback/pipeline/state.(*prefetcher).", lookUp}, {"winback/pipeline/state.prefetch", lookUp},
	{"winback/pipeline/state.(*Partition).report", telling}, {"winback/pipeline/state.(*Partition).forget", judging},
	{"winback/pipeline/state.(*minutes).", counting}, {"winback/pipeline/state.(*population).", counting}, {"winback/pipeline/state.(*clock).", counting},
	{"winback/pipeline/state.(*Partition).judge", judging},
	{"winback/pipeline/state.(*Partition).catchUp", judging},
	{"winback/pipeline/state.(*Partition).step", window},
	{"winback/pipeline/state.(*Partition).add", counting}, {"winback/pipeline/state.(*Partition).pass", counting},
	{"winback/pipeline/state.(*Partition).AddAll", lookUp},
	{"main.(*runner).gather", loop}, {"main.(*runner).batched", loop}, {"main.(*runner).check", loop},
	{"runtime.gcBgMarkWorker", collecting}, {"runtime.bgsweep", collecting}, {"runtime.bgscavenge", collecting},
}

// partOf returns the part of a stack, innermost first; partCount for what is done while no time is taken.
func partOf(functions []string) part {
	for _, f := range functions {
		for _, k := range known {
			if strings.HasPrefix(f, k.prefix) {
				return k.part
			}
		}
		if f == "main.(*chunk).fill" || f == "main.(*runner).timed" {
			return partCount
		}
	}
	return rest
}

// share is a part's share of the samples.
func (p *parts) share(of part) float64 {
	all := int64(0)
	for _, n := range p.samples {
		all += n
	}
	return float64(p.samples[of]) / float64(max(1, all))
}

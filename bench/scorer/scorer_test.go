package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"regexp"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"winback/bench/load"
	"winback/bench/measure"
	"winback/schemas"
)

func small(t *testing.T, args ...string) (*options, *engine) {
	t.Helper()
	o, err := parse(args, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEngine(&o, "")
	if err != nil {
		t.Fatal(err)
	}
	return &o, e
}

// mustCopy skips a test that needs a copied population where the build has none.
func mustCopy(t *testing.T) {
	t.Helper()
	if !canCopy {
		t.Skip("copied populations need -tags bench, as make test has it")
	}
}

// TestRun goes all the way with few users and reads what programs would.
func TestRun(t *testing.T) {
	for _, fill := range []string{"clone", "2"} {
		if fill == "clone" && !canCopy {
			continue
		}
		var out bytes.Buffer
		if err := run(t.Context(), []string{"-users=1000,2000", "-template=200", "-events=8000", "-tags", "-presets=ecommerce", "-fill=" + fill}, &out); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		lines := strings.Split(strings.TrimSpace(text), "\n")
		var names []string
		for _, line := range lines[len(lines)-9:] {
			name, value, _ := strings.Cut(line, " ")
			names = append(names, name)
			if v, err := strconv.ParseFloat(value, 64); err != nil || v <= 0 && !strings.HasPrefix(name, "rss") && !strings.HasPrefix(name, "ns_per_id") {
				t.Errorf("%s: %q", name, value)
			}
		}
		if want := []string{"events_per_s_1k", "events_per_s_2k", "bytes_per_user_2k", "rss_bytes_2k", "gc_pause_us_p99", "bytes_per_million_ids", "ns_per_id_2k", "events_per_s_1k_ecommerce", "bytes_per_user_1k_ecommerce"}; !slices.Equal(names, want) {
			t.Errorf("the last lines are %v, not %v", names, want)
		}
		benchmark := regexp.MustCompile(`(?m)^BenchmarkScorer/users=\d+(/\S+)?-1 \d+( [\d.]+ \S+)+$`)
		if n := len(benchmark.FindAllString(text, -1)); n < 10 || n != strings.Count(text, "\nBenchmark") {
			t.Errorf("%d benchmark lines that can be read of %d:\n%s", n, strings.Count(text, "\nBenchmark"), text)
		}
	}
}

func TestOptionsTellEveryFault(t *testing.T) {
	_, err := parse([]string{"-users=100,x", "-fill=84", "-template=30", "-events=0"}, t.Output())
	for _, want := range []string{`"x"`, `"84"`, "multiple of -template (30)", "-events"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	o, err := parse([]string{"-short"}, t.Output())
	if err != nil || !slices.Equal(o.users, []int{100_000}) || o.fill != 0 {
		t.Errorf("-short: %+v, %v", o, err)
	}
}

// TestCopiesGoOnAsTheirOriginals compares the rates of a copied population by pattern with what each pattern leaves.
func TestCopiesGoOnAsTheirOriginals(t *testing.T) {
	const users, copies, days = 300, 20, 4
	o, e := small(t, "-users=6000", "-template=300")
	from := &past{config: o.population(users)}
	var err error
	if from.patterns, err = load.New(from.config); err != nil {
		t.Fatal(err)
	}
	s, err := from.stream(e, copies)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]int{}
	var event load.Event
	for s.next(&event) && event.Time < from.config.End+days*day {
		seen[event.User]++
	}
	var expected, got float64
	perCopy := make([]int, copies)
	for user := range users {
		pattern := from.patterns.Pattern(user)
		for copied := range copies {
			n := seen[s.number(user, copied)]
			if pattern.Kind == load.Silent && n > 0 {
				t.Fatalf("user %d fell silent, and copy %d is not", user, copied)
			}
			perCopy[copied] += n
			got += float64(n)
		}
		for d := range days {
			expected += pattern.Rate(from.config.End+int64(d)*day) * from.patterns.SessionsPerDay(user) * from.config.EventsPerSession * copies
		}
	}
	if math.Abs(got/expected-1) > 0.1 {
		t.Errorf("%.0f events of %.0f expected", got, expected)
	}
	if least, most := slices.Min(perCopy), slices.Max(perCopy); 2*least < most {
		t.Errorf("the copies' shares differ: %v", perCopy)
	}
}

func TestAlikeKeepsThePhase(t *testing.T) {
	const users, copies = 500, 7
	_, e := small(t)
	numbers := numbersByPhase(e.phaseOf, users, copies)
	s := stream{numbers: numbers, copies: copies}
	for user := range users {
		for copied := range copies {
			id, original := load.AppendKey(nil, s.number(user, copied)), load.AppendKey(nil, user)
			if e.phaseOf(id) != e.phaseOf(original) {
				t.Fatalf("%s is %s's copy and has another phase", id, original)
			}
		}
	}
	slices.Sort(numbers)
	if n := len(slices.Compact(numbers)); n != users*copies {
		t.Errorf("%d numbers for %d users", n, users*copies)
	}
}

// TestCopiedPartition lets a partition be copied and finds every copy in the state of its original.
func TestCopiedPartition(t *testing.T) {
	mustCopy(t)
	const users, copies = 100, 3
	o, e := small(t, "-users=300", "-template=100")
	from, err := newPast(t.Context(), e, o.population(users))
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := newRunner(t.Context(), e, o, from, &result{users: users * copies})
	if err != nil {
		t.Fatal(err)
	}
	watermark, _ := from.partition.Watermark()
	h := watermark / hour * hour
	if got := b.partition.Users(); got != copies*from.partition.Users() {
		t.Fatalf("%d users of %d times %d", got, copies, from.partition.Users())
	}
	for user := range users {
		original, known := from.partition.View(string(load.AppendKey(nil, user)), h)
		for copied := range copies {
			id := string(load.AppendKey(nil, b.stream.number(user, copied)))
			person, found := b.partition.View(id, h)
			original.ID = id
			if found != known || found && fmt.Sprint(person) != fmt.Sprint(original) {
				t.Fatalf("copy %d of user %d: %v, the original %v", copied, user, person, original)
			}
		}
	}
}

func TestPartsByInnermostFunction(t *testing.T) {
	for _, c := range []struct {
		want  part
		stack []string
	}{
		{decoding, []string{"winback/schemas/mapping.(*Decoder).Decode", "main.(*runner).gather"}},
		{window, []string{"winback/scorer.(*Rules).unpack", "winback/scorer.(*Rules).Step", "winback/pipeline/state.(*Partition).step"}},
		{judging, []string{"winback/scorer.(*Rules).unpack", "winback/scorer.(*Rules).Judge", "winback/pipeline/state.(*Partition).judge"}},
		{assessing, []string{"winback/scorer/risk.(*Scorer).Risk", "winback/scorer.(*Rules).Judge"}},
		{moving, []string{"runtime.memmove", "winback/pipeline/state.(*blocks).reserve", "winback/pipeline/state.(*users).findOrCreate"}},
		{lookUp, []string{"winback/pipeline/state.(*users).isUser", "winback/pipeline/state.(*users).findOrCreate"}},
		{timing, []string{"winback/pipeline/state.(*timers).takeDue", "winback/pipeline/state.(*Partition).judgeDue"}},
		{collecting, []string{"runtime.scanobject", "runtime.gcBgMarkWorker"}},
		{loop, []string{"runtime.memmove", "main.(*runner).gather"}},
		{rest, []string{"runtime.futex"}},
		{partCount, []string{"winback/bench/load.(*Generator).AppendJSON", "main.(*chunk).fill"}},
	} {
		if got := partOf(c.stack); got != c.want {
			t.Errorf("%v: %d, not %d", c.stack, got, c.want)
		}
	}
	p := parts{}
	p.samples[decoding], p.samples[window] = 3, 1
	if p.share(decoding) != 0.75 || p.share(judging) != 0 {
		t.Errorf("shares %g and %g", p.share(decoding), p.share(judging))
	}
}

func TestPausesByTheirUpperEnds(t *testing.T) {
	h := func(counts ...uint64) *metrics.Float64Histogram {
		return &metrics.Float64Histogram{Counts: counts, Buckets: []float64{0, 1, 2, 3, math.Inf(1)}}
	}
	for _, c := range []struct {
		after        *metrics.Float64Histogram
		p99, longest float64
	}{
		{h(105, 7, 0, 0), 1, 1},
		{h(104, 107, 1, 0), 2, 3},
		{h(5, 8, 0, 1), 3, 3},
		{h(5, 7, 0, 0), 0, 0},
	} {
		var d durations
		d.add(h(5, 7, 0, 0), c.after)
		if p99, longest := d.quantile(0.99), d.quantile(1); p99 != c.p99 || longest != c.longest {
			t.Errorf("%v: p99 %g, longest %g", c.after.Counts, p99, longest)
		}
	}
}

func TestStretches(t *testing.T) {
	at := func(events int, wall time.Duration) stretch {
		return stretch{events: events, cost: measure.Cost{Wall: wall, CPU: wall / 2}}
	}
	all := []stretch{at(100, time.Second), at(400, time.Second), at(200, time.Second), at(300, time.Second)}
	if m := median(all); m.events != 200 {
		t.Errorf("median %v", m)
	}
	if s := sum(all); s.rate() != 250 || s.wall() != 4e6 || s.cpu() != 2e6 {
		t.Errorf("%g events/s, %g ns, %g ns of CPU", s.rate(), s.wall(), s.cpu())
	}
	if q := quantile([]uint32{1, 2, 3, 4}, 0.5); q != 3 || quantile(nil, 0.5) != 0 || quantile([]uint32{7}, 1) != 7 {
		t.Errorf("quantiles %v", q)
	}
}

// TestMemoryAddsUp holds the table's sum against the heap: it names what there is.
func TestMemoryAddsUp(t *testing.T) {
	mustCopy(t)
	o, e := small(t, "-users=20000", "-template=1000")
	from, err := newPast(t.Context(), e, o.population(o.template))
	if err != nil {
		t.Fatal(err)
	}
	b, before, err := newRunner(t.Context(), e, o, from, &result{users: o.users[0]})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.stretch(20_000, never, b.batched); err != nil {
		t.Fatal(err)
	}
	f := b.footprint(before)
	runtime.KeepAlive(from)
	if ratio := float64(f.state.Sum()) / float64(f.heap); ratio < 0.95 || ratio > 1.05 {
		t.Errorf("the parts sum up to %d of %d bytes on the heap: %+v", f.state.Sum(), f.heap, f.state)
	}
	named := uint64(0)
	for _, l := range lines(f.state) {
		named += l.bytes
	}
	if named != f.state.Sum() || f.state.Tracks == 0 || f.state.Slots != 64*uint64(f.users) {
		t.Errorf("the lines sum up to %d of %d: %+v", named, f.state.Sum(), f.state)
	}
}

func TestRefusedEventsEndTheRun(t *testing.T) {
	o, e := small(t, "-users=100", "-fill=1")
	b, _, err := newRunner(t.Context(), e, o, nil, &result{users: 100})
	if err != nil {
		t.Fatal(err)
	}
	b.partition.Limit(0)
	if _, err := b.stretch(100, never, b.batched); err == nil || !strings.Contains(err.Error(), schemas.Future.String()) {
		t.Errorf("batched: %v", err)
	}
	if _, err := b.stretch(100, never, b.oneByOne); err == nil {
		t.Error("one by one: no error")
	}
	if _, err := b.stretch(unlimited, b.borderAfter(365*day), func(int, int) error { return nil }); err == nil {
		t.Error("the stream had no end")
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, []string{"-users=1000", "-template=100", "-events=1000"}, &bytes.Buffer{}); err == nil {
		t.Error("no error")
	}
}

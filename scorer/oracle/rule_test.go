package oracle

import (
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"winback/scorer/tags"
)

// manual lists the rules of docs/tags.md.
func manual(t *testing.T) (all []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/tags.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```rule\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		all = append(all, strings.Split(strings.TrimSpace(block[1]), "\n")...)
	}
	for _, when := range regexp.MustCompile(`(?m)when: ([a-z][^#\n]*)`).FindAllStringSubmatch(string(text), -1) {
		all = append(all, strings.TrimSpace(when[1]))
	}
	if len(all) < 18 {
		t.Fatalf("%d rules in the manual", len(all))
	}
	return all
}

// TestBothReadingsOfARuleAgree reads the manual's rules, and others with all there is in the language, by the scorer's parser too, hands its
// program what the events add up to, and compares.
func TestBothReadingsOfARuleAgree(t *testing.T) {
	all := append(slices.Sorted(maps.Keys(rules())), manual(t)...)
	all = append(all,
		"not count(view, 30d) > 3 and count(order, 30d) > 0 or days(any, 2w) >= 4",
		"not (count(view, 30d) > 3 and not count(order, 30d) > 0 or days(any, 2w) >= 4)",
		`count('view'|"order", category='it\'s', weekdays=mon|tue|thu, 30d) = 1 or months(any, hours=6-18) < 2`,
		"months(order) <= 1 and months(view, category=shoes) != 1 or months(any) > 2",
		"average(view|order, hours=22-02, 4w) > 1m30s or duration(any, 36h) = 0s",
	)
	cfg := testConfig()
	cfg.Metrics = append(cfg.Metrics, Metric{Name: "views", Types: []string{"view", "search", "compare", "share", "Product Viewed"}, Adds: Count})
	asked, held := 0, 0
	for _, text := range all {
		tag, err := ParseTag("tag", text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		other, err := tags.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for seed := range uint64(30) {
			rng := rand.New(rand.NewPCG(seed, 9))
			events := Random(rng, cfg, 1, 120)
			for range 5 {
				border := cfg.grainEnd(Origin + rng.Int64N(150*day))
				got, want := tag.Holds(events, border), other.Eval(valuesOf(other.Selectors(), events, border))
				if got != want {
					t.Fatalf("%s: seed %d, %s: %v here, %v there", text, seed, formatTime(border), got, want)
				}
				if asked++; got {
					held++
				}
			}
		}
	}
	if held < asked/10 || held > asked*9/10 {
		t.Errorf("%d of %d hold: that shows nothing", held, asked)
	}
	t.Logf("counts: %d rules, %d evaluations; both readings agree", len(all), asked)
}

// valuesOf adds up what the scorer's selectors ask for.
func valuesOf(selectors []tags.Selector, events []Event, border int64) []int64 {
	values := make([]int64, len(selectors))
	for i, s := range selectors {
		p := Pick{Types: s.Types, Category: s.Category, Window: s.Window}
		for hour := range 24 {
			if s.Hours>>hour&1 == 1 {
				p.Hours = append(p.Hours, hour)
			}
		}
		for day := range 7 { // there Monday is 0, here Sunday is
			if s.Weekdays>>day&1 == 1 {
				p.Weekdays = append(p.Weekdays, time.Weekday((day+1)%7))
			}
		}
		value := map[tags.Quantity]Value{
			tags.Count: p.Count(), tags.Amount: p.Amount(), tags.Duration: p.Duration(), tags.Days: p.Days(), tags.Months: p.Months(s.MaxMonths),
		}[s.Quantity]
		values[i], _ = value.of(events, border)
	}
	return values
}

func TestWhatIsNoRuleIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "count", "count(view, 30d)", "count(view, 30d) >", "count(view, 30d) > x", "count(view, 30d) > 5 5", "count(view 30d) > 5", "(count(view, 30d) > 5",
		"count(view, 30d) > 5 or", "not", "cuont(view, 30d) > 5", "count(view, colour=red, 30d) > 5", "count(view, 30) > 5", "average(view, 30d) < 15",
		"count(view, hours=25-02, 30d) > 5", "count(view, weekdays=someday, 30d) > 5", "count(view, 30d) ~ 5", "count(view, 30d) > 5)",
	} {
		if _, err := ParseTag("tag", text); err == nil {
			t.Errorf("%q was read as a rule", text)
		}
	}
}

package scorer

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"winback/schemas"
	"winback/scorer/risk"
	"winback/scorer/tags"
	"winback/scorer/track"
)

// rulesOfGrain count days, so that cells are kept apart by them.
func rulesOfGrain(t *testing.T, grain schemas.Duration) *Rules {
	t.Helper()
	c := Defaults()
	c.Grain = grain
	c.Metrics = append(c.Metrics, Metric{Name: "days", Types: []string{"visit"}, Adds: Days})
	vocabulary, err := c.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	r, err := Compile(c, vocabulary, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A cell's grain and shift say as much of an event's time and offset as its day and, where grains are short enough, its hour are.
func TestACellLiesInTheDayAndHourThatTheUsersClockShowed(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, grain := range []schemas.Duration{60_000, 90_000, 10 * 60_000, 40 * 60_000, 45 * 60_000, hour, 2 * hour, 8 * hour, day} {
		r := rulesOfGrain(t, grain)
		for range 20_000 {
			e := schemas.Event{Time: rng.Int64N(100 * 365 * dayMillis), Offset: int16(rng.IntN(2*schemas.MaxOffset+1) - schemas.MaxOffset)}
			if rng.IntN(4) == 0 {
				e.Time -= e.Time % (30 * 60_000) // on an edge
				e.Time += rng.Int64N(3) - 1 + 30*60_000
			}
			cell := track.Cell{Grain: r.GrainOf(e.Time)}
			cell.Shift = r.shiftOf(&e, cell.Grain)
			shown := time.UnixMilli(e.Time + int64(e.Offset)*60_000).UTC()
			if got := time.Unix((int64(r.ownDay(&cell))-1)*(dayMillis/1000), 0).UTC(); got.Format(time.DateOnly) != shown.Format(time.DateOnly) {
				t.Fatalf("grain %v, %+v: the clock showed %v, and the cell %+v lies in %v", grain, e, shown, cell, got)
			}
			if grain <= hour && !r.selects(&selector{Selector: hourOf(shown)}, &cell) {
				t.Fatalf("grain %v, %+v: the clock showed %v, and the cell is %+v", grain, e, shown, cell)
			}
		}
	}
}

// Cells of a long grain are kept apart by the users' own days only where something asks for those.
func TestLongGrainsHaveAShiftWhereDaysAreAskedFor(t *testing.T) {
	plain := Defaults()
	plain.Grain, plain.Risk.Threshold = day, 30
	metric, tag := plain, plain
	metric.Metrics = append(slices.Clone(plain.Metrics), Metric{Name: "days", Types: []string{"visit"}, Adds: Days})
	tag.Tags = []tags.Tag{{Name: "regular", When: "days(visit, 30d) >= 8"}}
	model := &risk.Model{
		Format: risk.Format, Name: "alive", Features: []risk.Feature{{Name: "recency", Points: []float64{0}}}, HorizonDays: 30, ActiveDays: 28,
		Metrics: []string{"orders"}, Alive: &risk.Alive{Metric: "orders", UnitDays: 7, R: 1, Alpha: 1, A: 1, B: 1},
	}
	e := schemas.Event{Time: 1_700_000_000_000, Offset: 14 * 60}
	for name, test := range map[string]struct {
		Config
		model *risk.Model
		want  int8
	}{"nothing": {plain, nil, 0}, "a metric": {metric, nil, 1}, "a tag": {tag, nil, 1}, "P(alive)": {plain, model, 1}} {
		vocabulary, err := test.Vocabulary()
		if err != nil {
			t.Fatal(err)
		}
		r, err := Compile(test.Config, vocabulary, test.model)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.shiftOf(&e, r.GrainOf(e.Time)); got != test.want {
			t.Errorf("%s asks for days: shift %d, want %d", name, got, test.want)
		}
	}
}

// Days come forwards, backwards, with pauses of any length, and turn round, as they do where the windows meet.
func TestADaySetCountsEachDayOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2_000 {
		var set DaySet
		seen, utc := map[uint32]bool{}, uint32(20_000)
		step := func(sign int64) {
			own := utc + 1 + uint32(rng.IntN(3)) - 1
			if isNew := set.Add(utc, own); isNew == seen[own] {
				t.Fatalf("day %d of UTC, day %d: new %v, and there were %v", utc, own, isNew, seen)
			}
			seen[own] = true
			utc = uint32(int64(utc) + sign*[]int64{0, 0, 1, 1, 2, 5, 31, 40, 64, 1000}[rng.IntN(10)])
		}
		for range 30 {
			step(-1)
		}
		set, seen = DaySet{}, map[uint32]bool{} // those of the baseline near its end, then on from there
		for range 5 {
			step(0)
		}
		utc--
		step(0)
		utc++
		for range 30 {
			step(1)
		}
	}
}

// hourOf asks for the hour and the weekday of a time.
func hourOf(t time.Time) tags.Selector {
	return tags.Selector{Hours: 1 << t.Hour(), Weekdays: 1 << ((int(t.Weekday()) + 6) % 7)}
}

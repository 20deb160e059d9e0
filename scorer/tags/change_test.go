package tags

import (
	"math/rand/v2"
	"testing"
)

// Whatever values fall to, amounts aside, tags that cannot change do not.
func TestTagsThatCannotChangeDoNotWhateverTheValuesFallTo(t *testing.T) {
	rules := []string{
		"count(any, 30d) >= 10", "count(any, 30d) >= 10 and share(any, hours=22-02, 30d) >= 0.5", "count(view, 30d) >= 20 and count(order, 30d) = 0",
		"count(compare, 30d) >= 3 or count(view, 7d) >= 15 and days(view, 7d) <= 2 and count(order, 7d) = 0", "not count(view, 30d) = 3",
		"count(view, 30d) >= 10 and average(view, 30d) < 15s", "amount(order, 90d) > 100", "months(order) >= 3", "count(view, 30d) != 0",
		"share(view, weekdays=sat|sun, 30d) = 0", "not (count(view, 7d) > 2 or days(view, 7d) > 1)", "share(order, category=shoes, 30d) < 0.1",
	}
	rng := rand.New(rand.NewPCG(3, 4))
	stays, changes := 0, 0
	for _, text := range rules {
		set, err := Compile([]Tag{{"first", text}, {"second", rules[rng.IntN(len(rules))]}})
		if err != nil {
			t.Fatal(err)
		}
		values, lower := make([]int64, len(set.Selectors())), make([]int64, len(set.Selectors()))
		for range 3000 {
			for i := range values {
				values[i] = rng.Int64N([]int64{1, 5, 25, 500_000}[rng.IntN(4)])
			}
			if set.CanChange(values) {
				changes++
				continue
			}
			stays++
			for range 20 {
				for i, s := range set.Selectors() {
					if lower[i] = rng.Int64N(values[i] + 1); s.Quantity == Amount {
						lower[i] = rng.Int64N(1000) - 500
					}
				}
				if was, is := set.Eval(values), set.Eval(lower); was != is {
					t.Fatalf("%s: %b at %v becomes %b at %v", text, was, values, is, lower)
				}
			}
		}
	}
	t.Logf("%d times tags can change, %d times not", changes, stays)
	if stays == 0 || changes == 0 {
		t.Error("the sample shows little")
	}
}

func TestACountOnItsWayDownPassesEveryNumber(t *testing.T) {
	set, err := Compile([]Tag{{"three", "count(view, 7d) = 3"}})
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[int64]bool{0: false, 2: false, 3: true, 7: true} {
		if got := set.CanChange([]int64{value}); got != want {
			t.Errorf("from %d it can change: %v, want %v", value, got, want)
		}
	}
}

package clickhouse

import (
	"context"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"winback/pipeline/delivery"
	"winback/pipeline/delivery/deliverytest"
)

// Owners come, cut the same log into other inserts, and die. Whatever spans a border, a flush or a restart, two of all these inserts share a
// token only if ClickHouse may drop the second: if they are of the same place and have the same rows.
func TestInsertsOfAllOwnersShareATokenOnlyIfTheyAreTheSame(t *testing.T) {
	world, err := deliverytest.NewWorld(40, 40)
	if err != nil {
		t.Fatal(err)
	}
	all, s := tables("winback"), newScratch()
	same, standStill := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := world.Anew()
		for range rapid.IntRange(1, 4).Draw(t, "owners") {
			owner := deliverytest.Owner{
				Config: delivery.Config{FlushEvery: 1, FlushRows: rapid.IntRange(1, 40).Draw(t, "rows")},
				Drain:  rapid.IntRange(0, 5).Draw(t, "drain"), Batch: rapid.IntRange(1, 60).Draw(t, "batch"),
			}
			point, nth := rapid.SampledFrom(delivery.Points()).Draw(t, "point"), rapid.IntRange(0, 60).Draw(t, "nth")
			owner.Hook = func(_ int32, p delivery.Point) error {
				if p != point {
					return nil
				}
				if nth--; nth < 0 {
					return deliverytest.ErrDied
				}
				return nil
			}
			if err := w.Own(context.Background(), owner); err != nil && !errors.Is(err, deliverytest.ErrDied) {
				t.Fatal(err)
			}
		}
		for i := range all {
			seen := map[string]string{}
			places := map[[3]int64]bool{}
			for _, rows := range w.Inserts {
				if all[i].count(rows) == 0 {
					continue
				}
				token, holds := all[i].token(s, rows), content(all[i].name, rows)
				before, again := seen[token]
				if again && before != holds {
					t.Errorf("token %s names both\n%s\nand\n%s", token, before, holds)
				}
				if again {
					same++
				}
				place := [3]int64{rows.From, rows.To, rows.Watermark}
				if all[i].name == "transitions" && places[place] && !again {
					standStill++
				}
				seen[token], places[place] = holds, true
			}
			if distinct := distinct(seen); distinct != len(seen) {
				t.Errorf("%s: %d tokens of %d different inserts", all[i].name, len(seen), distinct)
			}
		}
	})
	if same == 0 || standStill == 0 {
		t.Errorf("%d inserts came again, %d had other rows at the same place: the test shows nothing", same, standStill)
	}
}

func distinct(m map[string]string) int {
	values := map[string]bool{}
	for _, v := range m {
		values[v] = true
	}
	return len(values)
}

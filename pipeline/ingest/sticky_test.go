package ingest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/segmentio/kafka-go"
	"pgregory.net/rapid"
)

// Whatever the members had: every partition has one owner, the loads differ by one at most, and a member keeps what
// only it had as far as the spread allows.
func TestStickyAssignment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(0, 30).Draw(t, "partitions")
		var partitions []kafka.Partition
		for id := range count {
			partitions = append(partitions, kafka.Partition{Topic: "clicks", ID: id})
		}
		var members []kafka.GroupMember
		had := map[string][]int{}
		claimed := map[int]int{}
		for i := range rapid.IntRange(1, 7).Draw(t, "members") {
			id := fmt.Sprint("m", i)
			had[id] = rapid.SliceOfNDistinct(rapid.IntRange(0, 32), 0, 12, rapid.ID[int]).Draw(t, id)
			for _, p := range had[id] {
				claimed[p]++
			}
			data, err := json.Marshal(map[string][]int{"clicks": had[id]})
			if err != nil {
				t.Fatal(err)
			}
			if rapid.IntRange(0, 5).Draw(t, "foreign") == 0 {
				data, had[id] = []byte("\x00not json"), nil
			}
			members = append(members, kafka.GroupMember{ID: id, Topics: []string{"clicks"}, UserData: data})
		}
		all := new(stickyBalancer).AssignGroups(members, partitions)

		var owned []int
		least, most := count, 0
		for _, m := range members {
			got := all[m.ID]["clicks"]
			owned = append(owned, got...)
			least, most = min(least, len(got)), max(most, len(got))
		}
		slices.Sort(owned)
		if len(owned) != count || len(slices.Compact(owned)) != count {
			t.Fatalf("owned %v of %d", owned, count)
		}
		if most-least > 1 {
			t.Fatalf("loads from %d to %d", least, most)
		}
		for _, m := range members {
			kept, sole := 0, 0
			for _, p := range had[m.ID] {
				if slices.Contains(all[m.ID]["clicks"], p) {
					kept++
				}
				if p < count && claimed[p] == 1 {
					sole++
				}
			}
			if kept < min(sole, least) {
				t.Fatalf("%s kept %d of the %d that only it had, although each member gets %d at least", m.ID, kept, sole, least)
			}
		}
	})
}

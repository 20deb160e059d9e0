package schemas_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"winback/schemas"
)

func TestVocabularyNumbersNamesInOrder(t *testing.T) {
	v, err := schemas.NewVocabulary([]string{"view", "order", "view"})
	if err != nil {
		t.Fatal(err)
	}
	if v.Len() != 3 || v.Lookup([]byte("order")) != 1 || v.Lookup([]byte("view")) != 2 || v.Name(2) != "view" {
		t.Error(v)
	}
	if v.Lookup([]byte("visit")) != schemas.OtherType || v.Name(schemas.OtherType) != "other" {
		t.Error("a type that no metric names is not the other type")
	}
	if n := testing.AllocsPerRun(10, func() { v.Lookup([]byte("order")) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestAVocabularyKnowsWhatIsAddedUp(t *testing.T) {
	v, err := schemas.NewVocabulary([]string{"order", "other", "view"})
	if err != nil {
		t.Fatal(err)
	}
	summed := v.WithSums([]string{"order", "other", "never named"}, []string{schemas.AnyType})
	for id := range schemas.TypeID(v.Len()) {
		if v.SumsAmounts(id) || v.SumsDurations(id) {
			t.Errorf("type %d is added up before anybody said so", id)
		}
		name := v.Name(id)
		if want := id != schemas.OtherType && name != "view"; summed.SumsAmounts(id) != want || !summed.SumsDurations(id) || summed.Name(id) != name {
			t.Errorf("type %d, %s: %v, %v", id, name, summed.SumsAmounts(id), summed.SumsDurations(id))
		}
	}
}

func TestVocabularyHasALimit(t *testing.T) {
	names := make([]string, schemas.MaxTypes)
	for i := range names {
		names[i] = fmt.Sprint("t", i)
	}
	v, err := schemas.NewVocabulary(names)
	if err != nil || v.Len() != schemas.MaxTypes+1 || v.Name(schemas.TypeID(v.Len()-1)) != "t99" {
		t.Errorf("%d types: %v", len(names), err)
	}
	if _, err = schemas.NewVocabulary(append(names, "one more")); err == nil || !strings.Contains(err.Error(), "256") {
		t.Errorf("one more: %v", err)
	}
}

func TestReasonsHaveNames(t *testing.T) {
	seen := map[string]bool{schemas.Accepted.String(): true}
	for _, reason := range schemas.Reasons() {
		if name := reason.String(); name == "" || name == "unknown" || seen[name] {
			t.Errorf("reason %d is named %q", reason, name)
		} else {
			seen[name] = true
		}
	}
	if len(seen) != int(schemas.ReasonCount) || schemas.Reason(200).String() != "unknown" {
		t.Errorf("%d reasons", len(seen))
	}
}

func TestTriggerIDsAreStable(t *testing.T) {
	id := schemas.NewTriggerID("u1", "winback", 1, 2)
	const want = "0eecb9ee1f70bf98d666e11c25307e1c" // consumers have seen it: it may not change
	if id.String() != want || id != schemas.NewTriggerID("u1", "winback", 1, 2) {
		t.Errorf("%s", id)
	}
	text, err := json.Marshal(id)
	var back schemas.TriggerID
	if err != nil || json.Unmarshal(text, &back) != nil || back != id {
		t.Errorf("%s came back as %s (%v)", id, back, err)
	}
	for _, bad := range []string{`""`, `"` + want[1:] + `"`, `"` + want + `0"`, `"x` + want[1:] + `"`} {
		if json.Unmarshal([]byte(bad), &back) == nil {
			t.Errorf("%s was read as an id", bad)
		}
	}
}

// Tuples whose parts run together to the same bytes have ids of their own, and so have all small ones.
func TestTriggerIDsDoNotCollide(t *testing.T) {
	seen := map[schemas.TriggerID]string{}
	note := func(user, journey string, episode, stage uint32) {
		id, tuple := schemas.NewTriggerID(user, journey, episode, stage), fmt.Sprintf("%q", []any{user, journey, episode, stage})
		if other, there := seen[id]; there && other != tuple {
			t.Errorf("%s and %s are both %s", tuple, other, id)
		}
		seen[id] = tuple
	}
	for _, cut := range []int{0, 1, 2, 3, 4} {
		note("abcd"[:cut], "abcd"[cut:], 1, 1)
	}
	note("a\x00", "b", 1, 1)
	note("a", "\x00b", 1, 1)
	note("", "", 0, 1)
	note("", "", 1, 0)
	note("\x00\x00\x00\x00\x00\x00\x00\x00", "", 0, 0)
	note("", "\x00\x00\x00\x00\x00\x00\x00\x00", 0, 0)
	before := len(seen)
	for user := range 200 {
		for episode := range uint32(20) {
			for stage := range uint32(4) {
				note(fmt.Sprint(user), "winback", episode, stage)
			}
		}
	}
	if got := len(seen) - before; got != 200*20*4 {
		t.Errorf("%d ids", got)
	}
}

func TestFaultsKeepTheirPlace(t *testing.T) {
	var inner, outer schemas.Faults
	inner.Add("types[1]", "%q is unknown", "x")
	inner.Add("[2]", "twice")
	inner.Add("", "missing")
	outer.Add("grain", "odd")
	outer.Under("metrics", fmt.Errorf("scorer: %w", errors.Join(inner.Err(), errors.New("broken"))))
	outer.Under("", inner.Err())
	outer.Under("nothing", nil)
	var got []string
	for _, fault := range schemas.FaultsOf(outer.Err()) {
		got = append(got, fault.Error())
	}
	want := []string{"grain: odd", `metrics.types[1]: "x" is unknown`, "metrics[2]: twice", "metrics: missing", "metrics: broken",
		`types[1]: "x" is unknown`, "[2]: twice", ": missing"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if schemas.Faults(nil).Err() != nil || schemas.FaultsOf(nil) != nil {
		t.Error("no fault is an error")
	}
}

func TestRowsAreEmptyUntilOneHolds(t *testing.T) {
	if rows := (schemas.Rows{Topic: "t", From: 1, To: 2}); !rows.Empty() {
		t.Error("rows without any are not empty")
	}
	for _, rows := range []schemas.Rows{
		{Activity: make([]schemas.Activity, 1)}, {Decisions: make([]schemas.Decision, 1)}, {Triggers: make([]schemas.Trigger, 1)},
		{Profiles: make([]schemas.Profile, 1)},
	} {
		if rows.Empty() || rows.Len() != 1 {
			t.Errorf("%v is empty", rows)
		}
	}
}

package pipeline

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"winback/pipeline/delivery"
	"winback/schemas"
)

func TestALineageReadsWhatItWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := lineage{
			topicID: rapid.StringMatching(`[A-Za-z0-9_-]{0,22}`).Draw(t, "topic"), partitions: rapid.IntRange(0, 1000).Draw(t, "partitions"),
			build:      schemas.Build{Name: rapid.StringMatching(`[a-zA-Z0-9 ._=/-]{0,40}`).Draw(t, "build"), Began: rapid.Int64().Draw(t, "began")},
			mutedUntil: rapid.Int64().Draw(t, "muted"),
		}
		note := delivery.Note{Newest: rapid.Int64().Draw(t, "newest"), Advanced: 5, Before: 6}
		text := note.String() + " " + want.text()
		if got := parseLineage(text); got != want {
			t.Errorf("%q reads as %+v, want %+v", text, got, want)
		}
		if got, ok := delivery.ParseNote(text); !ok || got != note {
			t.Errorf("%q has the note %+v (%v), want %+v", text, got, ok, note)
		}
	})
}

func TestABuildBeginsWhereNothingIsKnown(t *testing.T) {
	const hour = int64(schemas.Hour)
	note := delivery.Note{Newest: 100 * hour, Advanced: 99 * hour, Before: 7}
	ours := lineage{topicID: "id", partitions: 4, build: schemas.Build{Name: "group", Began: 1}}
	rebuilt := lineage{topicID: "id", partitions: 4, build: schemas.Build{Name: "group/spring", Began: 2}, mutedUntil: 50 * hour}
	for _, c := range []struct {
		name      string
		committed int64
		text      string
		rebuild   string
		want      start
	}{
		{"a new group begins at the first record", -1, "", "", start{
			lineage: lineage{"id", 4, schemas.Build{Name: "group", Began: 9}, 0}, delivered: delivery.Entry{To: 20}, begins: true,
		}},
		{"a group goes on", 30, note.String() + " " + ours.text(), "", start{lineage: ours, delivered: delivery.Entry{To: 30, Note: note}}},
		{"a rebuild goes on without being named", 30, note.String() + " " + rebuilt.text(), "", start{lineage: rebuilt, delivered: delivery.Entry{To: 30, Note: note}}},
		{"a rebuild that is named again goes on", 30, note.String() + " " + rebuilt.text(), "spring", start{lineage: rebuilt, delivered: delivery.Entry{To: 30, Note: note}}},
		{"a rebuild begins, and mutes what the build before has judged", 30, note.String() + " " + ours.text(), "spring", start{
			lineage: lineage{"id", 4, schemas.Build{Name: "group/spring", Began: 9}, 99*hour + hour/2}, delivered: delivery.Entry{To: 20}, begins: true,
		}},
		{"a rebuild of a new group mutes nothing", -1, "", "spring", start{
			lineage: lineage{"id", 4, schemas.Build{Name: "group/spring", Began: 9}, 0}, delivered: delivery.Entry{To: 20}, begins: true,
		}},
		{"an offset set by hand begins a build there", 30, "", "", start{
			lineage: lineage{"id", 4, schemas.Build{Name: "group", Began: 9}, 0}, delivered: delivery.Entry{To: 30}, begins: true,
		}},
		{"an offset that retention has passed says what is missing", 5, note.String() + " " + ours.text(), "", start{
			lineage: ours, delivered: delivery.Entry{To: 20, Note: note}, missing: 15,
		}},
	} {
		f := found{group: "group", topicID: "id", partitions: 4, first: 20, end: 40, committed: c.committed, text: c.text, lateness: hour / 2, now: 9}
		got, err := f.begin(c.rebuild)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got.lineage != c.want.lineage || got.delivered.To != c.want.delivered.To || got.delivered.Note != c.want.delivered.Note ||
			got.begins != c.want.begins || got.missing != c.want.missing {
			t.Errorf("%s:\n%+v, want\n%+v", c.name, got, c.want)
		}
	}
}

// Members that were stopped early leave a rebuild in some partitions only. Whoever starts next, with its name or without, brings the others to it.
func TestARebuildThatSomePartitionsHaveNotBegunBeginsThere(t *testing.T) {
	before := lineage{topicID: "id", partitions: 4, build: schemas.Build{Name: "group", Began: 1}}
	byHand := lineage{topicID: "id", partitions: 4, build: schemas.Build{Name: "group", Began: 8}}
	rebuilt := lineage{topicID: "id", partitions: 4, build: schemas.Build{Name: "group/spring", Began: 2}}
	note := delivery.Note{Newest: 5}.String() + " "
	for _, c := range []struct {
		name      string
		committed int64
		own       string
		others    []string
		want      string
		begins    bool
	}{
		{"in the build before", 30, note + before.text(), []string{note + rebuilt.text(), ""}, "group/spring", true},
		{"without an offset", -1, "", []string{note + rebuilt.text()}, "group/spring", true},
		{"in the rebuild", 30, note + rebuilt.text(), []string{note + before.text()}, "group/spring", false},
		{"set by hand", 30, "", []string{note + rebuilt.text()}, "group", true},
		{"set by hand before", 30, note + byHand.text(), []string{note + rebuilt.text()}, "group", false},
		{"another was set by hand", 30, note + rebuilt.text(), []string{note + byHand.text()}, "group/spring", false},
	} {
		f := found{
			group: "group", topicID: "id", partitions: 4, end: 40, committed: c.committed, text: c.own, newest: newestBuild(append(c.others, c.own)), now: 9,
		}
		got, err := f.begin("")
		if err != nil || got.lineage.build.Name != c.want || got.begins != c.begins {
			t.Errorf("%s: build %q, begins %v (%v): want %q, %v", c.name, got.lineage.build.Name, got.begins, err, c.want, c.begins)
		}
	}
}

func TestAnOffsetOfAnotherLogIsRefusedUnlessABuildBegins(t *testing.T) {
	ours := lineage{topicID: "id", partitions: 4, build: schemas.Build{Name: "group/spring", Began: 1}}
	text := delivery.Note{Newest: 1}.String() + " " + ours.text()
	for _, c := range []struct {
		name, want string
		change     func(*found)
	}{
		{"another topic", "made anew", func(f *found) { f.topicID = "other" }},
		{"more partitions", "had 4 partitions when group group committed offset 30 and has 8 now", func(f *found) { f.partitions = 8 }},
		{"a shorter log", "has committed offset 30, but the partition ends at 29", func(f *found) { f.end = 29 }},
	} {
		f := found{group: "group", topicID: "id", partitions: 4, end: 40, committed: 30, text: text}
		c.change(&f)
		for _, rebuild := range []string{"", "spring"} {
			if _, err := f.begin(rebuild); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "--rebuild") {
				t.Errorf("%s, rebuild %q: %v, want %q and the remedy", c.name, rebuild, err, c.want)
			}
		}
		if got, err := f.begin("summer"); err != nil || !got.begins || got.delivered.To != 0 {
			t.Errorf("%s, another rebuild: %+v, %v", c.name, got, err)
		}
	}
	unknown := found{group: "group", end: 40, committed: 30, text: text, partitions: 4} // a broker that tells no topic id
	if _, err := unknown.begin(""); err != nil {
		t.Errorf("a topic id that is not told: %v", err)
	}
}

func TestNamesOfBuilds(t *testing.T) {
	for name, good := range map[string]bool{"": true, "2026-11.rules_b": true, "a b": false, "-a": false, "a/b": false, strings.Repeat("a", 65): false} {
		if err := CheckBuildName(name); (err == nil) != good {
			t.Errorf("%q: %v, want it to be right: %v", name, err, good)
		}
	}
}

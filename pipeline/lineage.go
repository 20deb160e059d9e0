package pipeline

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"winback/pipeline/delivery"
	"winback/schemas"
)

// lineage says what a committed offset is an offset of: which topic, cut into how many partitions, and which build has come so far. It is
// committed with the offset, behind the delivery's note: an offset alone means something else in a topic that was made anew.
type lineage struct {
	topicID    string        // empty where the broker does not tell
	partitions int           // of the topic; 0 if unknown
	build      schemas.Build // its name is empty for offsets that were committed before builds had names
	mutedUntil int64         // see delivery.Options, Unix milliseconds
}

// text is what follows the delivery's note in the commit.
func (l lineage) text() string {
	return fmt.Sprintf("topic=%s partitions=%d began=%d muted=%d build=%s", l.topicID, l.partitions, l.build.Began, l.mutedUntil, l.build.Name)
}

// parseLineage reads what text has written behind a note. What is not there stays zero. The build stands last: a group's name may have spaces.
func parseLineage(text string) (l lineage) {
	text, l.build.Name, _ = strings.Cut(text, " build=")
	for _, field := range strings.Fields(text) {
		name, value, _ := strings.Cut(field, "=")
		number, _ := strconv.ParseInt(value, 10, 64)
		switch name {
		case "topic":
			l.topicID = value
		case "partitions":
			l.partitions = int(number)
		case "began":
			l.build.Began = number
		case "muted":
			l.mutedUntil = number
		}
	}
	return l
}

// found is what a new owner finds in Kafka.
type found struct {
	group      string
	topicID    string
	partitions int
	first, end int64         // the earliest offset retained, and that behind the last record
	committed  int64         // by the group, -1 if nothing
	text       string        // that was committed with it
	newest     schemas.Build // the one begun last of those that the group has committed, in whatever partition
	lateness   int64         // milliseconds
	now        int64         // wall time, Unix milliseconds
}

// start is where a new owner begins to deliver.
type start struct {
	lineage   lineage
	delivered delivery.Entry // what an owner before has delivered: nothing, if a build begins
	begins    bool           // the lineage is new: it must be committed before anything is delivered
	missing   int64          // at most so many records were never read, because retention was faster
}

// begin decides how an owner goes on, or what must be done before it can. rebuild names the build that is wanted; empty is the one there is in
// the group, unless somebody has set this partition's offset by hand.
func (f *found) begin(rebuild string) (start, error) {
	note, ours := delivery.ParseNote(f.text)
	before := parseLineage(f.text)
	if rebuild == "" && (ours || f.committed < 0) {
		rebuild = f.underWay(before)
	}
	now := lineage{topicID: f.topicID, partitions: f.partitions, build: schemas.Build{Name: f.group, Began: f.now}}
	if wanted := f.group + "/" + rebuild; rebuild != "" && (before.build.Name != wanted || f.committed < 0) {
		now.build.Name = wanted
		if f.committed >= 0 && note.Newest > 0 {
			now.mutedUntil = max(note.Newest-f.lateness, note.Advanced, before.mutedUntil)
		}
		return start{lineage: now, delivered: delivery.Entry{To: f.first}, begins: true}, nil
	}
	if f.committed < 0 {
		return start{lineage: now, delivered: delivery.Entry{To: f.first}, begins: true}, nil
	}
	if err := f.check(before); err != nil {
		return start{}, err
	}
	s := start{lineage: now, begins: !ours, delivered: delivery.Entry{To: max(f.committed, f.first), Note: note}, missing: max(0, f.first-f.committed)}
	if ours {
		s.lineage.build, s.lineage.mutedUntil = before.build, before.mutedUntil
	}
	return s, nil
}

// underWay names a rebuild that has begun in other partitions of the group and not in this one: its members were stopped before they came to it.
// Left where they are, some partitions would stay in the build before, and the views would never show the rebuild.
func (f *found) underWay(before lineage) string {
	name, isRebuild := strings.CutPrefix(f.newest.Name, f.group+"/")
	if !isRebuild || before.build.Began >= f.newest.Began {
		return ""
	}
	return name
}

// newestBuild returns the build begun last of those that the texts of a group's commits name.
func newestBuild(texts []string) (newest schemas.Build) {
	for _, text := range texts {
		if build := parseLineage(text).build; build.Began > newest.Began {
			newest = build
		}
	}
	return newest
}

// check refuses to go on from an offset that is of another log.
func (f *found) check(before lineage) error {
	const remedy = "`winback run --rebuild NAME` builds the state anew, from the beginning of what the topic holds now (docs/operations.md)"
	switch {
	case before.topicID != "" && f.topicID != "" && before.topicID != f.topicID:
		return fmt.Errorf("the topic has been deleted and made anew since group %s committed offset %d (its id was %s and is %s now), so that offset means nothing in it: %s",
			f.group, f.committed, before.topicID, f.topicID, remedy)
	case before.partitions != 0 && before.partitions != f.partitions:
		return fmt.Errorf("the topic had %d partitions when group %s committed offset %d and has %d now, so users have moved to other partitions, away from their past: "+
			"write the log anew with `winback repartition` and read that (docs/operations.md); %s, but a user's past stays in the partition where it was",
			before.partitions, f.group, f.committed, f.partitions, remedy)
	case f.committed > f.end:
		return fmt.Errorf("group %s has committed offset %d, but the partition ends at %d: the topic has been made anew or has lost its end: %s",
			f.group, f.committed, f.end, remedy)
	}
	return nil
}

var buildName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CheckBuildName refuses what could not be committed, or not be typed again, as the name of a rebuild. Empty is none.
func CheckBuildName(name string) error {
	if name == "" || buildName.MatchString(name) {
		return nil
	}
	return fmt.Errorf("%q is no name of a rebuild: use up to 64 letters, digits, dots, dashes and underscores, such as 2026-11-rules", name)
}

package endtoend_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"winback/pipeline"
	"winback/pipeline/delivery"
	"winback/pipeline/embedded/embeddedtest"
	"winback/scorer"
)

// Rows that were deleted come back by a rebuild, under the same rules, and no trigger is sent a second time.
func TestARebuildStoresItsRowsAgain(t *testing.T) {
	s := newRebuild(t)
	s.runAs(t, "", nil)
	s.deleteRows(t)
	s.runAs(t, "again", nil)
	s.checkRows(t, s.name+"/again")
	s.checkTriggers(t)
	compare(t, "builds", map[string]int{s.name + "/again current": 1}, s.builds(t))
}

// A build goes on under its name when nobody names it any more, and naming it again does not begin it anew.
func TestARebuildGoesOnWhereItStopped(t *testing.T) {
	s := newRebuild(t)
	s.runAs(t, "first", nil)
	s.deleteRows(t)
	s.runAs(t, "first", nil)
	s.runAs(t, "", nil)
	compare(t, "transitions", map[string]int{}, query(t, s.tables, "SELECT user FROM transitions"))
	compare(t, "builds", map[string]int{s.name + "/first current": 1}, s.builds(t))
}

// A rebuild by other rules stands beside what was there; the views show it alone, and what the users did long ago sends nobody a trigger now.
func TestARebuildByOtherRulesDoesNotMixWithWhatWasThere(t *testing.T) {
	s := newRebuild(t)
	s.runAs(t, "", nil)
	before := s.triggersSent(t)
	s.runAs(t, "rules", later)

	const entries = "SELECT user || ' ' || toString(at) FROM %s WHERE kind = 'entered'%s"
	of := func(build string) map[string]int {
		return query(t, s.tables, fmt.Sprintf(entries, "transitions FINAL", " AND build = '"+build+"'"))
	}
	compare(t, "entries of the view", of(s.name+"/rules"), query(t, s.tables, fmt.Sprintf(entries, "transitions_current", "")))
	if old := of(s.name); len(old) != len(s.want.triggers(0)) || maps.Equal(old, of(s.name+"/rules")) {
		t.Errorf("the build before has %d entries, want %d, and not those of the rebuild", len(old), len(s.want.triggers(0)))
	}
	if after := s.triggersSent(t); after != before {
		t.Errorf("%d triggers are in the topic, want the %d from before", after, before)
	}
	compare(t, "triggers that are no rows of the topic", map[string]int{}, query(t, s.tables,
		"SELECT toString(id) FROM triggers_current WHERE id NOT IN (SELECT id FROM triggers WHERE build = ?)", s.name))
	compare(t, "builds", map[string]int{s.name + " ": 1, s.name + "/rules current": 1}, s.builds(t))
}

// Offsets set back by hand have no note: the rows that come again must not pass for those that were stored before.
func TestOffsetsSetBackByHandStoreTheRowsAgain(t *testing.T) {
	s := newRebuild(t)
	s.runAs(t, "", nil)
	s.deleteRows(t)
	_, parts := s.assemble(t, 1, nil)
	_, err := s.connection.Client().OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{
		GroupID: s.name, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{parts.Ingest.Topic: {{Partition: 0, Offset: 0}}},
	})
	must(t, err)
	s.runAs(t, "", nil)
	s.checkRows(t, s.name)
	s.checkTriggers(t)
}

func newRebuild(t *testing.T) *crashCase {
	t.Helper()
	c := newCrashing(t, embeddedtest.Broker(t).Addr())
	c.fill(t)
	return newCrashCase(t, c, false, delivery.Point{})
}

// later makes rules that flag users only when they have all but left, and some who have come seldom.
func later(c *scorer.Config) {
	c.Drop.Enter = 0.9
}

// runAs runs to the end of the log.
func (s *crashCase) runAs(t *testing.T, rebuild string, change func(*scorer.Config)) {
	t.Helper()
	config, parts := s.assemble(t, 50, nil)
	parts.Rebuild, parts.Now = rebuild, time.Now // builds of one name are told apart by the time at which they began
	if change != nil {
		settings := scorer.Defaults()
		change(&settings)
		var err error
		parts.Rules, err = scorer.Compile(settings, parts.Vocabulary, nil)
		must(t, err)
	}
	p, err := pipeline.New(config, parts)
	must(t, err)
	must(t, runTo(t, p, s.want.next[0]))
}

func (s *crashCase) deleteRows(t *testing.T) {
	t.Helper()
	for _, table := range []string{"activity", "transitions", "triggers", "profiles", "progress"} {
		must(t, s.tables.Exec(t.Context(), "DELETE FROM "+table+" WHERE topic = '"+s.name+"'"))
	}
}

func (s *crashCase) builds(t *testing.T) map[string]int {
	t.Helper()
	return query(t, s.tables, "SELECT build || if(current, ' current', ' ') FROM builds")
}

func (s *crashCase) triggersSent(t *testing.T) int {
	t.Helper()
	_, last, err := s.connection.Offsets(t.Context(), s.triggers())
	must(t, err)
	return int(last[0])
}

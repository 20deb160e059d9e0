package train

import (
	"slices"
	"strings"
	"testing"

	"winback/schemas"
)

// stepsOfThresholds are thresholds whose recall and weekly recall fall. New flags rise first and fall then: at the lowest ones the flagged stay flagged.
func stepsOfThresholds() (tried []Tried) {
	for k := range 40 {
		t := Tried{Weekly: 0.9 - 0.02*float64(k)}
		t.Threshold, t.Recall, t.NewFlags = float64(2*k), 0.95-0.02*float64(k), float64(min(20+5*k, 200-5*k))
		tried = append(tried, t)
	}
	return tried
}

func TestAThresholdIsTheHighestThatReachesTheRecall(t *testing.T) {
	tried := stepsOfThresholds()
	k, short := Target{Recall: 0.6}.within(tried)
	if short != "" || tried[k].Weekly < 0.6+RecallMargin || tried[k+1].Weekly >= 0.6+RecallMargin {
		t.Errorf("got %+v, %q", tried[k], short)
	}
	if k, short := (Target{Recall: 0.9}).within(tried); k != 0 || !strings.Contains(short, "makes candidates of 0.90 of the lost") {
		t.Errorf("got %d, %q", k, short)
	}
}

func TestAThresholdIsTheLowestWithinTheFlags(t *testing.T) {
	tried := stepsOfThresholds()
	k, short := Target{FlagsPerWeek: 50}.within(tried)
	if short != "" || tried[k].NewFlags > 50 || tried[k-1].NewFlags <= 50 || k < 20 {
		t.Errorf("got %+v, %q", tried[k], short)
	}
	if k, short := (Target{FlagsPerWeek: 1000}).within(tried); k != 0 || short != "" {
		t.Errorf("got %d, %q", k, short)
	}
	if k, short := (Target{FlagsPerWeek: 1}).within(tried); k != len(tried)-1 || !strings.Contains(short, "1 new flags cannot be had: the highest threshold tried makes 5.0") {
		t.Errorf("got %d, %q", k, short)
	}
}

func TestATableIsSpreadOverTheRecalls(t *testing.T) {
	tried := stepsOfThresholds()
	table := spread(tried, 7)
	if len(table) < tableRows || len(table) > tableRows+1 || table[0] != tried[0].Flagging || table[len(table)-1] != tried[39].Flagging || !slices.Contains(table, tried[7].Flagging) {
		t.Errorf("got %+v", table)
	}
	for k := 1; k < len(table); k++ {
		if table[k].Threshold <= table[k-1].Threshold || table[k-1].Recall-table[k].Recall > 0.1 {
			t.Errorf("%+v follows %+v", table[k], table[k-1])
		}
	}
}

func TestATargetNamesItsFaults(t *testing.T) {
	for want, target := range map[string]Target{
		"recall: 0: ": {}, "recall: 1.5: ": {Recall: 1.5}, "flags-per-week: it does not go with recall": {Recall: 0.6, FlagsPerWeek: 30},
		"flags-per-week: -1: ": {FlagsPerWeek: -1},
	} {
		if faults := schemas.FaultsOf(target.Validate()); len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), want) {
			t.Errorf("%+v: got %v, want %q", target, faults, want)
		}
	}
	if err := DefaultTarget().Validate(); err != nil {
		t.Error(err)
	}
}

func TestNoThresholdCanBeChosenWhereNobodyWasLost(t *testing.T) {
	if _, err := (&HeldOutLooks{}).Choose(DefaultTarget()); err == nil || !strings.Contains(err.Error(), "give data of more users or of a longer time") {
		t.Errorf("got %v", err)
	}
	if _, err := (&HeldOutLooks{}).Choose(Target{}); err == nil || !strings.Contains(err.Error(), "recall") {
		t.Errorf("got %v", err)
	}
}

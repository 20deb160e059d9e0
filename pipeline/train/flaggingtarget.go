package train

import (
	"errors"
	"fmt"
	"math"
	"time"

	"winback/schemas"
	"winback/scorer/risk"
)

// Target says what a threshold is chosen for: one of the two, the other is 0.
type Target struct {
	Recall       float64 // the share of the lost that is to be flagged
	FlagsPerWeek float64 // the new flags, per 1,000 active users and week, that can be dealt with
}

// DefaultTarget is what is chosen for unless told.
func DefaultTarget() Target { return Target{Recall: 0.6} }

// RecallMargin is what is asked on top of the recall that is wanted. Fitted on the first part of a history and judged on the rest, in seven trials on three
// kinds of data, the recall came out lower than where it was chosen, by 0.02 on average: docs/risk.md.
const RecallMargin = 0.03

// Validate reports every fault.
func (t Target) Validate() error {
	var faults schemas.Faults
	switch {
	case t.FlagsPerWeek == 0:
		if !(t.Recall > 0 && t.Recall <= maxRecall) {
			faults.Add("recall", "%v: use a share above 0, up to %v (0.6 is usual)", t.Recall, maxRecall)
		}
	case t.Recall != 0:
		faults.Add("flags-per-week", "it does not go with recall: choose one")
	case !(t.FlagsPerWeek > 0 && t.FlagsPerWeek <= maxFlags):
		faults.Add("flags-per-week", "%v: use a number above 0, up to %v, of 1,000 active users", t.FlagsPerWeek, maxFlags)
	}
	return faults.Err()
}

const (
	maxRecall = 0.95
	maxFlags  = 1000
)

// Chosen is a threshold, and what it was chosen from.
type Chosen struct {
	Threshold risk.Threshold
	Flagging  risk.Flagging   // of the threshold
	Table     []risk.Flagging // of some more, the lowest first
	Short     string          // what could not be had, in words; empty if the target was met
}

// Choose chooses the threshold that suits a target.
func (h *HeldOutLooks) Choose(t Target) (*Chosen, error) {
	if err := t.Validate(); err != nil {
		return nil, fmt.Errorf("train: threshold: %w", err)
	}
	tried := h.TryAll()
	if len(tried) == 0 {
		return nil, errors.New("train: threshold: of the users and times kept from the fit none was lost whom the rule of the drop could have flagged, so that no threshold can be " +
			"told from another: give data of more users or of a longer time")
	}
	k, short := t.within(tried)
	c := &Chosen{Flagging: tried[k].Flagging, Table: spread(tried, k), Short: short}
	c.Threshold = risk.Threshold{Enter: c.Flagging.Threshold, Why: t.why(&tried[k], short) + ", by " + h.describe()}
	return c, nil
}

// within is the threshold among those tried, which rise, and what could not be had.
func (t Target) within(tried []Tried) (k int, short string) {
	if t.FlagsPerWeek > 0 {
		return t.withinFlags(tried)
	}
	asked := t.Recall + RecallMargin
	for k = len(tried) - 1; k > 0 && tried[k].Weekly < asked; {
		k--
	}
	if most := tried[0].Weekly; most < asked {
		short = fmt.Sprintf("a recall of %v cannot be had: the rule of the drop makes candidates of %.2f of the lost in the average week, and %v is asked on top, "+
			"for it tends to be lower at a later time", t.Recall, most, RecallMargin)
	}
	return k, short
}

// withinFlags comes from the highest threshold, that which flags least. Low ones can have few new flags too, because whom they flag stays flagged.
func (t Target) withinFlags(tried []Tried) (k int, short string) {
	k = len(tried) - 1
	if least := tried[k].NewFlags; least > t.FlagsPerWeek {
		return k, fmt.Sprintf("%v new flags cannot be had: the highest threshold tried makes %.1f", t.FlagsPerWeek, least)
	}
	for k > 0 && tried[k-1].NewFlags <= t.FlagsPerWeek {
		k--
	}
	return k, ""
}

func (t Target) why(chosen *Tried, short string) string {
	switch {
	case short != "":
		return short + "; this is the nearest to it"
	case t.FlagsPerWeek > 0:
		return fmt.Sprintf("flags per week %v: the lowest threshold that makes no more, and above which none does (%.1f per 1,000 active users)", t.FlagsPerWeek, chosen.NewFlags)
	}
	return fmt.Sprintf("recall %v: the highest threshold that flags this share of the lost and %v more in the average week (%.3f)", t.Recall, RecallMargin, chosen.Weekly)
}

// describe says what the figures rest on.
func (h *HeldOutLooks) describe() string {
	rows, users, from, to := 0, 0, int64(math.MaxInt64), int64(math.MinInt64)
	for i := range h.users {
		of := h.users[i].rows
		if len(of) == 0 {
			continue
		}
		users++
		rows += len(of)
		from, to = min(from, of[0].at), max(to, of[len(of)-1].at)
	}
	day := func(at int64) string { return time.UnixMilli(at).UTC().Format(time.DateOnly) }
	return fmt.Sprintf("%d rows of %d users, %s to %s, that the model tried was not fitted on", rows, users, day(from), day(to))
}

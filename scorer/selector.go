package scorer

import (
	"fmt"

	"winback/scorer/tags"
)

// maxSelectors is how many different sums the tags may ask for together.
const maxSelectors = 256

// selector is one sum that tags ask for, in grains.
type selector struct {
	tags.Selector
	window uint32 // 0 for months
	expiry uint32 // an event tells nothing so many grains later
}

// tagInput says what a selector takes from a lane's cells. It is what of the selector the loop over the cells reads.
type tagInput struct {
	selector uint8
	quantity tags.Quantity
	filtered bool // by local hours or weekdays
}

// newSelectors prepares what the tags ask for. grain is milliseconds, day grains.
func newSelectors(set *tags.Set, grain int64, day uint32) (selectors []selector, err error) {
	for _, s := range set.Selectors() {
		made := selector{Selector: s, window: uint32(s.Window / grain)}
		if made.expiry = made.window; s.Quantity == tags.Months {
			made.expiry = uint32(s.MaxMonths+1) * 31 * day
		}
		selectors = append(selectors, made)
	}
	if len(selectors) > maxSelectors {
		return nil, fmt.Errorf("scorer: the tags ask for %d different sums: %d at most", len(selectors), maxSelectors)
	}
	return selectors, nil
}

func (s *selector) wants(adds Aggregate) bool {
	return s.Quantity == tags.Amount && adds == Amount || s.Quantity == tags.Duration && adds == Duration
}

func (s *selector) counts() bool { return s.Quantity != tags.Amount && s.Quantity != tags.Duration }

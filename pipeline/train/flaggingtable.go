package train

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"winback/scorer/risk"
)

// triedThresholds is how many thresholds are tried: as many quantiles of the scores of candidates.
const triedThresholds = 200

// Try measures thresholds over the range of the scores that candidates have, the lowest first. Those by which nobody who was lost is flagged are left out.
func (h *HeldOutLooks) Try() []risk.Flagging {
	thresholds := h.thresholds()
	tried, told := make([]risk.Flagging, len(thresholds)), make([]bool, len(thresholds))
	parallel(len(thresholds), func(k int) { tried[k], told[k] = h.Flagging(thresholds[k], thresholds[k]) })
	n := 0
	for k := range tried {
		if told[k] {
			tried[n] = tried[k]
			n++
		}
	}
	return tried[:n]
}

// thresholds are quantiles of the scores that can begin an episode, with few digits, so that people can say them.
func (h *HeldOutLooks) thresholds() (chosen []float64) {
	var scores []float64
	for i := range h.users {
		for _, l := range h.users[i].looks {
			if l.may&mayEnter != 0 {
				scores = append(scores, l.score)
			}
		}
	}
	slices.Sort(scores)
	for k := range min(triedThresholds, len(scores)) {
		chosen = append(chosen, roundDown(scores[k*len(scores)/triedThresholds]))
	}
	return slices.Compact(chosen)
}

// roundDown keeps three digits.
func roundDown(x float64) float64 {
	if x <= 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(x))-2)
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(math.Floor(x/unit)*unit, 'g', 3, 64), 64)
	if err != nil {
		return 0
	}
	return rounded
}

// tableRows is how many thresholds a table shows beside the chosen one.
const tableRows = 15

// spread picks thresholds whose recalls lie about evenly between the least and the most, and the chosen one.
func spread(tried []risk.Flagging, chosen risk.Flagging) []risk.Flagging {
	least, most := tried[len(tried)-1].Recall, tried[0].Recall
	picked := []risk.Flagging{chosen}
	for k := range tableRows {
		want := least + (most-least)*float64(k)/(tableRows-1)
		picked = append(picked, slices.MinFunc(tried, func(a, b risk.Flagging) int {
			return cmp.Compare(math.Abs(a.Recall-want), math.Abs(b.Recall-want))
		}))
	}
	slices.SortFunc(picked, func(a, b risk.Flagging) int { return cmp.Compare(a.Threshold, b.Threshold) })
	return slices.Compact(picked)
}

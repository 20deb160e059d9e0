package train

import (
	"math"
	"slices"
	"strconv"

	"winback/scorer/risk"
)

// triedThresholds is how many thresholds are tried: as many quantiles of the scores of candidates.
const triedThresholds = 200

// TryAll tries thresholds over the range of the scores that candidates have, the lowest first. Those by which nobody who was lost is flagged are left out.
func (h *HeldOutLooks) TryAll() []Tried {
	thresholds := h.thresholds()
	tried, told := make([]Tried, len(thresholds)), make([]bool, len(thresholds))
	parallel(len(thresholds), func(k int) { tried[k], told[k] = h.Try(thresholds[k], thresholds[k]) })
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

// spread picks thresholds whose recalls lie about evenly between the least and the most, and the chosen one, by its number.
func spread(tried []Tried, chosen int) (table []risk.Flagging) {
	least, most := tried[len(tried)-1].Recall, tried[0].Recall
	picked := []int{chosen}
	for k := range tableRows {
		picked = append(picked, nearest(tried, least+(most-least)*float64(k)/(tableRows-1)))
	}
	slices.Sort(picked)
	for _, k := range slices.Compact(picked) {
		table = append(table, tried[k].Flagging)
	}
	return table
}

// nearest is the number of the threshold whose recall is nearest to a given one.
func nearest(tried []Tried, recall float64) (best int) {
	for k := range tried {
		if math.Abs(tried[k].Recall-recall) < math.Abs(tried[best].Recall-recall) {
			best = k
		}
	}
	return best
}

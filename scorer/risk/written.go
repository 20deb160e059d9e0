package risk

import (
	"encoding/json"
	"fmt"

	"winback/schemas"
)

// written is what a Model cannot hold of the file it was read from: a number that is null or missing would be read as 0, and of three sides of a pair
// the third would be dropped, in silence.
type written struct {
	Bias     *float64 `json:"bias"`
	Features []struct {
		Cuts   []*float64 `json:"cuts"`
		Points []*float64 `json:"points"`
	} `json:"features"`
	Pairs []struct {
		Features []string     `json:"features"`
		Cuts     [][]*float64 `json:"cuts"`
		Points   [][]*float64 `json:"points"`
	} `json:"pairs"`
}

// checkWritten reports every number that is not there, and every pair that has not two sides. What it cannot read, Decode refuses.
func checkWritten(data []byte) error {
	var w written
	if json.Unmarshal(data, &w) != nil {
		return nil //nolint:nilerr // Decode says what is wrong with it
	}
	var faults schemas.Faults
	if w.Bias == nil {
		faults.Add("bias", "write the log-odds that everybody starts from; 0 if there are none")
	}
	for i := range w.Features {
		checkNumbers(&faults, fmt.Sprintf("features[%d].cuts", i), w.Features[i].Cuts)
		checkNumbers(&faults, fmt.Sprintf("features[%d].points", i), w.Features[i].Points)
	}
	for i := range w.Pairs {
		p, at := &w.Pairs[i], fmt.Sprintf("pairs[%d].", i)
		if n := len(p.Features); n != 2 {
			faults.Add(at+"features", "%d features: a pair has two", n)
		}
		if n := len(p.Cuts); n != 2 {
			faults.Add(at+"cuts", "%d lists: give one for each of the two features", n)
		}
		for side := range p.Cuts {
			checkNumbers(&faults, fmt.Sprintf("%scuts[%d]", at, side), p.Cuts[side])
		}
		for row := range p.Points {
			checkNumbers(&faults, fmt.Sprintf("%spoints[%d]", at, row), p.Points[row])
		}
	}
	return faults.Err()
}

func checkNumbers(faults *schemas.Faults, at string, numbers []*float64) {
	for i, n := range numbers {
		if n == nil {
			faults.Add(fmt.Sprintf("%s[%d]", at, i), "null: write a number")
		}
	}
}

package risk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Format is that of the model files that this package reads and writes.
const Format = 2

// Model is a fitted additive model, as `winback train` writes it: the log-odds of a user are Bias and what each table has for them.
type Model struct {
	Format      int        `json:"format"` // Format
	Name        string     `json:"name"`
	Chance      bool       `json:"chance"` // the number is a chance in per cent; otherwise a score, fitted on as many lost as others, that ranks
	Bias        float64    `json:"bias"`
	Features    []Feature  `json:"features"`
	Pairs       []Pair     `json:"pairs,omitempty"`
	HorizonDays int        `json:"horizon_days"`        // lost is a user without activity for so long after the border
	ActiveDays  int        `json:"active_days"`         // scored is a user with activity in so many days before it
	Metrics     []string   `json:"metrics"`             // those the features, the pairs and Alive use, sorted
	Alive       *Alive     `json:"alive,omitempty"`     // absent: no P(alive)
	Threshold   *Threshold `json:"threshold,omitempty"` // absent: the configuration must say from where on a user is flagged
	Table       []Flagging `json:"table,omitempty"`     // what other thresholds would have given
	Fit         *Fit       `json:"fit,omitempty"`       // how the model came about and how well it does
}

// Feature is a table over one expression. A value's bin is how many cuts are not above it, and Points has the log-odds of each bin: one
// more than there are cuts, centred over the rows fitted on.
type Feature struct {
	Name     string    `json:"name"` // the expression
	Cuts     []float64 `json:"cuts"` // rising
	Points   []float64 `json:"points"`
	Monotone string    `json:"monotone,omitempty"` // Rising or Falling if the fit held the points to it, for readers alone
}

// The directions of Feature.Monotone.
const (
	Rising  = "rising"
	Falling = "falling"
)

// Pair is a table over two expressions: Points[i][j] for bin i of the first and bin j of the second. The expressions need not be features.
type Pair struct {
	Features [2]string    `json:"features"`
	Cuts     [2][]float64 `json:"cuts"`
	Points   [][]float64  `json:"points"`
}

// Alive holds the parameters of BG/NBD for one metric (Fader, Hardie and Lee 2005). Time is counted in units of UnitDays.
type Alive struct {
	Metric   string  `json:"metric"`
	UnitDays float64 `json:"unit_days"`
	R        float64 `json:"r"`
	Alpha    float64 `json:"alpha"`
	A        float64 `json:"a"`
	B        float64 `json:"b"`
}

// Threshold says from where on a user is flagged, and below what no longer: 0 to 100, of the number that the model gives.
type Threshold struct {
	Enter float64 `json:"enter"`
	Exit  float64 `json:"exit,omitempty"` // 0: Enter
	Why   string  `json:"why"`            // how it was chosen, in words
}

// Flagging is what a threshold gave on rows that were not fitted on. Shares are 0 to 1, of users at weekly cut-offs.
type Flagging struct {
	Threshold  float64 `json:"threshold"`    // 0 to 100
	Flagged    float64 `json:"flagged"`      // the share of all that was flagged
	Precision  float64 `json:"precision"`    // the share of the flagged that was lost
	Recall     float64 `json:"recall"`       // the share of the lost that was flagged
	Lift       float64 `json:"lift"`         // Precision over the share of all that was lost
	NewFlags   float64 `json:"new_flags"`    // users newly flagged, per 1,000 active users and week
	DaysToLast float64 `json:"days_to_last"` // of the lost who were flagged: the median of the days from the flag to their last event; below 0 if the flag came after it
	DaysToLoss float64 `json:"days_to_loss"` // likewise to the date of loss, which is the horizon after the last event
}

// Limits of a model.
const (
	MaxFeatures = 256
	MaxPairs    = 64
	MaxCuts     = 255 // of a feature
	MaxPairCuts = 63  // of each side of a pair
)

// Decode reads a model file. Unknown fields are refused; the error holds every fault.
func Decode(data []byte) (*Model, error) {
	if err := checkFormat(data); err != nil {
		return nil, err
	}
	m := &Model{}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(m); err != nil {
		return nil, fmt.Errorf("not a model file: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not a model file: more text follows the model")
	}
	if err := errors.Join(checkWritten(data), m.Validate()); err != nil {
		return nil, err
	}
	return m, nil
}

// checkFormat tells who has a file of another version what to do, before what is unknown in it is refused word by word.
func checkFormat(data []byte) error {
	var file struct {
		Format   *json.RawMessage `json:"format"`
		Features []struct {
			Weight *json.RawMessage `json:"weight"`
			Mean   *json.RawMessage `json:"mean"`
			Scale  *json.RawMessage `json:"scale"`
		} `json:"features"`
	}
	if json.Unmarshal(data, &file) != nil || file.Format != nil {
		return nil //nolint:nilerr // Decode says what is wrong with it
	}
	for _, f := range file.Features {
		if f.Weight != nil || f.Mean != nil || f.Scale != nil {
			return errors.New("a model of an earlier version (a logistic regression): fit it anew with `winback train`")
		}
	}
	return nil
}

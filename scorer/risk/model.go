package risk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"winback/schemas"
)

// Model is a fitted logistic regression, as `winback train` writes it.
type Model struct {
	Name        string    `json:"name"`
	Features    []Feature `json:"features"`
	Bias        float64   `json:"bias"`            // log-odds of a user whose every feature is at its mean
	HorizonDays int       `json:"horizon_days"`    // lost is a user without activity for so long after the border
	ActiveDays  int       `json:"active_days"`     // scored is a user with activity in so many days before it
	Metrics     []string  `json:"metrics"`         // those the features and Alive use, sorted
	Alive       *Alive    `json:"alive,omitempty"` // absent: no P(alive)
	Fit         *Fit      `json:"fit,omitempty"`   // how the model came about and how well it does
}

// Feature is one term of the regression: weight x (x - mean) / scale, in log-odds, where x is kept within low and high: the range seen
// in training, outside of which nothing is known.
type Feature struct {
	Name   string  `json:"name"`
	Weight float64 `json:"weight"`
	Mean   float64 `json:"mean"`
	Scale  float64 `json:"scale"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
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

// Decode reads a model file. Unknown fields are refused; the error holds every fault.
func Decode(data []byte) (*Model, error) {
	m := &Model{}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(m); err != nil {
		return nil, fmt.Errorf("not a model file: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not a model file: more text follows the model")
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return m, nil
}

// Encode writes the model file.
func (m *Model) Encode() ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode model: %w", err)
	}
	return append(data, '\n'), nil
}

// Validate reports every fault.
func (m *Model) Validate() error {
	var faults schemas.Faults
	if m.Name == "" {
		faults.Add("name", "give the model a name")
	}
	if n := len(m.Features); n == 0 || n > MaxFeatures {
		faults.Add("features", "%d features: 1 to %d", n, MaxFeatures)
	}
	if !finite(m.Bias) {
		faults.Add("bias", "%v is not a number", m.Bias)
	}
	for _, days := range []struct {
		field string
		n     int
	}{{"horizon_days", m.HorizonDays}, {"active_days", m.ActiveDays}} {
		if days.n < 1 || days.n > 400 {
			faults.Add(days.field, "%d: use 1 to 400 days", days.n)
		}
	}
	if m.Alive != nil {
		m.Alive.check(&faults)
	}
	m.checkFeatures(&faults)
	return faults.Err()
}

func (m *Model) checkFeatures(faults *schemas.Faults) {
	need := newNeed()
	seen := map[string]bool{}
	for i, f := range m.Features {
		at := fmt.Sprintf("features[%d].", i)
		f.check(faults, at)
		e, err := parse(f.Name)
		if err != nil {
			faults.Add(at+"name", "%q: %v", f.Name, err)
			continue
		}
		if text := e.text(); seen[text] {
			faults.Add(at+"name", "%q stands twice: leave one out", text)
		} else {
			seen[text] = true
		}
		e.need(&need)
	}
	if need.Alive && m.Alive == nil {
		faults.Add("alive", "a feature needs it: give the parameters of BG/NBD")
	}
	if m.Alive != nil {
		need.metric(m.Alive.Metric, 0)
	}
	if !slices.Equal(m.Metrics, need.Metrics) {
		faults.Add("metrics", "%q: the model uses %q", m.Metrics, need.Metrics)
	}
}

func (f *Feature) check(faults *schemas.Faults, at string) {
	for _, n := range []struct {
		field string
		x     float64
	}{{"weight", f.Weight}, {"mean", f.Mean}, {"scale", f.Scale}, {"low", f.Low}, {"high", f.High}} {
		if !finite(n.x) {
			faults.Add(at+n.field, "%v is not a number", n.x)
		}
	}
	if !(f.Scale > 0) {
		faults.Add(at+"scale", "%v: must be above 0", f.Scale)
	}
	if f.Low > f.High {
		faults.Add(at+"low", "%v is above high (%v)", f.Low, f.High)
	}
	for _, x := range []float64{f.Low, f.High, f.Mean} {
		if points := f.Weight / f.Scale * x; f.Scale > 0 && finite(x) && finite(f.Weight) && !(math.Abs(points) <= maxPoints) {
			faults.Add(at+"weight", "%v over a scale of %v makes %g points: too steep", f.Weight, f.Scale, points)
			return
		}
	}
}

// maxPoints bounds what one term can add, far above any sense, so that no sum of terms overflows.
const maxPoints = 1e9

func (a *Alive) check(faults *schemas.Faults) {
	if a.Metric == "" {
		faults.Add("alive.metric", "name the metric whose days are counted")
	}
	for _, n := range []struct {
		field string
		x     float64
	}{{"unit_days", a.UnitDays}, {"r", a.R}, {"alpha", a.Alpha}, {"a", a.A}, {"b", a.B}} {
		if !(n.x > 0) || math.IsInf(n.x, 1) {
			faults.Add("alive."+n.field, "%v: must be above 0", n.x)
		}
	}
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

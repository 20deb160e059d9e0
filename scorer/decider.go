package scorer

import (
	"errors"
	"fmt"

	"winback/scorer/risk"
)

// decider is the model and from which risk on it says what.
type decider struct {
	risk      *risk.Scorer // nil: no model
	enterRisk float64      // a candidate enters at this risk
	exitRisk  float64      // an episode ends below it
}

// CheckModel says what keeps a model from being used with a valid Config.
func (c *Config) CheckModel(model *risk.Model) error {
	_, err := c.decider(model)
	return err
}

// decider compiles a model. What is configured goes before what the model says itself.
func (c *Config) decider(model *risk.Model) (d decider, err error) {
	names := make([]string, len(c.Metrics))
	for i, m := range c.Metrics {
		names[i] = m.Name
	}
	if d.risk, err = risk.Compile(model, names, c.Risk.BaseRate); err != nil {
		return d, err
	}
	if d.enterRisk = c.Risk.Threshold; d.enterRisk == 0 {
		own, told := d.risk.Enter()
		if !told {
			return d, errors.New("it has no threshold: set risk.threshold, or fit it anew (winback train chooses one)")
		}
		d.enterRisk = own
	}
	d.exitRisk = c.exitRisk(model, d)
	if d.exitRisk > d.enterRisk {
		return d, fmt.Errorf("risk.exit (%v) is above the threshold from which on users enter (%v): leaving must be harder than entering", d.exitRisk, d.enterRisk)
	}
	return d, nil
}

// exitRisk is the configured one, or the model's own, or that at which a candidate enters. The model's own does not go above a configured threshold.
func (c *Config) exitRisk(model *risk.Model, d decider) float64 {
	if c.Risk.Exit > 0 {
		return c.Risk.Exit
	}
	if t := model.Threshold; t != nil && t.Exit > 0 {
		own, _ := d.risk.Exit()
		return min(own, d.enterRisk)
	}
	return d.enterRisk
}

package config_test

import (
	"testing"

	"winback/pipeline/config"
)

// The shops' models fit the usual metrics, and keep half a year of orders there, not of visits.
func TestAShopsModelKeepsOrdersLongerThanVisits(t *testing.T) {
	for _, model := range []string{"online_retail", "cdnow"} {
		c, err := config.Load(config.Sources{Settings: []string{"scorer.risk.model=" + model}}, config.Engine)
		if err != nil {
			t.Fatal(err)
		}
		need := c.Model.Needs()
		if need.Days != 56 || need.MetricDays["orders"] != 182 || need.Weeks["orders"] != 26 || len(need.MetricDays) != 1 || len(need.Weeks) != 2 {
			t.Errorf("%s needs %+v", model, need)
		}
	}
}

// Whoever takes a model of those shipped reads in it what it is worth on what it was not fitted on.
func TestEveryModelSaysWhatItIsWorth(t *testing.T) {
	models := config.Models()
	if len(models) < 3 {
		t.Errorf("the models are %q", models)
	}
	for _, model := range models {
		if model == "generic" {
			continue // made by hand until it is fitted
		}
		c, err := config.Load(config.Sources{Preset: model}, config.Engine)
		if err != nil {
			t.Fatal(err)
		}
		if f := c.Model.Fit; f == nil || f.Later == nil || f.Unseen == nil || f.Later.AUC < 0.7 || len(f.Unseen.Reliability) != 10 || c.Model.Alive == nil {
			t.Errorf("%s: %+v", model, f)
		}
	}
}

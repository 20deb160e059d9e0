package schemas_test

import (
	"encoding/json"
	"testing"

	"winback/schemas"
)

func TestAProfilesJSONHoldsEveryKey(t *testing.T) {
	for want, profile := range map[string]schemas.Profile{
		`{"user":"a\"ü","at":1700000000000,"lifecycle":"casual","rfm":"high","tags":["night_owl","sharer"],` +
			`"risk":81.5,"high":true,"alive":0.25,"reasons":[{"feature":"recency","points":1.25},{"feature":"visits","points":-0.5}]}`: {
			User: `a"ü`, At: 1700000000000, Lifecycle: "casual", RFM: "high", Tags: []string{"night_owl", "sharer"},
			Risk: 81.5, High: true, Alive: 0.25, Reasons: []schemas.Term{{Feature: "recency", Points: 1.25}, {Feature: "visits", Points: -0.5}},
		},
		`{"user":"b","at":-3600000,"lifecycle":"new","rfm":"","tags":[],"risk":null,"high":false,"alive":null,"reasons":[]}`: {
			User: "b", At: -3600000, Lifecycle: "new", Risk: -1, Alive: -1,
		},
		`{"user":"c","at":0,"lifecycle":"churned","rfm":"low","tags":[],"risk":0,"high":false,"alive":0,"reasons":[]}`: {
			User: "c", Lifecycle: "churned", RFM: "low", // a risk of 0 is a risk
		},
	} {
		if got, err := json.Marshal(profile); err != nil || string(got) != want {
			t.Errorf("got  %s (%v)\nwant %s", got, err, want)
		}
	}
}

package schemas_test

import (
	"encoding/json"
	"testing"

	"winback/schemas"
)

func TestADecisionsJSONHoldsWhatItsKindUses(t *testing.T) {
	full := schemas.Decision{User: `a"ü`, At: 1700000000000, From: "", To: "new", Episode: 2, Metric: "visits", Cur: 3, Base: 31, Drop: 0.5, Reason: "less"}
	for kind, want := range map[schemas.DecisionKind]string{
		schemas.KindLifecycle: `{"user":"a\"ü","at":1700000000000,"kind":"lifecycle","from":"","to":"new"}`,
		schemas.KindEntered:   `{"user":"a\"ü","at":1700000000000,"kind":"entered","episode":2,"metric":"visits","cur":3,"base":31,"drop":0.5,"reason":"less"}`,
		schemas.KindRecovered: `{"user":"a\"ü","at":1700000000000,"kind":"recovered","episode":2}`,
		schemas.KindSettled:   `{"user":"a\"ü","at":1700000000000,"kind":"settled","episode":2}`,
		schemas.KindLost:      `{"user":"a\"ü","at":1700000000000,"kind":"lost","episode":2}`,
	} {
		full.Kind = kind
		if got, err := json.Marshal(full); err != nil || string(got) != want {
			t.Errorf("got  %s (%v)\nwant %s", got, err, want)
		}
	}
}

func TestOnlyAReturnSaysReturned(t *testing.T) {
	d := schemas.Decision{User: "a", At: 1, Kind: schemas.KindLifecycle, From: "churned", To: "new", Returned: true}
	const want = `{"user":"a","at":1,"kind":"lifecycle","from":"churned","to":"new","returned":true}`
	if got, err := json.Marshal(d); err != nil || string(got) != want {
		t.Errorf("got  %s (%v)\nwant %s", got, err, want)
	}
}

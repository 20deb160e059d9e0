package mapping

import (
	"fmt"
	"testing"

	"winback/schemas"
)

// Whatever the records before looked like, those of the producer who writes now are soon read by followSteps, with few comparisons.
func TestStepsOfANewProducerReplaceThoseOfAnOldOne(t *testing.T) {
	vocabulary, err := schemas.NewVocabulary([]string{"order"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Compile(Config{Key: KeyIgnore}, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	d := m.NewDecoder()
	var e schemas.Event
	for i := range 5000 {
		d.Decode(&schemas.Record{Value: fmt.Appendf(nil, `{"k%d":{"a":1},"user":"u","k%d":2}`, i, i)}, &e)
		others := 0
		for st := d.steps.root.next; st != nil; st = st.other {
			others++
		}
		if others > maxOthers || d.steps.count > maxSteps {
			t.Fatalf("%d steps at one place, %d in all", others, d.steps.count)
		}
	}
	value := []byte(`{"user":"u1","type":"order","time":1790000000000,"amount":1999,"session":"9f86d081884c7d65","page":"/p/4711"}`)
	for range maxMisses {
		d.Decode(&schemas.Record{Value: value}, &e)
	}
	if _, at, open := followSteps(&d.steps.root, value, 1); open || at != len(value)-1 {
		t.Errorf("the stride ends at byte %d of %d", at, len(value))
	}
}

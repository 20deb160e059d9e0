package mapping_test

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"winback/schemas"
	"winback/schemas/mapping"
)

// A foreign JSON clickstream is described in YAML, compiled once, and decoded record by record.
func Example() {
	var cfg mapping.Config
	err := yaml.Unmarshal([]byte(`
preset: custom
user: actor.id
time: at
type: action
types: {"checkout.done": order}
amount: {field: basket.total, unit: major}
key: ignore
`), &cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	vocabulary, err := schemas.NewVocabulary([]string{"order"}) // the types that metrics name
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := mapping.Compile(cfg, vocabulary)
	if err != nil {
		fmt.Println(err)
		return
	}
	decoder := m.NewDecoder() // one for each goroutine
	for _, value := range []string{
		`{"actor":{"id":"ann"},"at":"2026-03-01T10:00:00Z","action":"checkout.done","basket":{"total":"19.99"}}`,
		`{"actor":{"id":"bob"},"at":"yesterday","action":"checkout.done"}`,
	} {
		var event schemas.Event
		if reason := decoder.Decode(&schemas.Record{Value: []byte(value)}, &event); reason != schemas.Accepted {
			fmt.Printf("%s: %s\n", reason, decoder.Detail())
			continue
		}
		fmt.Printf("%s %s %d %d\n", event.User, vocabulary.Name(event.Type), event.Time, event.Amount)
	}
	// Output:
	// ann order 1772359200000 1999
	// bad_time: time "yesterday": not a time between 1970 and 9999 in the format auto
}

// A CSV file is cut into rows by a Scanner; its first row names the columns.
func ExampleMapping_NewScanner() {
	cfg := mapping.Config{
		Preset: "csv", User: mapping.User{Field: mapping.Paths{"customer"}}, Time: mapping.Time{Field: mapping.Paths{"day"}},
		Type: mapping.Type{Const: "order"}, Amount: mapping.Amount{Field: mapping.Paths{"total"}, Unit: "major"},
	}
	m, err := mapping.Compile(cfg, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	decoder, rows := m.NewDecoder(), m.NewScanner(strings.NewReader("day,customer,total\n2026-03-01,ann,12.50\n2026-03-02,,7.95\n"))
	if m.NeedsHeader() && rows.Scan() {
		if err := decoder.Header(rows.Bytes()); err != nil {
			fmt.Println(err)
			return
		}
	}
	for rows.Scan() {
		var event schemas.Event
		if reason := decoder.Decode(&schemas.Record{Value: rows.Bytes()}, &event); reason != schemas.Accepted {
			fmt.Printf("line %d: %s\n", rows.Line(), reason)
			continue
		}
		fmt.Printf("line %d: %s %d\n", rows.Line(), event.User, event.Amount)
	}
	// Output:
	// line 2: ann 1250
	// line 3: no_user
}

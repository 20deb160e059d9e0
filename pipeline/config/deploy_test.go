package config_test

import (
	"testing"

	"winback/pipeline/config"
	"winback/schemas"
	"winback/schemas/mapping"
)

// deploy/winback.yaml must be what it says: a service on Segment's calls that needs only passwords.
func TestTheDeployedExampleLoads(t *testing.T) {
	loaded, err := config.Load(config.Sources{
		Path: "../../deploy/winback.yaml", Environ: []string{"WINBACK_KAFKA_SASL_PASSWORD=p", "WINBACK_CLICKHOUSE_PASSWORD=p"},
	}, config.Everything)
	if err != nil {
		t.Fatal(err)
	}
	rules, vocabulary := compileScorer(t, loaded)
	m, err := mapping.Compile(loaded.Mapping, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	page := schemas.Record{Key: []byte("u1"), Value: []byte(`{"type":"page","userId":"u1","timestamp":"2026-03-01T10:00:00Z"}`)}
	var e schemas.Event
	if d := m.NewDecoder(); d.Decode(&page, &e) != schemas.Accepted {
		t.Fatal(d.Detail())
	}
	if !rules.Counts(e.Type, 0) {
		t.Error("a page call feeds no metric")
	}
}

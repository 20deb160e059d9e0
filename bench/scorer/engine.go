package main

import (
	"fmt"

	"winback/bench/load"
	"winback/pipeline/config"
	"winback/pipeline/state"
	"winback/schemas"
	"winback/schemas/mapping"
	"winback/scorer"
	"winback/scorer/tags"
)

// engine is what populations are scored by: the default configuration or a preset, with the risk model that users get by it.
type engine struct {
	config     config.Config
	vocabulary *schemas.Vocabulary
	mapping    *mapping.Mapping
	rules      *scorer.Rules
	types      []schemas.TypeID // by load.Type
}

// newEngine prepares the default configuration, or a preset as it is.
func newEngine(o *options, preset string) (*engine, error) {
	e := &engine{}
	if err := e.configure(o, preset); err != nil {
		return nil, err
	}
	var err error
	if e.vocabulary, err = e.config.Scorer.Vocabulary(); err != nil {
		return nil, err
	}
	if e.mapping, err = mapping.Compile(e.config.Mapping, e.vocabulary); err != nil {
		return nil, err
	}
	if e.rules, err = scorer.Compile(e.config.Scorer, e.vocabulary, e.config.Model); err != nil {
		return nil, err
	}
	for t := load.Visit; t <= load.Support; t++ {
		e.types = append(e.types, e.vocabulary.Lookup([]byte(t.String())))
	}
	return e, nil
}

func (e *engine) configure(o *options, preset string) error {
	loaded, err := config.Load(config.Sources{Preset: preset, Settings: o.settings}, config.Engine)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	e.config = loaded.Config
	if o.tags && preset == "" {
		e.config.Scorer.Tags = append(e.config.Scorer.Tags,
			tags.Tag{Name: "night_owl", When: "count(any, 30d) >= 10 and share(any, hours=22-02, 30d) >= 0.5"},
			tags.Tag{Name: "searcher", When: "count(search, 30d) >= 10 and days(search, 30d) >= 3"},
			tags.Tag{Name: "browser", When: "count(view, 30d) >= 20 and count(order, 30d) = 0"},
		)
	}
	return nil
}

func (e *engine) newPartition() (*state.Partition, error) {
	return state.New(e.rules, e.vocabulary, e.config.PartitionState())
}

// phaseOf is a user's place in the rhythm of assessments.
func (e *engine) phaseOf(id []byte) uint32 { return e.rules.PhaseOf(hashOf(id)) }

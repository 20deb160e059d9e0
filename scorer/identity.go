package scorer

import (
	"encoding/json"
	"fmt"

	"winback/schemas"
	"winback/scorer/risk"
)

// Identity is all that a user's state depends on, as texts to be compared: state kept under other rules means something else.
type Identity struct {
	Config string
	Names  string // the event types and categories in the order of their numbers
	Model  string // what the risk is scored by, without how it came about; empty without a model
}

// Identity says what the state kept under these rules depends on.
func (r *Rules) Identity() Identity { return r.identity }

func identify(c Config, vocabulary *schemas.Vocabulary, model *risk.Model) (Identity, error) {
	c.Risk.Model = "" // a file's name; what stands in it is compared
	types, categories := []string{}, []string{}
	for i := range vocabulary.Len() {
		types = append(types, vocabulary.Name(schemas.TypeID(i)))
	}
	for i := range vocabulary.Categories() {
		categories = append(categories, vocabulary.CategoryName(schemas.CategoryID(i)))
	}
	config, err := json.Marshal(c)
	if err != nil {
		return Identity{}, fmt.Errorf("scorer: %w", err)
	}
	names, err := json.Marshal([][]string{types, categories})
	if err != nil {
		return Identity{}, fmt.Errorf("scorer: %w", err)
	}
	identity := Identity{Config: string(config), Names: string(names)}
	if model == nil {
		return identity, nil
	}
	scored := *model
	scored.Fit, scored.Table = nil, nil
	if scored.Threshold != nil {
		scored.Threshold = &risk.Threshold{Enter: scored.Threshold.Enter, Exit: scored.Threshold.Exit}
	}
	text, err := json.Marshal(scored)
	if err != nil {
		return Identity{}, fmt.Errorf("scorer: model %s: %w", model.Name, err)
	}
	identity.Model = string(text)
	return identity, nil
}

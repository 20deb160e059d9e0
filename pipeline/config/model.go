package config

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"winback/pipeline/config/layers"
	"winback/scorer"
	"winback/scorer/risk"
)

//go:embed models/*.json
var models embed.FS

const modelFileSuffix = ".json"

// Models lists the risk models that are part of the binary.
func Models() []string { return namesIn(models, "models", modelFileSuffix) }

// model reads the risk model that the configuration names.
func (l *Loaded) model(parts Part) layers.Faults {
	const path = "scorer.risk.model"
	name := l.Scorer.Risk.Model
	if name == "" || name == scorer.NoModel || parts&Engine == 0 {
		return nil
	}
	text, err := models.ReadFile("models/" + name + modelFileSuffix)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return layers.Faults{{Place: l.Place(path), Problem: fmt.Sprintf("%s: %q is neither a file (%v) nor one of the models %s", path, name,
			unwrapPath(err), strings.Join(Models(), ", "))}}
	}
	if l.Model, err = risk.Decode(text); err != nil {
		return layers.Faults{{Place: l.Place(path), Problem: fmt.Sprintf("%s: %q: %v", path, name, err)}}
	}
	return l.fits(path)
}

// fits says which metrics the model asks for in vain, or what else keeps it from being used.
func (l *Loaded) fits(path string) layers.Faults {
	have := make([]string, len(l.Scorer.Metrics))
	for i, m := range l.Scorer.Metrics {
		have[i] = m.Name
	}
	missing := slices.DeleteFunc(l.Model.Needs().Metrics, func(m string) bool { return slices.Contains(have, m) })
	if len(missing) > 0 {
		return layers.Faults{{Place: l.Place(path), Problem: fmt.Sprintf("%s: the model %s does not fit the metrics %s: it needs %s too: add what is missing to scorer.metrics, "+
			"or train a model for these (winback train)", path, l.Model.Name, strings.Join(have, ", "), strings.Join(missing, ", "))}}
	}
	if err := l.Scorer.CheckModel(l.Model); err != nil {
		return layers.Faults{{Place: l.Place(path), Problem: fmt.Sprintf("%s: the model %s cannot be used: %v", path, l.Model.Name, err)}}
	}
	return nil
}

package calibrate

import (
	"encoding/xml"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"winback/schemas"
	"winback/scorer"
)

// slow are users of whom half return from a silence of 132 days, a quarter from one of 198 and a tenth from one of 264.
func slow(t *testing.T) *Returns {
	return mustReturn(t, pausing(1, 4000, 500, 0.1, func(r *rand.Rand) float64 { return 60 * r.ExpFloat64() }), Defaults())
}

func values(settings []Setting) (text string) {
	for _, s := range settings {
		text += " " + s.Value
	}
	return text
}

// Where the longer thresholds are not told, those in force must not lie below the shorter ones that are.
func TestThresholdsStayInOrderWhereNotAllAreTold(t *testing.T) {
	r := slow(t)
	if r.Levels[1].Err != nil || r.Levels[2].Err == nil || r.Longest < 200 || r.Longest > 250 {
		t.Fatalf("of %d days: %+v", r.Longest, r.Levels)
	}
	rules := scorer.Defaults()
	settings := r.LevelSettings(&rules.Lifecycle)
	for i, into := range []*schemas.Duration{&rules.Lifecycle.SilentLight, &rules.Lifecycle.SilentModerate, &rules.Lifecycle.SilentHeavy, &rules.Lifecycle.Churned} {
		length, err := schemas.ParseDuration(settings[i].Value)
		if err != nil {
			t.Fatal(err)
		}
		*into = length
		if bound := strings.HasPrefix(settings[i].Why, "no finding but the least"); bound != (i >= 2) {
			t.Errorf("%s: %s", settings[i].Path, settings[i].Why)
		}
	}
	if err := rules.Validate(); err != nil || rules.Lifecycle.SilentHeavy != schemas.Duration(r.Longest+1)*schemas.Day || rules.Lifecycle.Churned != rules.Lifecycle.SilentHeavy+schemas.Day {
		t.Errorf("%v: %+v", err, rules.Lifecycle)
	}
	// Settings in force that are long enough are left as they are.
	rules.Lifecycle.SilentHeavy, rules.Lifecycle.Churned = 300*schemas.Day, 400*schemas.Day
	settings = r.LevelSettings(&rules.Lifecycle)
	if settings[0].Value == "" || settings[1].Value == "" || settings[2].Value != "" || settings[3].Value != "" {
		t.Errorf("got%s", values(settings))
	}
	// One in force that is longer than what was found, but from which more return than may, is contradicted by the data.
	rules.Lifecycle.SilentHeavy = schemas.Duration(r.Longest) * schemas.Day
	if settings = r.LevelSettings(&rules.Lifecycle); settings[2].Value == "" || settings[3].Value != "" {
		t.Errorf("got%s", values(settings))
	}
	// Where nothing is told nothing is changed.
	for i := range r.Levels {
		r.Levels[i].Err = errors.New("not told")
	}
	if settings = r.LevelSettings(&rules.Lifecycle); values(settings) != "    " {
		t.Errorf("got%s", values(settings))
	}
}

func TestChartAndTextShowTheThresholdsFound(t *testing.T) {
	r := slow(t)
	chart := r.SVG()
	for in := xml.NewDecoder(strings.NewReader(chart)); ; {
		if _, err := in.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{chart, r.Text()} {
		for _, name := range []string{"silent_light", "silent_moderate"} {
			if !strings.Contains(text, name) {
				t.Errorf("%s is missing from %s", name, text)
			}
		}
		if strings.Contains(text, "churned") || strings.Contains(text, "NaN") {
			t.Errorf("got %s", text)
		}
	}
}

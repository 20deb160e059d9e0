package risk_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"winback/schemas"
	"winback/scorer/risk"
)

func compile(t interface{ Fatal(...any) }, m *risk.Model, baseRate float64) *risk.Scorer {
	s, err := risk.Compile(m, []string{"orders", "spend"}, baseRate)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestABaseRateMakesAChanceOfAScoreAndChangesNoDecision(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, rate := small(), rapid.Float64Range(0.01, 0.99).Draw(t, "rate")
		m.Bias = rapid.Float64Range(-3, 3).Draw(t, "bias")
		m.Threshold = &risk.Threshold{Enter: rapid.Float64Range(0.01, 100).Draw(t, "enter")}
		m.Threshold.Exit = rapid.Float64Range(0, m.Threshold.Enter).Draw(t, "exit")
		plain, moved, scratch := compile(t, m, 0), compile(t, m, rate), new(risk.Scratch)
		if plain.Chance() || !moved.Chance() {
			t.Errorf("a chance without a base rate %v, with one %v", plain.Chance(), moved.Chance())
		}
		score := plain.Score(shopper(), scratch)
		logOdds := scratch.LogOdds()
		chance := moved.Score(shopper(), scratch)
		if want := math.Log(rate / (1 - rate)); math.Abs(scratch.LogOdds()-logOdds-want) > 1e-9 {
			t.Errorf("a base rate of %v adds %v, want %v", rate, scratch.LogOdds()-logOdds, want)
		}
		if reasons := moved.Reasons(scratch, nil); !addUp(reasons, scratch.LogOdds()) {
			t.Errorf("the reasons of %v are %v", scratch.LogOdds(), reasons)
		}
		enter, _ := plain.Enter()
		exit, _ := plain.Exit()
		movedEnter, ok := moved.Enter()
		movedExit, also := moved.Exit()
		if !ok || !also || (score >= enter) != (chance >= movedEnter) || (score < exit) != (chance < movedExit) || movedExit > movedEnter {
			t.Errorf("%v against %v and %v, but %v against %v and %v", score, enter, exit, chance, movedEnter, movedExit)
		}
	})
}

func TestABaseRateThatCannotBeIsRefused(t *testing.T) {
	chance := small()
	chance.Chance = true
	for _, test := range []struct {
		model *risk.Model
		rate  float64
		want  string
	}{
		{chance, 0.2, "gives a chance as it is: leave the base rate out"}, {small(), 1, "use a share above 0 and below 1"}, {small(), -0.1, "use a share"},
		{small(), math.NaN(), "use a share"},
	} {
		_, err := risk.Compile(test.model, []string{"orders", "spend"}, test.rate)
		faults := schemas.FaultsOf(err)
		if len(faults) != 1 || faults[0].Field != "base_rate" || !strings.Contains(faults[0].Problem, test.want) {
			t.Errorf("%v: %v, want %q", test.rate, faults, test.want)
		}
	}
}

func TestTheThresholdsAreTheModels(t *testing.T) {
	m := small()
	s := compile(t, m, 0)
	if _, ok := s.Enter(); ok {
		t.Error("a threshold that the model does not have")
	}
	if _, ok := s.Exit(); ok {
		t.Error("an exit that the model does not have")
	}
	for _, told := range []risk.Threshold{{Enter: 20.5}, {Enter: 20.5, Exit: 3}} {
		m.Threshold = &told
		s := compile(t, m, 0)
		enter, ok := s.Enter()
		exit, also := s.Exit()
		want := told.Exit
		if want == 0 {
			want = told.Enter
		}
		if !ok || !also || enter != told.Enter || exit != want {
			t.Errorf("%+v: enter %v, exit %v", told, enter, exit)
		}
	}
	m.Threshold = &risk.Threshold{Enter: 100}
	if enter, _ := compile(t, m, 0.3).Enter(); enter != 100 {
		t.Errorf("100 is moved to %v", enter)
	}
}

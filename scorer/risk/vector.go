package risk

import (
	"fmt"
	"slices"

	"winback/schemas"
)

// maxSteps bounds the distinct steps of all features together.
const maxSteps = 512 // a power of two: an index is masked by it, which spares the check

// Vector computes features. It never changes, so any number of goroutines may use one.
type Vector struct {
	logs    *logTable
	steps   []step  // inputs first to last, each before the steps that use it
	results []int16 // the step of each feature
	days    []bool  // by metric: see ReadsDays
}

// CompileFeatures prepares features for pasts that hold the given metrics, in that order. The error holds every fault, its field
// counted in the features: "[3]".
func CompileFeatures(features, metrics []string) (*Vector, error) {
	var faults schemas.Faults
	if len(features) > MaxFeatures {
		faults.Add("", "%d features: at most %d", len(features), MaxFeatures)
		return nil, faults.Err()
	}
	c := newCompiler(metrics)
	for i, text := range features {
		e, err := parse(text)
		if err == nil {
			err = c.add(e)
		}
		if err != nil {
			faults.Add(fmt.Sprintf("[%d]", i), "%q: %v", text, err)
		}
	}
	return c.vector, faults.Err()
}

// compiler turns expressions into steps; equal parts of different features are one step.
type compiler struct {
	metrics []string
	steps   map[string]int16 // by spelling
	vector  *Vector
}

func newCompiler(metrics []string) compiler {
	return compiler{metrics: metrics, steps: map[string]int16{}, vector: &Vector{logs: newLogTable(), days: make([]bool, len(metrics))}}
}

func (c *compiler) add(e *expression) error {
	at, err := c.place(e)
	if err == nil {
		c.vector.results = append(c.vector.results, at)
	}
	return err
}

func (c *compiler) place(e *expression) (int16, error) {
	text := e.text()
	if at, found := c.steps[text]; found {
		return at, nil
	}
	s := step{op: e.word.op, from: int16(e.from), to: int16(e.to)}
	if e.word.metric {
		i := slices.Index(c.metrics, e.metric)
		if i < 0 {
			return 0, fmt.Errorf("%q is not a metric here: the metrics are %q", e.metric, c.metrics)
		}
		s.metric = int16(i)
		c.vector.days[i] = c.vector.days[i] || s.op == metricDays
	}
	for i, from := range []*int16{&s.x, &s.y}[:len(e.parts)] {
		at, err := c.place(e.parts[i])
		if err != nil {
			return 0, err
		}
		*from = at
	}
	for i, to := range []*float64{&s.a, &s.b}[:len(e.numbers)] {
		*to = e.numbers[i]
	}
	at := len(c.vector.steps)
	if at == maxSteps {
		return 0, fmt.Errorf("the features need more than %d steps together: use fewer", maxSteps)
	}
	c.vector.steps = append(c.vector.steps, s)
	c.steps[text] = int16(at)
	return int16(at), nil
}

// Len is how many features there are.
func (v *Vector) Len() int { return len(v.results) }

// ReadsDays says of each metric, in the order given to CompileFeatures, whether a feature reads its days. It is not to be changed.
func (v *Vector) ReadsDays() []bool { return v.days }

// Values puts the features of a past into dst, which must hold Len of them, in the order given to CompileFeatures.
func (v *Vector) Values(p *Past, dst []float64) {
	var values [maxSteps]float64
	v.run(p, &values)
	for i, at := range v.results {
		dst[i] = values[at]
	}
}

func (v *Vector) run(p *Past, values *[maxSteps]float64) {
	for i := range v.steps {
		s := &v.steps[i]
		if s.op < logarithm {
			values[i] = s.input(p)
		} else {
			values[i] = s.derive(values, v.logs)
		}
	}
}

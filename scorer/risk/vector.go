package risk

import (
	"fmt"
	"math/bits"
	"slices"

	"winback/schemas"
)

// maxSteps bounds the distinct steps of all features together.
const maxSteps = 512 // a power of two: an index is masked by it, which spares the check

// Vector computes features. It never changes, so any number of goroutines may use one.
type Vector struct {
	logs      *logTable
	returning *returnLogs
	steps     []step  // inputs first to last, each before the steps that use it
	results   []int16 // the step of each feature
	days      []bool  // by metric: see ReadsDays

	// The steps again, by kind: see append.
	inWord []daysInWord
	sums   []int16
	others []int16
}

// daysInWord counts active days that lie in one word of Past.Days.
type daysInWord struct {
	at   int16
	word uint8
	mask uint64
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
	return compiler{metrics: metrics, steps: map[string]int16{}, vector: &Vector{logs: newLogTable(), returning: newReturnLogs(), days: make([]bool, len(metrics))}}
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
	copy(s.numbers[:], e.numbers)
	at := len(c.vector.steps)
	if at == maxSteps {
		return 0, fmt.Errorf("the features need more than %d steps together: use fewer", maxSteps)
	}
	c.vector.append(s)
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

// append adds a step. The inputs that most features are made of are kept apart: a loop over steps of one kind takes a third of the time.
func (v *Vector) append(s step) {
	at := int16(len(v.steps))
	v.steps = append(v.steps, s)
	switch word := s.from / 64; {
	case s.op == activeDays && (s.to-1)/64 == word:
		v.inWord = append(v.inWord, daysInWord{at, uint8(word), (1<<(s.to-s.from) - 1) << (s.from % 64)})
	case s.op == sum:
		v.sums = append(v.sums, at)
	default:
		v.others = append(v.others, at)
	}
}

func (v *Vector) run(p *Past, values *[maxSteps]float64) {
	for i := range v.inWord {
		d := &v.inWord[i]
		values[d.at&(maxSteps-1)] = float64(bits.OnesCount64(p.Days[d.word&(MaxDays/64-1)] & d.mask))
	}
	for _, at := range v.sums {
		s := &v.steps[at]
		values[at&(maxSteps-1)] = sumWeeks(&p.Metrics[s.metric], int(s.from), int(s.to))
	}
	for _, at := range v.others {
		s := &v.steps[at]
		if s.op < logarithm {
			values[at&(maxSteps-1)] = s.input(p, v.returning)
		} else {
			values[at&(maxSteps-1)] = s.derive(values, v.logs)
		}
	}
}

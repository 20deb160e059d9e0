package additive

import (
	"math"
	"slices"
)

// Model is a fitted model: the log-odds of a row are Bias + the points of every curve and surface at its values.
type Model struct {
	Bias               float64
	Curves             []Curve
	Surfaces           []Surface
	Rounds, PairRounds []int // of each bag
}

// Curve gives points to the bins of a column: a value's bin is how many cuts are at or below it. Over the rows fitted on its mean is 0.
type Curve struct {
	Column     int
	Cuts       []float64
	Points     []float64
	Importance float64 // the mean size of its points over the rows fitted on
}

// Surface gives points to the bins of two columns, likewise.
type Surface struct {
	Columns    [2]int
	Cuts       [2][]float64
	Points     [][]float64 // by the first column's bin, then the second's
	Importance float64
}

// At is the points of a value.
func (c *Curve) At(x float32) float64 { return c.Points[bin(c.Cuts, float64(x))] }

// At is the points of two values.
func (s *Surface) At(x, y float32) float64 {
	return s.Points[bin(s.Cuts[0], float64(x))][bin(s.Cuts[1], float64(y))]
}

// LogOdds are those of rows given by their columns.
func (m *Model) LogOdds(columns [][]float32) []float64 {
	scores := make([]float64, len(columns[0]))
	for i := range scores {
		scores[i] = m.Bias
	}
	for k := range m.Curves {
		c := &m.Curves[k]
		for i, x := range columns[c.Column] {
			scores[i] += c.At(x)
		}
	}
	for k := range m.Surfaces {
		s := &m.Surfaces[k]
		second := columns[s.Columns[1]]
		for i, x := range columns[s.Columns[0]] {
			scores[i] += s.At(x, second[i])
		}
	}
	return scores
}

// centre moves the means of all curves and surfaces into the bias.
func (f *fit) centre(m *Model) {
	for j := range m.Curves {
		c := &m.Curves[j]
		mean := f.mean(func(i int) float64 { return c.Points[f.codes[j][i]] })
		shift(c.Points, mean)
		m.Bias += mean
		c.Importance = f.mean(func(i int) float64 { return math.Abs(c.Points[f.codes[j][i]]) })
	}
	for k := range m.Surfaces {
		s := &m.Surfaces[k]
		first, second := f.rows.Columns[s.Columns[0]].Values, f.rows.Columns[s.Columns[1]].Values
		mean := f.mean(func(i int) float64 { return s.At(first[i], second[i]) })
		for _, row := range s.Points {
			shift(row, mean)
		}
		m.Bias += mean
		s.Importance = f.mean(func(i int) float64 { return math.Abs(s.At(first[i], second[i])) })
	}
}

func shift(points []float64, by float64) {
	for i := range points {
		points[i] -= by
	}
}

func (f *fit) mean(of func(row int) float64) float64 {
	sum, total := 0.0, 0.0
	for i := range f.rows.Labels {
		w := 1.0
		if f.rows.Weights != nil {
			w = float64(f.rows.Weights[i])
		}
		sum += w * of(i)
		total += w
	}
	return sum / total
}

// simplify rounds all points, and leaves out cuts between equal ones and what then says nothing, so that files stay small.
func (m *Model) simplify() {
	m.Bias = rounded(m.Bias)
	for k := range m.Curves {
		m.Curves[k].simplify()
	}
	for k := range m.Surfaces {
		m.Surfaces[k].simplify()
	}
	m.Curves = slices.DeleteFunc(m.Curves, func(c Curve) bool { return len(c.Cuts) == 0 })
	m.Surfaces = slices.DeleteFunc(m.Surfaces, func(s Surface) bool { return len(s.Cuts[0]) == 0 && len(s.Cuts[1]) == 0 })
}

func (c *Curve) simplify() {
	var cuts []float64
	points := []float64{rounded(c.Points[0])}
	for i, cut := range c.Cuts {
		if p := rounded(c.Points[i+1]); p != points[len(points)-1] {
			cuts, points = append(cuts, cut), append(points, p)
		}
	}
	c.Cuts, c.Points = cuts, points
}

func (s *Surface) simplify() {
	var cuts [2][]float64
	for _, row := range s.Points {
		for j := range row {
			row[j] = rounded(row[j])
		}
	}
	rows := [][]float64{s.Points[0]}
	for i, cut := range s.Cuts[0] {
		if row := s.Points[i+1]; !slices.Equal(row, rows[len(rows)-1]) {
			cuts[0], rows = append(cuts[0], cut), append(rows, row)
		}
	}
	points := make([][]float64, len(rows))
	for i := range rows {
		points[i] = []float64{rows[i][0]}
	}
	for j, cut := range s.Cuts[1] {
		if slices.ContainsFunc(rows, func(row []float64) bool { return row[j] != row[j+1] }) {
			cuts[1] = append(cuts[1], cut)
			for i := range rows {
				points[i] = append(points[i], rows[i][j+1])
			}
		}
	}
	s.Cuts, s.Points = cuts, points
}

// rounded keeps four digits behind the point: a ten-thousandth of log-odds is nothing.
func rounded(x float64) float64 { return math.Round(x*1e4)/1e4 + 0 } // + 0 makes -0 plain 0

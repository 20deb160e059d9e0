package additive

import (
	"math"
	"math/rand/v2"
)

// drawn are rows whose log-odds are known: three curves, one pair of features, and two features that say nothing. Each group has some rows.
type drawn struct {
	Rows
	logOdds []float64
}

// The columns of drawn rows.
const (
	bent = iota // a curve that rises and falls
	stepped
	straight
	left // of the pair
	right
	noise
	rareNoise // mostly 0
)

func bentCurve(x float64) float64 { return 1.5 * math.Sin(x) }

func steppedCurve(x float64) float64 {
	if x > 0.3 {
		return 1
	}
	return -0.5
}

func straightCurve(x float64) float64 { return 0.6 * x }

func pairSurface(x, y float64) float64 {
	if (x > 0) == (y > 0) {
		return 0.8
	}
	return -0.8
}

func draw(rows int, seed uint64) *drawn {
	random := rand.New(rand.NewPCG(seed, 1))
	d := &drawn{}
	names := []string{"bent", "stepped", "straight", "left", "right", "noise", "rare noise"}
	for _, name := range names {
		d.Columns = append(d.Columns, Column{Name: name, Values: make([]float32, rows)})
	}
	for i := range rows {
		x := make([]float64, len(names))
		for j := range x {
			x[j] = 4*random.Float64() - 2
		}
		if x[rareNoise] = 0; random.IntN(20) == 0 {
			x[rareNoise] = float64(random.IntN(40))
		}
		for j := range x {
			d.Columns[j].Values[i] = float32(x[j])
		}
		z := -1 + bentCurve(x[bent]) + steppedCurve(x[stepped]) + straightCurve(x[straight]) + pairSurface(x[left], x[right])
		d.logOdds = append(d.logOdds, z)
		d.Labels = append(d.Labels, random.Float64() < logistic(z))
		d.Groups = append(d.Groups, splitMix(uint64(i/5)))
	}
	return d
}

func splitMix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (d *drawn) values() (columns [][]float32) {
	for _, c := range d.Columns {
		columns = append(columns, c.Values)
	}
	return columns
}

// quick are settings by which a test does not take long.
func quick() Config {
	cfg := Defaults()
	cfg.Bags, cfg.Pairs, cfg.Rate = 2, 3, 0.15
	return cfg
}

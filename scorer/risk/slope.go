package risk

// slope is which way points go from bin to bin: neither up nor down if there is but one.
type slope struct{ up, down bool }

// joined is the slope of tables that share an axis.
func (s slope) joined(other slope) slope { return slope{s.up || other.up, s.down || other.down} }

// slopeOf is that of lists of points that have as many bins.
func slopeOf(lists ...[]float64) (s slope) {
	for _, points := range lists {
		for i := 1; i < len(points); i++ {
			s.up, s.down = s.up || points[i] > points[i-1], s.down || points[i] < points[i-1]
		}
	}
	return s
}

// highBins are the first and the last of the bins in which the largest points of a span are.
func (a *axis) highBins(s *span) [2]uint8 {
	switch {
	case !a.slope.up:
		bin := a.bin(s.least)
		return [2]uint8{bin, bin}
	case !a.slope.down:
		bin := a.bin(s.most)
		return [2]uint8{bin, bin}
	}
	return [2]uint8{a.bin(s.least), a.bin(s.most)}
}

// transposed are the columns of rows.
func transposed(rows [][]float64) [][]float64 {
	columns := make([][]float64, len(rows[0]))
	for _, row := range rows {
		for j, x := range row {
			columns[j] = append(columns[j], x)
		}
	}
	return columns
}

package tags

// CanChange reports whether time alone can change which tags hold, where values are those of Selectors(): as events leave the windows, they fall
// to any number down to 0; amounts can do anything, because refunds leave too. It may report true where nothing changes, for it looks
// at each comparison by itself. It does not allocate.
func (s *Set) CanChange(values []int64) bool {
	for _, p := range s.programs {
		if p.canChange(values) {
			return true
		}
	}
	return false
}

// canChange follows each test to where it can lead to, and reports whether both ends can be reached. Tests lead to later ones only.
func (p program) canChange(values []int64) bool {
	var reached [1 << 8]bool // test numbers fit a byte
	reached[0] = true
	for at := range p {
		if !reached[at] {
			continue
		}
		t := &p[at]
		holds, fails := t.canHoldOrFail(values)
		reached[t.yes] = reached[t.yes] || holds
		reached[t.no] = reached[t.no] || fails
	}
	return reached[len(p)] && reached[len(p)+1]
}

// canHoldOrFail reports which results a test can come to.
func (t *test) canHoldOrFail(values []int64) (holds, fails bool) {
	value := values[t.value]
	switch {
	case t.amounts || value < 0:
		return true, true
	case !t.divides:
		possible := outcome(0, t.constant) | outcome(value, t.constant)
		if possible == less|greater {
			possible |= equal // on the way down
		}
		return t.outcomes&possible != 0, possible&^t.outcomes != 0
	case values[t.divisor] == 0:
		return false, true
	case value == 0:
		return t.outcomes&outcome(0, t.ratioConstant) != 0, true // once the divisor is 0 too, the ratio is not compared
	}
	return true, true
}

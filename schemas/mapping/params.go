package mapping

import "slices"

// paramReader reads the entries of an array of parameters.
type paramReader struct {
	root   *node // of an entry
	key    int   // slots of an entry
	values []int
}

// arrays marks the arrays that are more to the paths than something in their way.
func (c *compiler) arrays() {
	if names, err := splitPath(c.cfg.Each); err == nil {
		if n := c.m.root.find(names); n != nil {
			n.each = true
			c.m.each = n.slot
		}
	}
	c.params()
}

// params gives the arrays of parameters that paths go through what reads their entries.
func (c *compiler) params() {
	for i := range c.cfg.Params {
		p := &c.cfg.Params[i]
		field, err := splitPath(p.Field)
		if err != nil { // check has reported it
			continue
		}
		if n := c.m.root.find(field); n != nil {
			n.params = c.paramReader(p)
		}
	}
}

// paramReader gives the paths inside an entry slots of their own, which each entry fills anew.
func (c *compiler) paramReader(p *Params) *paramReader {
	var split [][]string
	for _, path := range append(Paths{p.Key}, p.Value...) {
		if names, err := splitPath(path); err == nil {
			split = append(split, names)
		}
	}
	sorted := sortPaths(slices.Clone(split))
	first := len(c.m.paths)
	c.m.paths = append(c.m.paths, make([]string, len(sorted))...)
	r := &paramReader{root: newTree(sorted, first)}
	for i, names := range split {
		at, _ := slices.BinarySearchFunc(sorted, names, slices.Compare)
		if i == 0 {
			r.key = first + at
		} else {
			r.values = append(r.values, first+at)
		}
	}
	return r
}

// arrayOnPath reads an array that paths lead to: it counts the events of a batch, and reads the entries of an array of parameters; of any
// other array it only notes that paths go through it. An empty array has nothing that a path could mean: PHP writes an object without
// members so.
func (d *Decoder) arrayOnPath(st *step, s []byte, i, depth int) int {
	n := st.node
	if n.each && d.batch.number == 0 {
		count, end := d.countElements(s, i)
		d.values[n.slot].n = int64(count)
		return end
	}
	if n.params != nil {
		return d.params(n, d.steps.enter(st, n.params.root), s, i, depth)
	}
	end := d.skip(s, i, depth)
	if end < 0 || s[space(s, i+1)] == ']' {
		return end
	}
	d.pathsEnd(n, value{kind: kindBelowArray, start: int32(i), end: int32(end)})
	return end
}

// pathsEnd notes why the paths that lead below a node find nothing there.
func (d *Decoder) pathsEnd(n *node, why value) {
	for slot := n.lo; slot < n.hi; slot++ {
		if slot != n.slot {
			d.values[slot], d.pathsEnded = why, true
		}
	}
}

// params reads the entries of an array of parameters, whose '[' is at i, and returns the place behind its ']', or -1. What is no object is
// checked and passed over.
func (d *Decoder) params(n *node, inside *step, s []byte, i, depth int) int {
	if depth >= maxDepth {
		return d.fail(i, tooDeep)
	}
	if i = space(s, i+1); i < len(s) && s[i] == ']' {
		return i + 1
	}
	for {
		switch {
		case i >= len(s):
			return d.fail(i, "the JSON ends inside an array")
		case s[i] == '{':
			i = d.param(n, inside, s, i, depth+1)
		default:
			i = d.skip(s, i, depth+1)
		}
		if i < 0 {
			return -1
		}
		if i = space(s, i); i < len(s) && s[i] == ']' {
			return i + 1
		}
		if i >= len(s) || s[i] != ',' {
			return d.fail(i, "a comma or a closing bracket is missing")
		}
		i = space(s, i+1)
	}
}

// param reads one entry and puts its value where the paths that name its key look for it. Of entries with the same key the last counts.
func (d *Decoder) param(n *node, inside *step, s []byte, i, depth int) int {
	if depth >= maxDepth {
		return d.fail(i, tooDeep)
	}
	p := n.params
	clear(d.values[p.root.lo:p.root.hi])
	end := d.object(p.root, inside, s, i+1, depth+1)
	if key := &d.values[p.key]; end >= 0 && key.isWord() {
		name := d.plain(key, d.buffer[:0])
		if at := n.names.find(name, headOf(name)); at >= 0 {
			d.values[n.below[at].slot] = d.paramValue(p.values)
		}
	}
	return end
}

// paramValue is the first value that an entry holds; null if it holds none.
func (d *Decoder) paramValue(slots []int) value {
	if v := d.first(slots); v != nil {
		return *v
	}
	return value{kind: kindNull}
}

package mapping

// step is what stood between two values of a document, such as `,"type":"`, and what is known about it: it is well formed, where its
// value is stored if it is read at all, and which steps have followed it. Documents of one producer have the same keys in the same order,
// so the same bytes come again: then they are only compared, 8 at a time. Where they differ, newStep parses them.
type step struct {
	head, tail, mask uint64 // the first and the last 8 bytes, which overlap, or the only ones
	length, span     int32  // how many bytes, and how many must be there to compare them: at least 8
	text             bool   // the step ends in the opening quote of the value
	nested           bool   // there are fields to be read below the value, of which an earlier one of the same name may have left some
	value            *value // where the value goes to
	node             *node  // of the value; nil: it is not read
	next             *step  // the first of the steps that followed
	other            *step  // another step at the same place
	inside           *step  // what begins an object that is read: not compared, followed by the first step in it; its node reads it
	middle           [maxStep/8 - 2]uint64
}

const (
	maxSteps  = 128
	maxStep   = 48 // bytes
	maxOthers = 8  // steps at one place
	maxMisses = 1000
)

// steps are those that a Decoder remembers.
type steps struct {
	root      step // what begins a document
	forgotten step // the last for which there was no room; the steps that follow it are not remembered
	all       [maxSteps]step
	count     int
	misses    int
}

// begin returns the step before a document. It forgets all steps once too many documents had others: a producer may have changed, or
// sends keys at random.
func (p *steps) begin() *step {
	if p.misses > maxMisses {
		p.root, p.count, p.misses = step{}, 0, 0
	}
	return &p.root
}

// add returns a new step, nil if there is no room.
func (p *steps) add() *step {
	if p.count == maxSteps {
		p.misses++
		return nil
	}
	st := &p.all[p.count]
	p.count++
	*st = step{}
	return st
}

// follow adds the bytes as one of the steps that follow another.
func (p *steps) follow(last *step, literal []byte) *step {
	link := &last.next
	others := 0
	for *link != nil {
		link = &(*link).other
		others++
	}
	var st *step
	if last != &p.forgotten && others < maxOthers && len(literal) <= maxStep {
		st = p.add()
	} else {
		p.misses++
	}
	if st == nil {
		p.forgotten = step{}
		return &p.forgotten
	}
	*link = st
	n := len(literal)
	st.length, st.span, st.mask = int32(n), int32(max(n, 8)), 1<<(8*min(n, 8))-1
	st.head = headOf(literal[:min(n, 8)])
	st.tail = headOf(literal[max(n-8, 0):])
	for at := 8; at < n-8; at += 8 {
		st.middle[at/8-1] = headOf(literal[at:])
	}
	return st
}

// enter returns what begins the object that is a step's value, or those in the array that is, which is read by the node n. What follows it
// is known for one node only, the first.
func (p *steps) enter(st *step, n *node) *step {
	if st.inside == nil && st != &p.forgotten {
		if st.inside = p.add(); st.inside != nil {
			st.inside.node = n
		}
	}
	if st.inside == nil || st.inside.node != n {
		p.forgotten = step{}
		return &p.forgotten
	}
	return st.inside
}

// between compares the words between the first and the last with those at i.
func (st *step) between(s []byte, i int) bool {
	for at := 8; at < int(st.span)-8; at += 8 {
		if word(s, i+at) != st.middle[at/8-1] {
			return false
		}
	}
	return true
}

// newStep reads what stands before the next value of an object, a comma, a key and a colon, and remembers it. It returns the place
// of the value; or no step and the place behind the '}', or -1.
func (d *Decoder) newStep(n *node, last *step, s []byte, begin int, first bool) (*step, int) {
	i := space(s, begin)
	if i < len(s) && s[i] == '}' {
		return nil, i + 1
	}
	if !first {
		if i >= len(s) {
			return nil, d.fail(i, "the JSON ends inside an object")
		}
		if s[i] != ',' {
			return nil, d.fail(i, "a comma or } is missing in an object")
		}
		i = space(s, i+1)
	}
	child, end := d.key(n, s, i)
	if end < 0 {
		return nil, -1
	}
	if i = space(s, end+1); i >= len(s) || s[i] != ':' {
		return nil, d.fail(i, "a colon is missing after a key")
	}
	if i = space(s, i+1); i >= len(s) {
		return nil, d.fail(i, "the JSON ends before a value")
	}
	nested := child != nil && len(child.below) > 0
	text := s[i] == '"' && !nested
	if text {
		i++
	}
	st := d.steps.follow(last, s[begin:i])
	st.node, st.text, st.nested, st.value = child, text, nested, &d.values[slotUnread]
	if child != nil {
		st.value = &d.values[child.slot]
	}
	return st, i
}

// key reads a key. It returns its node, nil if nothing below it is read, and the place of its closing quote, or -1.
func (d *Decoder) key(n *node, s []byte, i int) (child *node, end int) {
	if i >= len(s) || s[i] != '"' {
		return nil, d.fail(i, "a key in double quotes is missing")
	}
	end, escaped := d.text(s, i+1)
	if end < 0 {
		return nil, end
	}
	name := s[i+1 : end]
	if escaped {
		name = unescape(d.buffer[:0], name)
	}
	if at := n.names.find(name, headOf(name)); at >= 0 {
		child = n.below[at]
	}
	return child, end
}

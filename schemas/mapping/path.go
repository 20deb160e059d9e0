package mapping

import (
	"errors"
	"slices"
	"strings"
)

// The pseudo paths, which read the record instead of its value.
const (
	pathKey  = "$key"
	pathTime = "$time"
)

// The first slots of a Decoder belong to the pseudo paths and to values that are not read, the others to the paths of the Config.
const (
	slotKey = iota
	slotTime
	slotUnread
	firstSlot
)

const (
	maxPathDepth = 16
	maxNameBytes = 256
	maxPaths     = 100
)

// splitPath cuts a dotted path into names. A backslash takes the next byte as it is.
func splitPath(path string) ([]string, error) {
	var names []string
	var name strings.Builder
	for i := 0; i < len(path); i++ {
		switch c := path[i]; c {
		case '.':
			names = append(names, name.String())
			name.Reset()
		case '\\':
			if i++; i == len(path) {
				return nil, errors.New(`it ends in a backslash; write \\ for one`)
			}
			name.WriteByte(path[i])
		case '[':
			return nil, errors.New("elements of an array have no path: name a field outside of it, or see each and params; write a [ inside a name as `\\[`")
		default:
			name.WriteByte(c)
		}
	}
	return checkNames(append(names, name.String()))
}

// columnName is the name of a CSV column whose path is written so. Only a leading $ needs a backslash: dots are part of a name.
func columnName(path string) string {
	if strings.HasPrefix(path, `\$`) {
		return path[1:]
	}
	return path
}

func checkNames(names []string) ([]string, error) {
	if len(names) > maxPathDepth {
		return nil, errors.New("it is more than 16 names deep")
	}
	for _, name := range names {
		if name == "" {
			return nil, errors.New("it has an empty name; write a dot inside a name as `\\.`")
		}
		if len(name) > maxNameBytes {
			return nil, errors.New("it has a name of more than 256 bytes")
		}
	}
	return names, nil
}

// node is one name on the way to the fields that are read. Slots are numbered in the order of the sorted paths, so all
// fields below a node have adjacent ones.
type node struct {
	slot   int // of the value itself, or slotNobody
	lo, hi int // the slots [lo, hi) of the node and all below it
	names  table
	below  []*node
	each   bool         // it is the array of events
	params *paramReader // of an array of parameters, which the names below are the keys of; else nil
}

// newTree builds the nodes for the sorted paths, whose slots begin at first.
func newTree(paths [][]string, first int) *node {
	root := &node{slot: slotUnread, lo: first, hi: first + len(paths)}
	root.grow(paths, first, 0)
	return root
}

// find returns the node that a path leads to, nil if no path of the tree goes there.
func (n *node) find(path []string) *node {
	for _, name := range path {
		at := n.names.find([]byte(name), headOf([]byte(name)))
		if at < 0 {
			return nil
		}
		n = n.below[at]
	}
	return n
}

// grow adds what follows the first depth names, all alike, of the paths in [n.lo, n.hi).
func (n *node) grow(paths [][]string, first, depth int) {
	var names []string
	for slot := n.lo; slot < n.hi; slot++ {
		path := paths[slot-first]
		if len(path) == depth {
			n.slot = slot
			continue
		}
		if len(names) == 0 || names[len(names)-1] != path[depth] {
			names = append(names, path[depth])
			n.below = append(n.below, &node{slot: slotUnread, lo: slot})
		}
		n.below[len(n.below)-1].hi = slot + 1
	}
	n.names = newTable(names)
	for _, child := range n.below {
		child.grow(paths, first, depth+1)
	}
}

// sortPaths orders paths name by name, each once.
func sortPaths(paths [][]string) [][]string {
	slices.SortFunc(paths, slices.Compare)
	return slices.CompactFunc(paths, slices.Equal)
}

package replay

import (
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go"

	"winback/schemas/mapping"
)

// columnFault is a column that the mapping names and the file does not have.
type columnFault struct{ error }

func newRowForm(root *field, m *mapping.Mapping, file string) (rowForm, error) {
	if !m.ReadsCSV() {
		return &jsonRows{root: root}, nil
	}
	all := root.plainLeaves("", nil)
	c := &csvRows{m: m, columns: root.last, leaves: all, named: m.NeedsHeader()}
	if c.named {
		return c, nil
	}
	c.leaves = nil
	for _, name := range m.ColumnNames() {
		leaf, err := find(all, name, file)
		if err != nil {
			return nil, err
		}
		c.leaves = append(c.leaves, leaf)
	}
	return c, nil
}

// find returns the leaf of a name. A column that the mapping does not read has no name, and gets a leaf of none.
func find(all []plainLeaf, name, file string) (plainLeaf, error) {
	if name == "" {
		return plainLeaf{}, nil
	}
	var names []string
	for _, leaf := range all {
		if leaf.name == name {
			return leaf, nil
		}
		names = append(names, leaf.name)
	}
	return plainLeaf{}, columnFault{fmt.Errorf("%s: no column %q; there are %s: name the columns in the mapping (docs/mapping.md)", file, name, strings.Join(names, ", "))}
}

// plainLeaf is a leaf with at most one value a row, by its path.
type plainLeaf struct {
	name  string
	field *field // nil for a column that is not read
}

// plainLeaves appends the leaves below that are in nothing repeated.
func (f *field) plainLeaves(path string, dst []plainLeaf) []plainLeaf {
	for _, child := range f.children {
		name := child.name
		if path != "" {
			name = path + "." + name
		}
		switch {
		case child.repeated:
		case child.kind == leafField:
			dst = append(dst, plainLeaf{name, child})
		case child.kind == groupField:
			dst = child.plainLeaves(name, dst)
		}
	}
	return dst
}

// csvRows writes rows for a mapping that reads CSV. What is repeated has no place in them.
type csvRows struct {
	m       *mapping.Mapping
	columns int
	leaves  []plainLeaf
	named   bool
	values  columnValues
	field   []byte
}

func (c *csvRows) header() []byte {
	if !c.named {
		return nil
	}
	var line []byte
	for i, leaf := range c.leaves {
		line = c.m.AppendField(line, []byte(leaf.name), i == 0)
	}
	return line
}

func (c *csvRows) append(dst []byte, row parquet.Row) ([]byte, error) {
	c.values.load(row, c.columns)
	for i, leaf := range c.leaves {
		c.field = c.field[:0]
		if f := leaf.field; f != nil {
			if v := c.values.peek(f.first); v.DefinitionLevel() == f.def && !v.IsNull() {
				c.field, _ = f.text(c.field, v)
			}
		}
		dst = c.m.AppendField(dst, c.field, i == 0)
	}
	return dst, c.values.fault()
}

// jsonRows writes each row as a JSON object: groups are objects, lists are arrays, maps are objects, and what is null is left out.
type jsonRows struct {
	root    *field
	values  columnValues
	scratch []byte
}

func (*jsonRows) header() []byte { return nil }

func (j *jsonRows) append(dst []byte, row parquet.Row) ([]byte, error) {
	j.values.load(row, j.root.last)
	dst = j.group(dst, j.root)
	return dst, j.values.fault()
}

func (c *columnValues) fault() error {
	if c.short {
		return fmt.Errorf("a row lacks values of a column")
	}
	return nil
}

func (j *jsonRows) group(dst []byte, f *field) []byte {
	dst = append(dst, '{')
	first := true
	for _, child := range f.children {
		if !child.repeated && j.missing(child) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendJSONString(dst, []byte(child.name)), ':')
		if child.repeated {
			dst = j.list(dst, child, child)
		} else {
			dst = j.value(dst, child)
		}
	}
	return append(dst, '}')
}

// missing passes a field that is null.
func (j *jsonRows) missing(f *field) bool {
	if f.optional && j.values.peek(f.first).DefinitionLevel() < f.def {
		j.values.skip(f)
		return true
	}
	return false
}

// value writes a field that is there.
func (j *jsonRows) value(dst []byte, f *field) []byte {
	switch f.kind {
	case groupField:
		return j.group(dst, f)
	case listField:
		return j.list(dst, f.children[0], f.element())
	case mapField:
		return j.dictionary(dst, f.children[0])
	}
	return j.leaf(dst, f)
}

func (j *jsonRows) leaf(dst []byte, f *field) []byte {
	v := j.values.take(f.first)
	if v.IsNull() {
		return append(dst, "null"...)
	}
	var form textForm
	j.scratch, form = f.text(j.scratch[:0], v)
	switch {
	case form == plainText:
		return appendJSONString(dst, j.scratch)
	case len(j.scratch) == 0:
		return append(dst, "null"...)
	}
	return append(dst, j.scratch...)
}

// list writes the elements of a repeated field.
func (j *jsonRows) list(dst []byte, repeated, element *field) []byte {
	dst = append(dst, '[')
	if j.values.peek(repeated.first).DefinitionLevel() < repeated.def {
		j.values.skip(repeated)
		return append(dst, ']')
	}
	for n := 0; n == 0 || j.values.repeats(repeated); n++ {
		if n > 0 {
			dst = append(dst, ',')
		}
		if element != repeated && j.missing(element) {
			dst = append(dst, "null"...)
		} else {
			dst = j.value(dst, element)
		}
	}
	return append(dst, ']')
}

// dictionary writes a map as an object, whatever its keys are.
func (j *jsonRows) dictionary(dst []byte, entry *field) []byte {
	dst = append(dst, '{')
	if j.values.peek(entry.first).DefinitionLevel() < entry.def {
		j.values.skip(entry)
		return append(dst, '}')
	}
	key, value := entry.children[0], entry.children[1]
	for n := 0; n == 0 || j.values.repeats(entry); n++ {
		if n > 0 {
			dst = append(dst, ',')
		}
		j.scratch, _ = key.text(j.scratch[:0], j.values.take(key.first))
		dst = append(appendJSONString(dst, j.scratch), ':')
		switch {
		case value.repeated:
			dst = j.list(dst, value, value)
		case j.missing(value):
			dst = append(dst, "null"...)
		default:
			dst = j.value(dst, value)
		}
	}
	return append(dst, '}')
}

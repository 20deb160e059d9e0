package replay

import (
	"errors"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// field is a node of a Parquet file's schema. In a row, each leaf below it is a column of values, and each value says by its levels how many
// of the optional and repeated fields around it are there.
type field struct {
	name               string
	optional, repeated bool
	def, rep           int // the levels of a value that has this field, and that repeats it
	kind               fieldKind
	children           []*field
	first, last        int // the columns below: from first up to last
	text               leafText
}

type fieldKind uint8

const (
	leafField fieldKind = iota
	groupField
	listField // its only child is repeated, and is the element or holds it
	mapField  // its only child is repeated and holds the key and the value
)

var errSchema = errors.New("its schema does not hold together")

// parquetFields makes a tree of the schema's elements, which stand in depth-first order.
func parquetFields(elements []format.SchemaElement) (*field, error) {
	b := fieldBuilder{elements: elements}
	root := b.field(0, 0, 0)
	if root == nil || len(b.elements) > 0 || root.kind != groupField || root.repeated {
		return nil, errSchema
	}
	root.optional = false
	return root, nil
}

type fieldBuilder struct {
	elements []format.SchemaElement
	columns  int
}

// maxFieldDepth bounds the nesting of a schema: levels are bytes.
const maxFieldDepth = 100

// field takes the next element and those below it. It returns nil if some are missing.
func (b *fieldBuilder) field(def, rep, depth int) *field {
	if len(b.elements) == 0 || depth > maxFieldDepth {
		return nil
	}
	e := &b.elements[0]
	b.elements = b.elements[1:]
	f := &field{name: e.Name, first: b.columns, def: def, rep: rep}
	if depth > 0 {
		f.optional, f.repeated = e.RepetitionType.V == format.Optional, e.RepetitionType.V == format.Repeated
	}
	if f.optional || f.repeated {
		f.def++
	}
	if f.repeated {
		f.rep++
	}
	if e.Type.Valid {
		f.text = newLeafText(e)
		b.columns++
	} else if !b.children(f, int(e.NumChildren.V), depth) {
		return nil
	}
	f.last = b.columns
	f.kind = kindOf(f, e)
	return f
}

func (b *fieldBuilder) children(f *field, n, depth int) bool {
	f.kind = groupField
	for range n {
		child := b.field(f.def, f.rep, depth+1)
		if child == nil {
			return false
		}
		f.children = append(f.children, child)
	}
	return f.first < b.columns // a group without a column says nothing
}

func kindOf(f *field, e *format.SchemaElement) fieldKind {
	if e.Type.Valid {
		return leafField
	}
	if len(f.children) != 1 || !f.children[0].repeated {
		return groupField
	}
	converted := func(t deprecated.ConvertedType) bool { return e.ConvertedType.Valid && e.ConvertedType.V == t }
	_, list := e.LogicalType.Value.(*format.ListType)
	_, dictionary := e.LogicalType.Value.(*format.MapType)
	child := f.children[0]
	switch {
	case (dictionary || converted(deprecated.Map) || converted(deprecated.MapKeyValue)) && len(child.children) == 2 && child.children[0].kind == leafField:
		return mapField
	case list || converted(deprecated.List):
		return listField
	}
	return groupField
}

// element is what a list's repeated child stands for. Old writers made the child itself the element; the rules that tell are those of the
// format's description, LogicalTypes.md.
func (f *field) element() *field {
	child := f.children[0]
	if child.kind == leafField || len(child.children) != 1 || child.name == "array" || child.name == f.name+"_tuple" {
		return child
	}
	return child.children[0]
}

// columnValues are the values of one row by column.
type columnValues struct {
	columns []parquet.Row
	short   bool // a column had fewer values than its levels ask for
}

// load cuts a row into its columns.
func (c *columnValues) load(row parquet.Row, columns int) {
	if c.columns == nil {
		c.columns = make([]parquet.Row, columns)
	}
	clear(c.columns)
	c.short = false
	for i := 0; i < len(row); {
		column, end := row[i].Column(), i+1
		for end < len(row) && row[end].Column() == column {
			end++
		}
		if column >= 0 && column < columns {
			c.columns[column] = row[i:end]
		}
		i = end
	}
}

// peek is the next value of a column.
func (c *columnValues) peek(column int) parquet.Value {
	if len(c.columns[column]) == 0 {
		c.short = true
		return parquet.Value{}
	}
	return c.columns[column][0]
}

func (c *columnValues) take(column int) parquet.Value {
	v := c.peek(column)
	if !c.short {
		c.columns[column] = c.columns[column][1:]
	}
	return v
}

// skip passes a field that is not there: one value in each of its columns says so.
func (c *columnValues) skip(f *field) {
	for column := f.first; column < f.last; column++ {
		c.take(column)
	}
}

// repeats reports whether another element of a repeated field follows.
func (c *columnValues) repeats(f *field) bool {
	return len(c.columns[f.first]) > 0 && c.columns[f.first][0].RepetitionLevel() == f.rep && !c.short
}

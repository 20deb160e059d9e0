package replay

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"testing"

	"winback/schemas"
)

// TestSortingKeepsEveryFieldOfAnEvent sets each field in turn to its ends: one that is added to schemas.Event and forgotten here fails.
func TestSortingKeepsEveryFieldOfAnEvent(t *testing.T) {
	kept := func(want schemas.Event, line string) {
		b := appendEvent(nil, &want, []byte(line))
		_, head := binary.Uvarint(b)
		got := decode(b[head:])
		if !bytes.Equal(got.User, want.User) || string(got.Line) != line {
			t.Errorf("got %q and %q, want %q and %q", got.User, got.Line, want.User, line)
		}
		got.User = want.User
		if !reflect.DeepEqual(got.Event, want) {
			t.Errorf("got %+v, want %+v", got.Event, want)
		}
	}
	kept(schemas.Event{User: []byte("u"), ID: math.MaxUint64, Time: 1, Amount: -2, Duration: 3, Offset: -330, Type: 255, Category: 255}, `{"a":1}`)
	for i := range reflect.TypeFor[schemas.Event]().NumField() {
		e := schemas.Event{User: []byte{}}
		switch f := reflect.ValueOf(&e).Elem().Field(i); {
		case f.CanInt():
			f.SetInt(-1)
		case f.CanUint():
			f.SetUint(1)
		default:
			f.SetBytes([]byte("somebody"))
		}
		kept(e, "")
	}
}

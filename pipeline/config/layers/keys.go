package layers

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// field is one key of a struct. The index leads through embedded structs that are marked inline.
type field struct {
	key   string
	index []int
	of    reflect.Type
}

type fields []field

// fieldsOf lists a struct's keys in the order of the source.
func fieldsOf(t reflect.Type) (all fields) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("yaml")
		key, options, _ := strings.Cut(tag, ",")
		switch {
		case !f.IsExported() || !tagged || key == "-":
		case options == "inline":
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				all = append(all, inner)
			}
		case key != "":
			all = append(all, field{key, []int{i}, f.Type})
		}
	}
	return all
}

func (fs fields) find(key string) (field, bool) {
	i := slices.IndexFunc(fs, func(f field) bool { return f.key == key })
	if i < 0 {
		return field{}, false
	}
	return fs[i], true
}

// suggest names the key that was probably meant, else all of them.
func (fs fields) suggest(key string) string {
	keys := make([]string, len(fs))
	for i, f := range fs {
		keys[i] = f.key
	}
	if near := Nearest(key, keys); near != "" {
		return fmt.Sprintf(": did you mean %s?", near)
	}
	for _, f := range fs {
		if isStruct(f.of) {
			if _, below := fieldsOf(f.of).find(key); below {
				return fmt.Sprintf(": did you mean %s.%s?", f.key, key)
			}
		}
	}
	return ": the keys here are " + strings.Join(keys, ", ")
}

func isStruct(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && !isText(reflect.New(t).Elem())
}

// Keys lists the path of everything that can be set from outside a file, in the order of the source: all but the structs themselves.
func (l *Layers) Keys() []string { return leaves("", l.target.Type()) }

func leaves(path string, t reflect.Type) (all []string) {
	if !isStruct(t) || isYAML(reflect.New(t).Elem()) {
		return []string{path}
	}
	for _, f := range fieldsOf(t) {
		all = append(all, leaves(join(path, f.key), f.of)...)
	}
	return all
}

// find returns the value at a path, or says why there is none.
func find(v reflect.Value, path string) (reflect.Value, string) {
	walked := ""
	for _, token := range splitPath(path) {
		if v.Kind() == reflect.Pointer && v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = reflect.Indirect(v)
		switch {
		case isStruct(v.Type()):
			f, known := fieldsOf(v.Type()).find(token)
			if !known {
				return v, "unknown key" + fieldsOf(v.Type()).suggest(token)
			}
			v, walked = v.FieldByIndex(f.index), join(walked, token)
		case v.Kind() == reflect.Slice:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= v.Len() {
				return v, fmt.Sprintf("%s holds %d items: name one as %s", walked, v.Len(), item(walked, max(v.Len()-1, 0)))
			}
			v, walked = v.Index(i), item(walked, i)
		default:
			return v, fmt.Sprintf("%s has nothing named %q below it: set %s itself", walked, token, walked)
		}
	}
	if walked == "" {
		return v, "name a setting, such as log.level"
	}
	return v, ""
}

// Nearest returns the candidate that a misspelt word probably means, "" if none is near.
func Nearest(word string, candidates []string) string {
	near := slices.MinFunc(append(slices.Clone(candidates), ""), func(a, b string) int {
		return cmp.Compare(distance(word, a), distance(word, b))
	})
	if d := distance(word, near); d > max(2, len(word)/3) || 2*d > len(word) {
		return "" // another word, not a misspelt one
	}
	return near
}

// distance counts the letters to insert, delete, replace or swap with their neighbour. Long words are cut: nobody mistypes those.
func distance(a, b string) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	before, last, row := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, make([]int, len(b)+1)
	}
	return last[len(b)]
}

package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"winback/pipeline/config"
	"winback/pipeline/config/layers"
	"winback/schemas"
)

// docSetting is one thing that can be set, as the program has it.
type docSetting struct {
	path    string // below a list's items too: scorer.metrics[].name
	value   string // the default, as YAML on one line; empty below a list
	meaning string // the comment behind the field in the source
}

// settingsReader walks the configuration's structs as YAML does, by their tags.
type settingsReader struct {
	t        *testing.T
	packages map[string][]*ast.File
	all      []docSetting
}

func settingsOf(t *testing.T) []docSetting {
	t.Helper()
	c := config.Defaults()
	r := settingsReader{t: t, packages: map[string][]*ast.File{}}
	r.structure("", reflect.ValueOf(c))
	return r.all
}

func (r *settingsReader) structure(path string, v reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			r.structure(path, v.Field(i))
		case key != "" && key != "-":
			r.value(strings.TrimPrefix(path+"."+key, "."), v.Field(i), r.comment(v.Type(), f.Name))
		}
	}
}

func (r *settingsReader) value(path string, v reflect.Value, meaning string) {
	_, plain := v.Interface().(interface{ MarshalText() ([]byte, error) })
	switch {
	case v.Kind() == reflect.Struct && !plain:
		r.structure(path, v)
		return
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		r.all = append(r.all, docSetting{path, items(v), meaning})
		r.structure(path+"[]", reflect.New(v.Type().Elem()).Elem())
		return
	}
	r.all = append(r.all, docSetting{path, r.shown(v), meaning})
}

// items names a list's items, if they have names.
func items(v reflect.Value) string {
	var names []string
	for i := range v.Len() {
		if name := v.Index(i).FieldByName("Name"); name.IsValid() {
			names = append(names, name.String())
		}
	}
	return strings.Join(names, ", ")
}

// shown writes a default as one would set it, nothing for what is empty.
func (r *settingsReader) shown(v reflect.Value) string {
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.String {
		return strings.Join(v.Convert(reflect.TypeFor[[]string]()).Interface().([]string), ", ")
	}
	text, err := yaml.Marshal(v.Interface())
	if err != nil {
		r.t.Fatal(err)
	}
	shown := strings.TrimSpace(string(text))
	if strings.Contains(shown, "\n") || slices.Contains([]string{`""`, "[]", "{}", "null"}, shown) {
		return ""
	}
	return shown
}

// comment is what stands in the source behind or above a field.
func (r *settingsReader) comment(of reflect.Type, field string) string {
	directory := strings.TrimPrefix(of.PkgPath(), "winback/")
	if r.packages[directory] == nil {
		r.packages[directory] = sourceOf(r.t, directory)
	}
	found := ""
	for _, file := range r.packages[directory] {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, is := n.(*ast.TypeSpec)
			if !is || spec.Name.Name != of.Name() {
				return true
			}
			if structure, is := spec.Type.(*ast.StructType); is {
				found = fieldComment(structure, field)
			}
			return false
		})
	}
	return found
}

func fieldComment(in *ast.StructType, name string) string {
	for _, f := range in.Fields.List {
		for _, is := range f.Names {
			if is.Name == name {
				return strings.Join(strings.Fields(f.Comment.Text()+" "+f.Doc.Text()), " ")
			}
		}
	}
	return ""
}

const (
	settingsPage   = "docs/configuration.md"
	settingsMarker = "<!-- What follows is written by: go test ./pipeline/cmd/winback -run Settings -update -->\n"
)

// The page of all settings says what the program has: names, defaults, and the words of the source.
func TestThePageOfSettingsIsTheProgramsOwn(t *testing.T) {
	all := settingsOf(t)
	written := readPage(t, settingsPage).text
	head, _, found := strings.Cut(written, settingsMarker)
	if !found {
		t.Fatalf("%s lacks the line %s", settingsPage, settingsMarker)
	}
	want := head + settingsMarker + settingsTables(all)
	if *update {
		if err := os.WriteFile(filepath.Join(house, settingsPage), []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		written = want
	}
	for line := range strings.Lines(want) {
		if !strings.Contains(written, line) {
			t.Errorf("%s lacks: %s", settingsPage, line)
		}
	}
	if written != want {
		t.Errorf("%s is not what the program has: write it anew with go test ./pipeline/cmd/winback -run Settings -update", settingsPage)
	}
	for _, s := range all {
		if s.meaning == "" && !strings.HasPrefix(s.path, "mapping.") {
			t.Errorf("%s: the field has no comment in the source, which is its meaning in %s", s.path, settingsPage)
		}
	}
	everyKeyIsThere(t, all)
}

// everyKeyIsThere holds the walk of this test to the one by which settings are read.
func everyKeyIsThere(t *testing.T, all []docSetting) {
	t.Helper()
	c := config.Defaults()
	for _, key := range layers.Over(&c).Keys() {
		if !slices.ContainsFunc(all, func(s docSetting) bool { return s.path == key || strings.HasPrefix(s.path, key+".") }) {
			t.Errorf("the setting %s was not found in the structs", key)
		}
	}
}

// settingsTables has a table for each part of the configuration.
func settingsTables(all []docSetting) string {
	var text bytes.Buffer
	part := ""
	for _, s := range all {
		if strings.HasPrefix(s.path, "mapping.") {
			continue // docs/mapping.md has them
		}
		if now, _, _ := strings.Cut(s.path, "."); now != part {
			part = now
			fmt.Fprintf(&text, "\n## %s\n\n| setting | default | meaning |\n|---|---|---|\n", part)
		}
		value := s.value
		if value != "" {
			value = "`" + value + "`"
		}
		fmt.Fprintf(&text, "| `%s` | %s | %s |\n", s.path, value, strings.ReplaceAll(s.meaning, "|", `\|`))
	}
	return text.String()
}

// resolve finds the setting that a page means: by its whole path, or by the end of it.
func resolve(all []docSetting, name string) (docSetting, bool) {
	var ends []docSetting
	for _, s := range all {
		switch {
		case s.path == name, s.path == "scorer."+name:
			return s, true
		case strings.HasSuffix(s.path, "."+name):
			ends = append(ends, s)
		}
	}
	if len(ends) == 1 {
		return ends[0], true
	}
	return docSetting{}, false
}

// sameValue knows how a person writes a default.
func sameValue(s docSetting, written string) bool {
	if written = strings.Trim(written, "` "); written == s.value {
		return true
	}
	switch written {
	case "off", "false":
		return s.value == "false"
	case "on", "true":
		return s.value == "true"
	case "none", "off (0)":
		return s.value == ""
	}
	a, b := parsedValue(written), parsedValue(s.value)
	return a != nil && a == b
}

// parsedValue is a duration or a number, nil if it is neither.
func parsedValue(text string) any {
	if d, err := schemas.ParseDuration(text); err == nil {
		return d.String()
	}
	var number float64
	if yaml.Unmarshal([]byte(text), &number) == nil && text != "" {
		return number
	}
	return nil
}

// A page that names a setting and its value in parentheses, `drop.enter` (0.30), names the default.
func TestDefaultsInTheTextAreTheSettings(t *testing.T) {
	all := settingsOf(t)
	seen := 0
	for _, p := range pages(t) {
		for _, found := range regexp.MustCompile("`([a-z_.]+)`\\s+\\(`?([0-9][0-9.a-z]*|on|off)`?\\)").FindAllStringSubmatch(p.text, -1) {
			s, is := resolve(all, strings.TrimPrefix(found[1], "."))
			if !is {
				continue
			}
			if seen++; !sameValue(s, found[2]) {
				t.Errorf("%s: the default of `%s` is %s, not %s", p.name, s.path, s.value, found[2])
			}
		}
		for _, found := range regexp.MustCompile("`([a-z_]+\\.[a-z_.]+)`, ([0-9][0-9.a-z]*) \\|").FindAllStringSubmatch(p.text, -1) {
			s, is := resolve(all, found[1])
			if seen++; !is || !sameValue(s, found[2]) {
				t.Errorf("%s: the default of `%s` is %s, not %s", p.name, found[1], s.value, found[2])
			}
		}
	}
	if seen < 25 {
		t.Errorf("only %d defaults", seen)
	}
}

// The README's table of settings: short names after a whole one are of the same part.
func TestTheReadmesSettingsHaveTheirDefaults(t *testing.T) {
	all := settingsOf(t)
	seen := 0
	for _, row := range readPage(t, "README.md").headed(t, "Setting")[0].rows {
		names, values := code(row[0]), strings.Split(row[1], ", ")
		part := strings.TrimSuffix(names[0], "*")
		part = part[:strings.LastIndex(part, ".")+1]
		if strings.HasSuffix(names[0], "*") {
			sameInOrder(t, all, part, row[1])
			continue
		}
		for i, name := range names {
			if i > 0 && !strings.Contains(name, part) {
				name = part + name
			}
			s, is := resolve(all, name)
			switch {
			case !is:
				t.Errorf("README.md: there is no setting %s", name)
			case len(names) == 1 && sameValue(s, row[1]), len(names) == len(values) && sameValue(s, values[i]):
				seen++
			case row[1] == "the cluster's" && parsedValue(s.value) != nil: // 0 is
			default:
				t.Errorf("README.md: the default of %s is %q, not %q", s.path, s.value, row[1])
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d defaults", seen)
	}
}

// sameInOrder compares the first defaults of a part, in the order of the program.
func sameInOrder(t *testing.T, all []docSetting, part, written string) {
	t.Helper()
	var values []string
	for _, s := range all {
		if strings.HasPrefix(s.path, part) && parsedValue(s.value) != nil {
			values = append(values, s.value)
		}
	}
	if part == "scorer.rfm." && strings.HasPrefix(written, "180d, 30d, 90d, 3, 50000, 20000") {
		values = values[:6]
	}
	got := regexp.MustCompile(` \([^)]*\)`).ReplaceAllString(written, "")
	for i, value := range strings.Split(got, ", ") {
		if i >= len(values) || parsedValue(value) != parsedValue(values[i]) {
			t.Errorf("README.md: the defaults of %s* are %v, not %s", part, values, written)
			return
		}
	}
}

// Every configuration that a page shows can be read: its keys exist and its values are of their types.
func TestConfigurationsInTheDocsCanBeRead(t *testing.T) {
	all := settingsOf(t)
	seen := 0
	for _, p := range pages(t) {
		for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(p.text, -1) {
			c := config.Defaults()
			l := layers.Over(&c)
			l.File(p.name, []byte(block[1]))
			if seen++; l.Err() != nil {
				t.Errorf("%s: %v\n%s", p.name, l.Err(), block[1])
			}
		}
		for _, setting := range regexp.MustCompile(`--set ([a-z_.]+)=`).FindAllStringSubmatch(p.text, -1) {
			if _, is := resolve(all, setting[1]); !is {
				t.Errorf("%s: --set %s: there is no such setting", p.name, setting[1])
			}
		}
	}
	if seen < 4 {
		t.Errorf("only %d configurations", seen)
	}
}

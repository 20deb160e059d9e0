// Package layers fills a struct of settings from YAML files, environment variables and flags, each over the ones before, and
// keeps what stands where: every fault is reported, all at once, with the file and line, the variable or the flag that it came from.
//
// Keys are the `yaml:"..."` tags of the struct and of the structs in it; a field without a tag cannot be set. An unknown or
// doubled key is a fault. A later layer's list replaces an earlier one's; a key without a value leaves what was there.
package layers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"winback/schemas"
)

// Layers fills one struct. It is used in the order of its methods: files, environment, flags, Check, Err.
type Layers struct {
	target   reflect.Value
	files    []file
	settings []setting
	faults   Faults
}

type file struct {
	name string
	root *yaml.Node
}

type setting struct{ origin, path string }

// Over starts from the struct that target points to, which holds the defaults.
func Over(target any) *Layers {
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("layers: want a pointer to a struct, got %T", target))
	}
	return &Layers{target: v.Elem()}
}

// File lays a YAML document over what is there. The name stands in the faults.
func (l *Layers) File(name string, text []byte) {
	root, err := parse(text)
	if err != nil {
		place, problem := syntaxFault(name, err)
		l.faults = append(l.faults, Fault{Place: place, Problem: problem})
		return
	}
	if root == nil {
		return
	}
	l.files = append(l.files, file{name, root})
	d := decoder{place: func(n *yaml.Node) string { return lineOf(name, n) }, budget: maxNodes}
	d.value("", l.target, root)
	l.faults = append(l.faults, d.faults...)
}

func lineOf(name string, n *yaml.Node) string { return name + ":" + strconv.Itoa(n.Line) }

// parse returns the root value of the one document in text, nil if it is empty.
func parse(text []byte) (*yaml.Node, error) {
	var document, second yaml.Node
	in := yaml.NewDecoder(bytes.NewReader(text))
	switch err := in.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	if err := in.Decode(&second); err == nil {
		return nil, fmt.Errorf("yaml: line %d: a second document begins: keep one", second.Line)
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	return document.Content[0], nil
}

// syntaxFault takes the line out of the YAML parser's message, which is "yaml: line 3: did not find ...".
func syntaxFault(name string, err error) (place, problem string) {
	place, problem = name+":1", strings.TrimPrefix(err.Error(), "yaml: ") // it leaves the first line out
	if rest, found := strings.CutPrefix(problem, "line "); found {
		if line, after, cut := strings.Cut(rest, ": "); cut {
			place, problem = name+":"+line, after
		}
	}
	return place, "not YAML: " + problem + syntaxRemedy(problem)
}

// syntaxRemedy puts the most likely mistake behind a message that only a parser's author understands.
func syntaxRemedy(problem string) string {
	switch {
	case strings.Contains(problem, "cannot start any token"):
		return ": indent with spaces, not tabs, and put values that begin with a sign in quotes"
	case strings.Contains(problem, "UTF-8"), strings.Contains(problem, "control characters"):
		return ": is it a text file?"
	case strings.Contains(problem, "did not find expected"), strings.Contains(problem, "could not find expected"), strings.Contains(problem, "not allowed in this context"):
		return ": look at this line and the one before for a missing bracket, quote, colon or space"
	}
	return ""
}

// Set lays one value over what is there. The path is as in faults: "kafka.brokers", "scorer.metrics[2].core". Strings are taken
// as they are, a list of plain values may be written with commas, everything else is YAML. The origin ("--set kafka.brokers",
// "WINBACK_KAFKA_BROKERS") stands in the faults.
func (l *Layers) Set(origin, path, value string) {
	v, problem := find(l.target, path)
	if problem != "" {
		l.faults = append(l.faults, Fault{Place: origin, Field: path, Problem: problem})
		return
	}
	l.settings = append(l.settings, setting{origin, path})
	d := decoder{place: func(*yaml.Node) string { return origin }, budget: maxNodes}
	node, err := settingNode(v, value)
	if err != nil {
		d.fault(path, nil, "%v", err)
	} else if node != nil {
		d.value(path, v, node)
	}
	l.faults = append(l.faults, d.faults...)
}

// settingNode makes the node that stands for a value outside a file.
func settingNode(v reflect.Value, value string) (*yaml.Node, error) {
	plain := func(text string) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Line: 1}
	}
	switch {
	case isText(v):
		return plain(value), nil
	case v.Kind() == reflect.Slice && isText(reflect.New(v.Type().Elem()).Elem()) && !strings.HasPrefix(strings.TrimSpace(value), "["):
		list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: 1}
		for part := range strings.SplitSeq(value, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list.Content = append(list.Content, plain(part))
			}
		}
		return list, nil
	}
	return parse([]byte(value))
}

// Check adds what a Validate found, each fault with the place of the setting it speaks of. A field that could not be read at all
// is not reported a second time.
func (l *Layers) Check(err error) {
	read := len(l.faults)
	for _, f := range schemas.FaultsOf(err) {
		if !l.faults[:read].cover(f.Field) {
			l.faults = append(l.faults, Fault{Place: l.Place(f.Field), Field: f.Field, Problem: f.Problem})
		}
	}
}

// Err returns every fault as one error of type Faults, nil if there is none.
func (l *Layers) Err() error {
	if len(l.faults) == 0 {
		return nil
	}
	return l.faults
}

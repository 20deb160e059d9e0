package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// house is the root of the repository, from here.
const house = "../../.."

// page is a text that speaks of the program.
type page struct{ name, text string }

// pages are all that a user reads: the manual, and the files to begin with.
func pages(t *testing.T) (all []page) {
	t.Helper()
	for _, pattern := range []string{"*.md", "docs/*.md", "deploy/*"} {
		names, err := filepath.Glob(filepath.Join(house, pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: no file (%v)", pattern, err)
		}
		for _, name := range names {
			all = append(all, readPage(t, strings.TrimPrefix(name, house+"/")))
		}
	}
	return all
}

func readPage(t *testing.T, name string) page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(house, name))
	if err != nil {
		t.Fatal(err)
	}
	return page{name, string(text)}
}

// docTable is one of a page's, its cells trimmed. before is the text between the page's start and it.
type docTable struct {
	page, before string
	head         []string
	rows         [][]string
}

// tables are all of a page's.
func (p page) tables() (all []docTable) {
	lines := strings.SplitAfter(p.text, "\n")
	at := 0
	for i := 0; i < len(lines); i++ {
		if strings.HasPrefix(lines[i], "|") && i+1 < len(lines) && strings.HasPrefix(lines[i+1], "|---") {
			made := docTable{page: p.name, before: p.text[:at], head: cells(lines[i])}
			for at, i = at+len(lines[i])+len(lines[i+1]), i+2; i < len(lines) && strings.HasPrefix(lines[i], "|"); i++ {
				made.rows = append(made.rows, cells(lines[i]))
				at += len(lines[i])
			}
			all = append(all, made)
			i--
			continue
		}
		at += len(lines[i])
	}
	return all
}

// cells takes a row apart; an escaped bar is part of a cell.
func cells(row string) (all []string) {
	const bar = "\x00"
	row = strings.Trim(strings.TrimSpace(strings.ReplaceAll(row, `\|`, bar)), "|")
	for cell := range strings.SplitSeq(row, "|") {
		all = append(all, strings.TrimSpace(strings.ReplaceAll(cell, bar, "|")))
	}
	return all
}

// headed returns the page's tables whose first column is called that.
func (p page) headed(t *testing.T, first string) (found []docTable) {
	t.Helper()
	for _, made := range p.tables() {
		if made.head[0] == first {
			found = append(found, made)
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s has no table that begins with the column %q", p.name, first)
	}
	return found
}

// first are the words in code marks of the first column of all these tables.
func first(tables ...docTable) (words []string) {
	for _, made := range tables {
		for _, row := range made.rows {
			words = append(words, code(row[0])...)
		}
	}
	return words
}

// code returns what stands in code marks.
func code(text string) (words []string) {
	for _, found := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		words = append(words, found[1])
	}
	return words
}

// sameWords compares what a page lists with what the program has, both ways.
func sameWords(t *testing.T, where, what string, listed, has []string) {
	t.Helper()
	for _, word := range has {
		if !slices.Contains(listed, word) {
			t.Errorf("%s lacks the %s `%s`, which the program has", where, what, word)
		}
	}
	for _, word := range listed {
		if !slices.Contains(has, word) {
			t.Errorf("%s lists the %s `%s`, which the program does not have", where, what, word)
		}
	}
}

// sourceOf is one package of the program, as it is written. The lists that a package keeps to itself are read from it.
func sourceOf(t *testing.T, directory string) (files []*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(house, directory, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		t.Fatalf("there is no package in %s", directory)
	}
	return files
}

// constants are the texts of the constants of a type.
func constants(t *testing.T, directory, ofType string) (values []string) {
	t.Helper()
	eachSpec(sourceOf(t, directory), func(spec *ast.ValueSpec) {
		if name, is := spec.Type.(*ast.Ident); is && name.Name == ofType {
			values = append(values, literals(t, spec.Values...)...)
		}
	})
	if len(values) == 0 {
		t.Fatalf("%s has no constants of type %s: mend this test", directory, ofType)
	}
	return values
}

// variable are the texts in a package's variable, or constant, of that name: all of them, or those of the struct fields called key.
func variable(t *testing.T, directory, name, key string) (values []string) {
	t.Helper()
	eachSpec(sourceOf(t, directory), func(spec *ast.ValueSpec) {
		if i := slices.IndexFunc(spec.Names, func(is *ast.Ident) bool { return is.Name == name }); i >= 0 && i < len(spec.Values) {
			values = append(values, keyed(t, spec.Values[i], key)...)
		}
	})
	if len(values) == 0 {
		t.Fatalf("%s has no %s: mend this test", directory, name)
	}
	return values
}

func eachSpec(files []*ast.File, do func(*ast.ValueSpec)) {
	for _, file := range files {
		for _, declared := range file.Decls {
			if general, is := declared.(*ast.GenDecl); is {
				for _, spec := range general.Specs {
					if value, is := spec.(*ast.ValueSpec); is {
						do(value)
					}
				}
			}
		}
	}
}

// keyed are the texts in an expression, or those behind the key alone.
func keyed(t *testing.T, in ast.Expr, key string) (values []string) {
	if key == "" {
		return literals(t, in)
	}
	ast.Inspect(in, func(n ast.Node) bool {
		if pair, is := n.(*ast.KeyValueExpr); is {
			if name, is := pair.Key.(*ast.Ident); is && name.Name == key {
				values = append(values, literals(t, pair.Value)...)
			}
		}
		return true
	})
	return values
}

func literals(t *testing.T, in ...ast.Expr) (values []string) {
	for _, expression := range in {
		ast.Inspect(expression, func(n ast.Node) bool {
			if literal, is := n.(*ast.BasicLit); is && literal.Kind == token.STRING {
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, text)
			}
			return true
		})
	}
	return values
}

// namedVariables are the environment variables that a package's files, tests too, name.
func namedVariables(t *testing.T, directory string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(house, directory, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v", directory, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`"(WINBACK_[A-Z_]+)"`).FindAllStringSubmatch(string(text), -1) {
			names = append(names, found[1])
		}
	}
	return names
}

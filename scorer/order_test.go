package scorer

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maxBackward is how many files may refer to a file that stands further down in the reading order.
const maxBackward = 4

// A stranger reads the package from the bottom up, in the order that its doc gives.
func TestFilesReferToFilesAboveThemInTheReadingOrder(t *testing.T) {
	for _, dir := range []string{".", "track"} {
		t.Run(dir, func(t *testing.T) {
			fileSet, files := parseFiles(t, dir)
			order := readingOrder(files["doc.go"])
			for name := range files {
				if name != "doc.go" && !slices.Contains(order, name) {
					t.Errorf("%s does not stand in the reading order of doc.go", name)
				}
			}
			all, backward := 0, []string(nil)
			for pair := range references(fileSet, files) {
				if all++; slices.Index(order, pair[1]) > slices.Index(order, pair[0]) {
					backward = append(backward, pair[0]+" to "+pair[1])
				}
			}
			t.Logf("%d references between %d files, %d of them to a file further down: %v", all, len(files), len(backward), backward)
			if len(backward) > maxBackward || all == 0 {
				t.Errorf("%d of %d references run to a file further down, %d may: %v", len(backward), all, maxBackward, backward)
			}
		})
	}
}

func parseFiles(t *testing.T, dir string) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fileSet, files := token.NewFileSet(), map[string]*ast.File{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fileSet, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = file
	}
	return fileSet, files
}

// readingOrder lists the files that a package doc names at the beginning of indented lines.
func readingOrder(doc *ast.File) (order []string) {
	for _, match := range regexp.MustCompile(`(?m)^\t(\w+\.go)\b`).FindAllStringSubmatch(doc.Doc.Text(), -1) {
		order = append(order, match[1])
	}
	return order
}

// references are the pairs of files of which the first names something, also a field, that the second declares.
func references(fileSet *token.FileSet, files map[string]*ast.File) map[[2]string]bool {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: emptyImporter{}, Error: func(error) {}} // what other packages declare is not counted
	checked, _ := config.Check("checked", fileSet, slices.Collect(maps.Values(files)), info)
	pairs := map[[2]string]bool{}
	for used, object := range info.Uses {
		from, to := fileSet.Position(used.Pos()).Filename, fileSet.Position(object.Pos()).Filename
		if object.Pkg() == checked && from != to {
			pairs[[2]string{filepath.Base(from), filepath.Base(to)}] = true
		}
	}
	return pairs
}

// emptyImporter imports packages without looking for them.
type emptyImporter struct{}

func (emptyImporter) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, filepath.Base(path))
	p.MarkComplete()
	return p, nil
}

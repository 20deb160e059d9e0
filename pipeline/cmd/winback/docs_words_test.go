package main

import (
	"encoding/json"
	"go/ast"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"winback/pipeline/config"
	"winback/schemas"
	migrations "winback/schemas/clickhouse"
	"winback/schemas/mapping"
	"winback/scorer"
	"winback/scorer/risk"
)

// states are the lifecycle's, in their order.
func states() (names []string) {
	for s := scorer.New; s < scorer.States; s++ {
		names = append(names, s.String())
	}
	return names
}

func tiers() (names []string) {
	for tier := scorer.High; tier < scorer.Tiers; tier++ {
		names = append(names, tier.String())
	}
	return names
}

func reasons() (names []string) {
	for _, r := range schemas.Reasons() {
		names = append(names, r.String())
	}
	return names
}

// Lists of words in the manual are those of the program, no more and no fewer.
func TestListsInTheDocsAreTheProgramsOwn(t *testing.T) {
	mappings, decisions, tagging, models := readPage(t, "docs/mapping.md"), readPage(t, "docs/decisions.md"), readPage(t, "docs/tags.md"), readPage(t, "docs/risk.md")
	aggregates := constants(t, "scorer", "Aggregate")
	sameWords(t, mappings.name+", What a metric adds,", "aggregate", first(mappings.headed(t, "`adds`")...), aggregates)
	sameWords(t, mappings.name+", Presets,", "preset", first(mappings.headed(t, "preset")...), mapping.Presets())
	sameWords(t, mappings.name+", Why a record is refused,", "reason", first(mappings.headed(t, "reason")...), reasons())
	sameWords(t, mappings.name+", Times,", "format", first(mappings.headed(t, "format")...), strings.Split(strings.Join(variable(t, "schemas/mapping", "formatNames", ""), ""), ", "))

	// Forgotten has a paragraph of its own below the table.
	sameWords(t, decisions.name+", The lifecycle,", "state", append(first(decisions.headed(t, "state")...), scorer.Forgotten.String()), states())
	sameWords(t, decisions.name+", Profiles,", "tier", first(decisions.headed(t, "tier")...), tiers())
	kinds := regexp.MustCompile("(?m)^((?:\\*\\*`[a-z]+`\\*\\*(?:, )?)+):").FindAllStringSubmatch(decisions.text, -1)
	var listed []string
	for _, kind := range kinds {
		listed = append(listed, code(kind[1])...)
	}
	sameWords(t, decisions.name, "kind", listed, constants(t, "schemas", "DecisionKind"))

	functions := first(tagging.headed(t, "function")...)
	for i, function := range functions {
		functions[i], _, _ = strings.Cut(function, "(")
	}
	sameWords(t, tagging.name+", Functions,", "function", functions, variable(t, "scorer/tags", "functions", "name"))
	var filters []string
	for _, filter := range first(tagging.headed(t, "filter")...) {
		name, _, _ := strings.Cut(filter, "=")
		filters = append(filters, name)
	}
	sameWords(t, tagging.name+", Filters,", "filter", filters, variable(t, "scorer/tags", "filters", ""))

	subjects := regexp.MustCompile(`Reasons name subjects, not features: ([^.]*)`).FindStringSubmatch(models.text)
	if subjects == nil {
		t.Fatal(models.name + " does not say what reasons name")
	}
	sameWords(t, models.name, "subject", code(subjects[1]), sortedOnce(variable(t, "scorer/risk", "words", "subject")))
	sameWords(t, models.name+", What the model file holds,", "key", first(models.headed(t, "key")...), jsonKeys(reflect.TypeFor[risk.Model]()))
}

// Sentences that list words are held where they stand: a word that the program has is somewhere in the page's code.
func TestEveryWordOfTheProgramIsInItsPage(t *testing.T) {
	for _, c := range []struct {
		page, what string
		words      []string
	}{
		{"README.md", "preset", config.Presets()},
		{"README.md", "aggregate", constants(t, "scorer", "Aggregate")},
		{"docs/mapping.md", "aggregate", constants(t, "scorer", "Aggregate")},
		{"docs/risk.md", "model", config.Models()},
		{"docs/risk.md", "expression", variable(t, "scorer/risk", "words", "name")},
		{"docs/clickhouse.md", "state", states()[len(states())-2:]},
		{"docs/clickhouse.md", "tier", tiers()},
		{"docs/clickhouse.md", "kind", constants(t, "schemas", "DecisionKind")},
	} {
		text := readPage(t, c.page).text
		for _, word := range c.words {
			if !regexp.MustCompile("[`\\[(,]\\s*" + regexp.QuoteMeta(word) + "\\b").MatchString(text) {
				t.Errorf("%s does not name the %s `%s`, which the program has", c.page, c.what, word)
			}
		}
	}
}

// The README's table of presets has every one that is for a kind of product, and none that is not there.
func TestTheReadmesPresetsExist(t *testing.T) {
	listed := regexp.MustCompile(`\[([a-z_]+)\]\(pipeline/config/presets/([a-z_]+)\.yaml\)`).FindAllStringSubmatch(readPage(t, "README.md").text, -1)
	if len(listed) < 4 {
		t.Errorf("only %d presets", len(listed))
	}
	for _, preset := range listed {
		if preset[1] != preset[2] || !slices.Contains(config.Presets(), preset[1]) {
			t.Errorf("README.md: there is no preset %s", preset[1])
		}
	}
	for _, p := range pages(t) {
		for _, used := range regexp.MustCompile(`--preset ([a-z0-9_]+)`).FindAllStringSubmatch(p.text, -1) {
			if !slices.Contains(config.Presets(), used[1]) {
				t.Errorf("%s: --preset %s: there is no such preset", p.name, used[1])
			}
		}
		for _, used := range regexp.MustCompile(`(?:mapping\.preset=|mapping: \{preset: |^\{preset: )([a-z0-9_]+)`).FindAllStringSubmatch(p.text, -1) {
			if !slices.Contains(mapping.Presets(), used[1]) {
				t.Errorf("%s: mapping.preset %s: there is no such preset", p.name, used[1])
			}
		}
	}
}

// docs/mapping.md has every key of the mapping, and no other.
func TestTheMappingsOptionsAreItsKeys(t *testing.T) {
	var has []string
	for _, s := range settingsOf(t) {
		if key, is := strings.CutPrefix(s.path, "mapping."); is && !strings.Contains(key, "[]") {
			has = append(has, key)
		}
	}
	var listed []string
	for _, row := range readPage(t, "docs/mapping.md").headed(t, "option")[0].rows {
		listed = append(listed, code(row[0])...)
	}
	if i := slices.Index(listed, "user"); i >= 0 {
		listed[i] = "user.field" // the page writes it short, as everybody does
	}
	sameWords(t, "docs/mapping.md, Every option,", "option", listed, has)
}

// Decisions and profiles have the keys that docs/decisions.md lists.
func TestTheKeysOfDecisionsAreDocumented(t *testing.T) {
	page := readPage(t, "docs/decisions.md")
	tables := page.headed(t, "key")
	var decisions, profiles []docTable
	for _, made := range tables {
		if strings.Contains(made.before, "\n## Profiles") {
			profiles = append(profiles, made)
		} else {
			decisions = append(decisions, made)
		}
	}
	has := map[string]bool{}
	for _, kind := range constants(t, "schemas", "DecisionKind") {
		maps.Copy(has, keysOf(t, &schemas.Decision{Kind: schemas.DecisionKind(kind), Returned: true}))
	}
	sameWords(t, page.name, "key of a decision", sortedOnce(first(decisions...)), slices.Sorted(maps.Keys(has)))
	profile := &schemas.Profile{Reasons: make([]schemas.Term, 1)}
	sameWords(t, page.name+", Profiles,", "key of a profile", first(profiles...), slices.Sorted(maps.Keys(keysOf(t, profile))))
}

func sortedOnce(words []string) []string { return slices.Compact(slices.Sorted(slices.Values(words))) }

// keysOf are the keys of a value as JSON.
func keysOf(t *testing.T, value any) map[string]bool {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for key := range keys {
		has[key] = true
	}
	return has
}

// jsonKeys are the keys that a struct is read from.
func jsonKeys(of reflect.Type) (keys []string) {
	for field := range of.Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		keys = append(keys, key)
	}
	return keys
}

// docs/clickhouse.md has the views with their columns and the tables with their keys, as the migrations make them.
func TestTheTablesAndViewsInTheDocsAreTheMigrations(t *testing.T) {
	const name = "docs/clickhouse.md"
	made, err := migrations.Made()
	if err != nil {
		t.Fatal(err)
	}
	page := readPage(t, name)
	views, tables := page.headed(t, "view")[0], page.headed(t, "table")[0]
	sameWords(t, name+", Views,", "view", first(views), namesOf(made.Views))
	for _, row := range views.rows {
		view, _ := migrations.Find(made.Views, code(row[0])[0])
		listed := append(code(row[2]), "topic", "complete_until") // which the column's head says of all
		for word := range strings.SplitSeq(row[1], ", ") {
			if _, is := view.Column(word); is {
				listed = append(listed, word) // what a row is for may be a column
			}
		}
		sameWords(t, name+", the view "+view.Name+",", "column", listed, append(columnsOf(view), "topic", "complete_until"))
	}
	sameWords(t, name+", Tables,", "table", first(tables), namesOf(made.Tables))
	for _, row := range tables.rows {
		table, _ := migrations.Find(made.Tables, code(row[0])[0])
		if got := strings.Join(code(row[1]), ", "); got != table.Key {
			t.Errorf("%s: the key of %s is %s, not %s", name, table.Name, table.Key, got)
		}
	}
}

func columnsOf(made migrations.Table) (names []string) {
	for _, c := range made.Columns {
		names = append(names, c.Name)
	}
	return names
}

func namesOf(tables []migrations.Table) (names []string) {
	for _, made := range tables {
		names = append(names, made.Name)
	}
	return names
}

// Every metric that a member serves is described, and every one that a page names is served.
func TestTheMetricsInTheDocsAreTheMembers(t *testing.T) {
	metric := regexp.MustCompile(`\bwinback_[a-z_]*[a-z]\b`)
	var served, listed []string
	for _, file := range sourceOf(t, "pipeline/api") {
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, is := n.(*ast.BasicLit); is {
				served = append(served, metric.FindAllString(literal.Value, -1)...)
			}
			return true
		})
	}
	for _, p := range pages(t) {
		listed = append(listed, metric.FindAllString(p.text, -1)...)
	}
	if len(served) < 20 {
		t.Errorf("only %d metrics", len(served))
	}
	sameWords(t, "docs", "metric", sortedOnce(listed), sortedOnce(served))
}

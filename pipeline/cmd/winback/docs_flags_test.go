package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"winback/pipeline/config"
	"winback/pipeline/config/layers"
)

// commands are all of the program's by name, and the root by its own.
func commands() map[string]*cobra.Command {
	root := (&app{size: unsized}).root()
	root.InitDefaultCompletionCmd()
	all := map[string]*cobra.Command{root.Name(): root}
	for _, c := range root.Commands() {
		all[c.Name()] = c
	}
	return all
}

func hasFlag(c *cobra.Command, name string) bool {
	return name == "help" || c.Flags().Lookup(name) != nil || c.Root().PersistentFlags().Lookup(name) != nil
}

var (
	commandLine = regexp.MustCompile(`\bwinback +([a-z]+)((?: +[^ \n` + "`" + `|;&#]+|\\\n *)*)`)
	longFlag    = regexp.MustCompile(`(?:^|[\s` + "`" + `("'])--([a-z][a-z0-9-]*)`)
)

// withoutOthers leaves out the command lines of other programs, in code marks or in a line of a block.
func withoutOthers(text string) string {
	ours := regexp.MustCompile(`\bwinback\b`)
	foreign := regexp.MustCompile("`[a-z][^`\n ]* [^`\n]*--[^`\n]*`|(?m)^(?: {4})?\\$? ?[a-z][a-z0-9._/-]* (?:[^ \n]+ )*--[^\n]*$")
	return foreign.ReplaceAllStringFunc(text, func(line string) string {
		if ours.MatchString(line) {
			return line
		}
		return ""
	})
}

// Every command line and every flag that a page shows can be typed.
func TestEveryCommandAndFlagInTheDocsExists(t *testing.T) {
	all := commands()
	seen := 0
	for _, p := range pages(t) {
		text := withoutOthers(strings.ReplaceAll(p.text, "\\\n", " "))
		for _, line := range commandLine.FindAllStringSubmatch(text, -1) {
			command, known := all[line[1]]
			if !known {
				continue // "winback is", in a sentence
			}
			for _, flag := range longFlag.FindAllStringSubmatch(line[2], -1) {
				if seen++; !hasFlag(command, flag[1]) {
					t.Errorf("%s: winback %s has no flag --%s", p.name, line[1], flag[1])
				}
			}
		}
		for _, flag := range longFlag.FindAllStringSubmatch(text, -1) {
			known := slices.ContainsFunc(slices.Collect(func(yield func(*cobra.Command) bool) {
				for _, c := range all {
					if !yield(c) {
						return
					}
				}
			}), func(c *cobra.Command) bool { return hasFlag(c, flag[1]) })
			if seen++; !known {
				t.Errorf("%s: no command has the flag --%s", p.name, flag[1])
			}
		}
		for _, command := range regexp.MustCompile("`winback ([a-z]+)").FindAllStringSubmatch(text, -1) {
			if seen++; all[command[1]] == nil {
				t.Errorf("%s: there is no command winback %s", p.name, command[1])
			}
		}
	}
	if seen < 60 {
		t.Errorf("only %d commands and flags were found", seen)
	}
}

// A table of flags belongs to the command that stands in code last before it.
func TestTablesOfFlagsAreTheCommands(t *testing.T) {
	all := commands()
	checked := 0
	for _, p := range pages(t) {
		for _, made := range p.tables() {
			if made.head[0] != "flag" {
				continue
			}
			lines := commandLine.FindAllStringSubmatch(made.before, -1)
			command := all[lines[len(lines)-1][1]]
			var has []string
			command.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) { has = append(has, "--"+f.Name) })
			where := p.name + ", the table of winback " + command.Name()
			sameWords(t, where, "flag", first(made), has)
			for _, row := range made.rows {
				flag := command.Flags().Lookup(strings.TrimPrefix(code(row[0])[0], "--"))
				if checked++; flag != nil && !sameDefault(flag, strings.Trim(row[1], "`")) {
					t.Errorf("%s: the default of --%s is %q in the program and %q there", where, flag.Name, flag.DefValue, row[1])
				}
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d flags in tables", checked)
	}
}

// sameDefault knows how a person writes no text, and a switch.
func sameDefault(f *pflag.Flag, written string) bool {
	switch f.DefValue {
	case "", "[]":
		return written == "" || written == "none" || strings.Contains(f.Usage, "(default: "+written)
	case "false":
		return written == "off"
	}
	return written == f.DefValue
}

// Environment variables in the docs set something, or are read by name somewhere in the tree.
func TestEveryEnvironmentVariableInTheDocsExists(t *testing.T) {
	loaded, err := config.Load(config.Sources{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	variables := append(loaded.Variables(), config.PathVariable, config.CacheVariable)
	for _, key := range []string{"endtoend", "direct", "embedded/embeddedtest", "train", "embedded/apachekafka"} {
		variables = append(variables, namedVariables(t, "pipeline/"+key)...)
	}
	seen := 0
	for _, p := range pages(t) {
		for _, name := range regexp.MustCompile(`\bWINBACK_[A-Z_]*[A-Z]\b`).FindAllString(p.text, -1) {
			if seen++; !slices.Contains(variables, name) {
				near := layers.Nearest(name, variables)
				t.Errorf("%s: nothing reads the variable %s (%s?)", p.name, name, near)
			}
		}
	}
	if seen < 8 {
		t.Errorf("only %d variables", seen)
	}
}

// The exit codes in the help are those of the program.
func TestTheHelpNamesTheExitCodes(t *testing.T) {
	help := (&app{size: unsized}).root().Long
	for code, meaning := range map[int]string{exitDone: "done", exitFailed: "failed", exitUsage: "wrong", exitSignal + 2: "interrupted", exitSignal + 15: "interrupted"} {
		if !regexp.MustCompile(`\b` + grouped(code) + `\b[^;]*` + meaning).MatchString(help) {
			t.Errorf("the help does not say that %d is %s", code, meaning)
		}
	}
}

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"winback/pipeline/calibrate"
	"winback/pipeline/config"
)

// createChart begins a chart in a directory, which is made if it is not there. It is nil for no directory.
func createChart(directory, name string) (*newFile, error) {
	if directory == "" {
		return nil, nil
	}
	if err := os.MkdirAll(directory, 0o777); err != nil {
		return nil, fmt.Errorf("--charts: %w: name a directory that can be written to", err)
	}
	return createFile(filepath.Join(directory, name), nil)
}

// yaml writes the settings in force, and what was found over them, and makes sure that they can be read back.
func (found *calibration) yaml(loaded *config.Loaded, out string) ([]byte, error) {
	why := map[string]string{}
	var left strings.Builder
	for _, s := range found.settings {
		if s.Value == "" {
			fmt.Fprintf(&left, "  %s: %s\n", s.Path, indented(s.Why))
			continue
		}
		loaded.Set("winback calibrate", s.Path, s.Value)
		why[s.Path] = comment(s.Why)
	}
	body, err := loaded.PrintChosen(why)
	if err != nil {
		return nil, err
	}
	text := comment(fmt.Sprintf("Settings that fit %s, found by winback calibrate.\n%s\n\nHow many return from a silence:\n%s", found.source(), found.span(), found.returns.Text())) + "\n\n" + string(body) + "\n"
	if left.Len() > 0 {
		text += comment("Not told by the data, and left as it was:\n"+left.String()) + "\n#\n"
	}
	text += comment("Not looked for: the metrics, scorer.drop, scorer.rfm and the tags, which are a matter of what the product is.\n"+
		"Next, fit a model of risk by these settings:\n") + "\n#   " + found.next(out) + "\n"
	if err := config.Check("the settings found", []byte(text)); err != nil {
		return nil, doesNotFit(err)
	}
	return []byte(text), nil
}

// doesNotFit explains settings that a service would refuse.
func doesNotFit(err error) error {
	return fmt.Errorf("what was found does not go with your other settings, change these: %w", err)
}

// namedFiles is how many files are named.
const namedFiles = 3

// source names the files that the settings were found in.
func (found *calibration) source() string {
	text := strings.Join(found.names(), ", ")
	if more := len(found.files) - namedFiles; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// names are the first files' names, safe in a comment.
func (found *calibration) names() (names []string) {
	for _, file := range found.files[:min(namedFiles, len(found.files))] {
		names = append(names, strings.Map(func(r rune) rune {
			if unicode.IsGraphic(r) {
				return r
			}
			return unicode.ReplacementChar
		}, filepath.Base(file)))
	}
	return names
}

// next is the command that comes next, in which out is the file of the settings.
func (found *calibration) next(out string) string {
	if out == "-" {
		out = "THIS_FILE"
	}
	files := "FILE..."
	if len(found.files) <= namedFiles {
		files = shellWords(found.names()...)
	}
	return "winback train --config " + shellWords(out) + " --out model.json " + files
}

// shellWords writes arguments as a shell reads them.
func shellWords(words ...string) string {
	for i, word := range words {
		if strings.ContainsFunc(word, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_./:=+,@%", r)
		}) {
			words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

func (found *calibration) span() string {
	return fmt.Sprintf("%s, %s with activity, %s to %s UTC, complete up to %s.", counted(found.stats.Events, "event"), counted(found.history.Users(), "user"),
		moment(found.stats.First), moment(found.stats.Last), moment(found.history.End()))
}

// commentWidth is where the lines of comments are broken.
const commentWidth = 130

// comment writes lines of text as those of a comment.
func comment(text string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		for _, part := range broken(line, commentWidth) {
			lines = append(lines, strings.TrimRight("# "+part, " "))
		}
	}
	return strings.Join(lines, "\n")
}

// broken breaks a line at spaces, and indents what follows as the line was, and two more.
func broken(line string, width int) (lines []string) {
	indent := strings.Repeat(" ", len(line)-len(strings.TrimLeft(line, " "))+2)
	for len(line) > width {
		at := strings.LastIndexByte(line[:width], ' ')
		if at <= len(indent) {
			break
		}
		lines = append(lines, line[:at])
		line = indent + line[at+1:]
	}
	return append(lines, line)
}

func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n  ") }

// showCalibration prints what was found, to standard error if the settings have standard output for themselves.
func (a *app) showCalibration(f *calibrateFlags, found *calibration, chart *newFile) error {
	to := a.stdout
	if f.out == "-" || f.deadLetters == "-" {
		to = a.stderr
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\n%s\n\n", describeRead(len(found.files), found.stats), found.span(), found.returns.Text())
	for _, s := range found.settings {
		b.WriteString(settingLine(&s))
	}
	if f.out != "-" {
		fmt.Fprintf(&b, "\nWrote %s. See what is in force: winback config --config %s\n", f.out, f.out)
	}
	if chart != nil {
		fmt.Fprintf(&b, "Wrote %s.\n", chart.path)
	}
	_, err := io.WriteString(to, b.String())
	return err
}

func settingLine(s *calibrate.Setting) string {
	if s.Value == "" {
		return fmt.Sprintf("%s: left as it is: %s\n", s.Path, s.Why)
	}
	return fmt.Sprintf("%s: %s: %s\n", s.Path, s.Value, indented(s.Why))
}

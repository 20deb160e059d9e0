package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
)

// The forms of --output.
const (
	outputTable = "table"
	outputText  = "text"
	outputJSON  = "json"
)

// outputFlag gives a command --output with its choices, the first of which is the default.
func outputFlag(c *cobra.Command, into *string, choices ...string) {
	c.Flags().StringVarP(into, "output", "o", choices[0], "print as "+strings.Join(choices, " or "))
	must(c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp)))
	check := c.PreRunE
	c.PreRunE = func(c *cobra.Command, args []string) error {
		if !slices.Contains(choices, *into) {
			return usageError{fmt.Errorf("--output %q: use %s", *into, strings.Join(choices, " or "))}
		}
		if check != nil {
			return check(c, args)
		}
		return nil
	}
}

// grouped writes 1234567 as 1,234,567.
func grouped[T ~int | ~int64 | ~uint64](n T) string {
	text := strconv.FormatInt(int64(n), 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// counted writes a number and its noun: "1 user", "3 users".
func counted[T ~int | ~int64 | ~uint64](n T, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// printable makes a user's id safe for a terminal and a table: what comes from outside may hold escape sequences, or be very long.
func printable(id string) string {
	id = strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return unicode.ReplacementChar
	}, id)
	if runes := []rune(id); len(runes) > longestID {
		return string(runes[:longestID-1]) + "…"
	}
	return id
}

const longestID = 40

// moment writes an event time for a person, in UTC.
func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04") }

// parseMoment reads a time from the command line: a date, RFC 3339, or Unix milliseconds.
func parseMoment(text string) (int64, error) {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly, "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UnixMilli(), nil
		}
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil && ms > 1e11 {
		return ms, nil
	}
	return 0, fmt.Errorf("%q is no time: write a date (2011-06-30), RFC 3339 (2011-06-30T12:00:00Z), or Unix milliseconds", text)
}

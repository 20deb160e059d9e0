package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// someFiles refuses a command line that names no input file. purpose ends the sentence "name at least one file".
func someFiles(purpose string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError{fmt.Errorf("name at least one file %s, or - for stdin", purpose)}
		}
		return nil
	}
}

// checkFiles refuses input files that are named twice, because their events would count twice, and those that one of the outputs would
// write over. flags names the flags that the outputs come from; an output that is empty was not asked for.
func checkFiles(files []string, flags string, outputs ...string) error {
	for i, file := range files {
		for _, output := range outputs {
			if file != "-" && sameFile(file, output) {
				return usageError{fmt.Errorf("%s would be written over: name another file for %s", file, flags)}
			}
		}
		for _, other := range files[:i] {
			if sameFile(file, other) {
				return usageError{fmt.Errorf("%s is named twice, and its events would count twice: name it once", file)}
			}
		}
	}
	return nil
}

// sameFile reports whether two paths name one regular file, or both standard input. A file that cannot be looked at is not reported:
// opening it says what is wrong.
func sameFile(a, b string) bool {
	if a == "-" || b == "-" {
		return a == b
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other) && one.Mode().IsRegular()
}

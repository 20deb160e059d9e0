package engine

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const (
	lastWordsLines = 3
	lastWordsBytes = 600
)

// stackFrame is a line of the engine's stack traces: numbers that say nothing without its symbols.
var stackFrame = regexp.MustCompile(`^\s*\d+\. \S+ @ 0x|^ \(version [\d.]+`)

// lastWords returns the end of the child's log as part of one line, or nothing if the log is empty.
func (s *Server) lastWords() string {
	path := filepath.Join(s.config.Dir, logFile)
	lines := tail(path, lastWordsLines)
	if len(lines) == 0 {
		return ""
	}
	text := strings.Join(lines, " | ")
	if len(text) > lastWordsBytes {
		text = text[:lastWordsBytes] + "..."
	}
	return ": " + text + " (more in " + path + ")"
}

func tail(path string, n int) []string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var lines []string
	scanner := bufio.NewScanner(f)
	for scanner.Scan() {
		line := strings.TrimRight(scanner.Text(), " \r")
		if line == "" || stackFrame.MatchString(line) {
			continue
		}
		if lines = append(lines, strings.TrimSpace(line)); len(lines) > n {
			lines = lines[1:]
		}
	}
	return lines
}

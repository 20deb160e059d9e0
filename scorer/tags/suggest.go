package tags

import (
	"fmt"
	"strings"
)

// maxSuggested is the length, in bytes, up to which a word is taken for a misspelt one.
const maxSuggested = 16

// suggest offers what was probably meant by a word: one that it begins with (saturday), else the one with the fewest letters changed.
func suggest(t token, names ...string) string {
	said := strings.ToLower(t.text)
	if t.kind != word || len(said) > maxSuggested {
		return ""
	}
	near, fewest := "", max(1, len(said)/3)+1
	for _, name := range names {
		if strings.HasPrefix(said, name) && !strings.Contains(said, "-") { // mon-fri is not mon
			return fmt.Sprintf(": did you mean %s?", name)
		}
		if d := distance(said, name); d < fewest {
			near, fewest = name, d
		}
	}
	if near == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %s?", near)
}

// distance counts the bytes to insert, delete or replace, a swap of neighbours as one (optimal string alignment), in words of
// up to maxSuggested bytes.
func distance(a, b string) int {
	var rows [maxSuggested + 1][maxSuggested + 1]int
	for i := range len(a) + 1 {
		for j := range len(b) + 1 {
			switch {
			case i == 0 || j == 0:
				rows[i][j] = i + j
				continue
			case a[i-1] == b[j-1]:
				rows[i][j] = rows[i-1][j-1]
				continue
			}
			rows[i][j] = 1 + min(rows[i-1][j], rows[i][j-1], rows[i-1][j-1])
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

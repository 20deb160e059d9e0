package tags

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a token is.
type kind uint8

const (
	endOfRule kind = iota // the end of the rule
	word                  // a bare name
	quoted                // a text in quotes
	number                // what begins with a digit or a sign: a number, a duration, a range of hours
	symbol                // punctuation
	invalid               // what cannot stand in a rule; text says why
)

// token is one word of a rule.
type token struct {
	kind   kind
	text   string // without quotes
	column int    // in characters, from 1
}

func (t token) is(symbols ...string) bool {
	return t.kind == symbol && slices.Contains(symbols, t.text)
}

// named reports whether the token is that bare word.
func (t token) named(name string) bool { return t.kind == word && t.text == name }

// display returns the token as an error names it.
func (t token) display() string {
	const most = 40
	if t.kind == endOfRule {
		return "the end of the rule"
	}
	if letters := []rune(t.text); len(letters) > most {
		return fmt.Sprintf("%q", string(letters[:most])+"...")
	}
	return fmt.Sprintf("%q", t.text)
}

// fault is the error at a token.
func (t token) fault(format string, args ...any) error {
	problem := t.text
	if t.kind != invalid {
		problem = fmt.Sprintf(format, args...)
	}
	return fmt.Errorf("column %d: %s", t.column, problem)
}

// pairs lists the symbols of two characters, those of other languages too: their errors name the one that is meant.
var pairs = [...]string{">=", "<=", "!=", "==", "=>", "=<", "<>", "&&", "||"}

func beginsWord(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func inWord(r rune) bool {
	return beginsWord(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("-.:/", r)
}

func beginsNumber(r rune) bool { return r == '-' || r >= '0' && r <= '9' }

// inNumber takes more than a number can hold, so that an error shows the whole of it: 60%, 25-02, 3_000.
func inNumber(r rune) bool { return inWord(r) || r == '%' }

// split cuts a rule into tokens; the last one is the end or a stray.
func split(text string) []token {
	var tokens []token
	column := 1
	for {
		rest := strings.TrimLeft(text, " \t\r\n")
		column += len(text) - len(rest)
		t, size := scan(rest)
		t.column = column
		tokens = append(tokens, t)
		if t.kind == endOfRule || t.kind == invalid {
			return tokens
		}
		column += utf8.RuneCountInString(rest[:size])
		text = rest[size:]
	}
}

// scan reads the token at the beginning of text and says how many bytes it has.
func scan(text string) (token, int) {
	if text == "" {
		return token{kind: endOfRule}, 0
	}
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case r == utf8.RuneError && size == 1:
		return token{kind: invalid, text: "this is not UTF-8: save the configuration as UTF-8"}, 0
	case beginsWord(r):
		size = length(text, inWord)
		return token{kind: word, text: text[:size]}, size
	case beginsNumber(r):
		size = length(text, inNumber)
		return token{kind: number, text: text[:size]}, size
	case r == '"' || r == '\'':
		return scanQuoted(text, byte(r))
	case strings.ContainsRune("(),|=<>!&", r):
		if slices.Contains(pairs[:], text[:min(2, len(text))]) {
			size = 2
		}
		return token{kind: symbol, text: text[:size]}, size
	case r == '*':
		return token{kind: invalid, text: `"*" has no meaning here: any stands for every event type`}, 0
	}
	return token{kind: invalid, text: fmt.Sprintf("%q has no meaning here: put names that hold it in quotes", r)}, 0
}

func length(text string, belongs func(rune) bool) int {
	if end := strings.IndexFunc(text, func(r rune) bool { return !belongs(r) }); end >= 0 {
		return end
	}
	return len(text)
}

// scanQuoted reads a text in quotes, in which a backslash takes the next character as it is.
func scanQuoted(text string, quote byte) (token, int) {
	var name []byte
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == quote && !utf8.Valid(name):
			return token{kind: invalid, text: "the text in quotes is not UTF-8: save the configuration as UTF-8"}, 0
		case text[i] == quote:
			return token{kind: quoted, text: string(name)}, i + 1
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		name = append(name, text[i])
	}
	return token{kind: invalid, text: fmt.Sprintf("the text in quotes does not end: close it with %c", quote)}, 0
}

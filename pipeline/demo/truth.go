package demo

import (
	"strconv"

	"winback/bench/load"
)

// Truth is one line of the comparison: the users whom the same thing happened to, and how many of them were flagged once it had.
type Truth struct {
	What    string
	Users   int
	Flagged int
}

// truths are the fates in the order they are shown.
var truths = [...]struct {
	kind load.FateKind
	what string
}{
	{load.Silent, "went silent"},
	{load.Decaying, "came more and more seldom"},
	{load.Returning, "stayed away for a while"},
	{load.Seasonal, "come by season"},
	{load.Newcomer, "were new"},
	{load.Steady, "came as ever"},
}

// Compare lays the triggers' users beside what truly happened to them; last is when each flagged user's last trigger was due.
func (s *Stream) Compare(last map[string]int64) []Truth {
	all := make([]Truth, len(truths))
	rows := map[load.FateKind]*Truth{}
	for i, t := range truths {
		all[i].What = t.what
		rows[t.kind] = &all[i]
	}
	for user := range s.cfg.Users {
		fate := s.generator.Fate(user)
		row := rows[fate.Kind]
		row.Users++
		if at, flagged := last[string(load.AppendKey(nil, user))]; flagged && at >= fate.From {
			row.Flagged++
		}
	}
	return all
}

func percent(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	return strconv.Itoa((100*part+whole/2)/whole) + " %"
}

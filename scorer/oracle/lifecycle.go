package oracle

import (
	"slices"
	"strings"
)

// lifecycle is the user's state at the border, empty without activity. Only who is churned already can be forgotten.
func (j *judge) lifecycle(p *userState, border int64) string {
	known := countBefore(p.active, border)
	if known == 0 {
		return ""
	}
	age := border - j.cfg.grainEnd(p.active[known-1])
	tenure := border - j.cfg.grainStart(p.active[0])
	recent := int64(known - countBefore(p.active, border-j.cfg.ActiveWindow))
	switch {
	case age >= j.cfg.forgotten() && p.lifecycle == "churned":
		return "forgotten"
	case age >= j.cfg.Churned:
		return "churned"
	case age >= j.cfg.SilentHeavy:
		return "silent_heavy"
	case age >= j.cfg.SilentModerate:
		return "silent_moderate"
	case age >= j.cfg.SilentLight:
		return "silent_light"
	case tenure < j.cfg.NewUnder:
		return "new"
	case recent >= j.cfg.ActiveEvents:
		return "active"
	}
	return "casual"
}

// returned reports whether the change is one out of silence or churn into use.
func returned(from, to string) bool {
	gone := strings.HasPrefix(from, "silent_") || from == "churned"
	return gone && slices.Contains([]string{"new", "active", "casual"}, to)
}

// nothingIsSeen reports whether nothing before the border is left to judge a user by who was never active.
func (j *judge) nothingIsSeen(p *userState, border int64) bool {
	if p.lifecycle != "" || p.episode != nil {
		return false
	}
	for i := p.before(border) - 1; i >= 0; i-- { // the latest is seen the longest
		if j.seen(p.events[i], border) {
			return false
		}
	}
	return true
}

// forget ends what is known of the user. Only the number of their episodes stays, since an episode's id is made once.
func (p *userState) forget(border int64) {
	later := p.events[p.before(border):]
	p.history = newHistory(p.cfg)
	for _, e := range later {
		p.add(e)
	}
	p.lifecycle, p.profile, p.lateOrder, p.candidate = "", profile{}, false, false
}

// countBefore is how many of the sorted times lie before t.
func countBefore(times []int64, t int64) int {
	n, _ := slices.BinarySearch(times, t)
	return n
}

package backtest

import "winback/schemas"

// The values of the key part, which says what a line is about.
const (
	PartRun         Part = "run"
	PartAll         Part = "all"
	PartRanking     Part = "ranking"
	PartThreshold   Part = "threshold"
	PartReliability Part = "reliability"
	PartWeek        Part = "week"
	PartLifecycle   Part = "lifecycle"
	PartValue       Part = "value"
)

// Part is what a line is about.
type Part string

// RunLine says what was asked and of whom.
type RunLine struct {
	Part        Part     `json:"part"`
	From        int64    `json:"from"`
	To          int64    `json:"to"`
	Complete    int64    `json:"complete"`
	HorizonDays int      `json:"horizon_days"`
	ActiveDays  int      `json:"active_days"`
	CutDays     int      `json:"cut_days"`
	Chosen      Users    `json:"users"`
	Cutoffs     int      `json:"cutoffs"`
	Rows        int      `json:"rows"`
	Users       int      `json:"users_asked"`
	Lost        int      `json:"lost"`
	Losses      int      `json:"losses"`
	Chance      bool     `json:"chance"` // of a model: the risk is one, and no score
	Notes       []string `json:"notes"`
}

// RuleLine is a rule over all rows, or with a threshold of the risk.
type RuleLine struct {
	Part      Part     `json:"part"`
	Threshold *float64 `json:"threshold,omitempty"`
	Rule
}

// RankingLine is an order of the rows.
type RankingLine struct {
	Part Part `json:"part"`
	Ranking
}

// BinLine are the rows with a risk in a range.
type BinLine struct {
	Part Part `json:"part"`
	Bin
}

// WeekLine is a rule at one cut-off.
type WeekLine struct {
	Part Part  `json:"part"`
	At   int64 `json:"at"`
	GroupRule
}

// GroupLine is a rule on the rows of a state or a tier.
type GroupLine struct {
	Part Part   `json:"part"`
	Of   string `json:"of"`
	Rule string `json:"rule"`
	Figures
}

// Lines are the report as values to write as JSON, one a line.
func (r *Report) Lines() []any {
	days := func(d schemas.Duration) int { return int(d / schemas.Day) }
	lines := []any{RunLine{
		Part: PartRun, From: r.From, To: r.To, Complete: r.Complete, HorizonDays: days(r.Config.Horizon), ActiveDays: days(r.Config.Active), CutDays: days(r.Config.Cut),
		Chosen: r.Config.Users, Cutoffs: r.Cutoffs, Rows: r.Rows, Users: r.Users, Lost: r.Lost, Losses: r.Losses, Chance: r.Chance, Notes: append([]string{}, r.Notes...),
	}}
	for _, rule := range r.Rules {
		lines = append(lines, RuleLine{Part: PartAll, Rule: rule})
	}
	for _, ranking := range r.Rankings {
		lines = append(lines, RankingLine{PartRanking, ranking})
	}
	for i := range r.Thresholds {
		lines = append(lines, RuleLine{PartThreshold, &r.Thresholds[i].Threshold, r.Thresholds[i].Rule})
	}
	for _, bin := range r.Reliability {
		lines = append(lines, BinLine{PartReliability, bin})
	}
	for _, week := range r.Weeks {
		for _, rule := range week.Rules {
			lines = append(lines, WeekLine{PartWeek, week.At, rule})
		}
	}
	return append(append(lines, groupLines(PartLifecycle, r.States)...), groupLines(PartValue, r.Tiers)...)
}

func groupLines(part Part, groups []Group) (lines []any) {
	for _, g := range groups {
		for _, rule := range g.Rules {
			lines = append(lines, GroupLine{part, g.Name, rule.Name, rule.Figures})
		}
	}
	return lines
}

package backtest

import "winback/scorer"

// Counts are of rows.
type Counts struct {
	Rows    int `json:"rows"`
	Lost    int `json:"lost"`
	Flagged int `json:"flagged"`
	Hits    int `json:"hits"` // flagged and lost
}

// Figures follow from counts.
type Figures struct {
	Counts
	ShareLost    Figure `json:"share_lost"`
	ShareFlagged Figure `json:"share_flagged"`
	Precision    Figure `json:"precision"`
	Recall       Figure `json:"recall"`
	Lift         Figure `json:"lift"` // precision over the share lost
}

// Rule is what a rule is worth over all rows.
type Rule struct {
	Name string `json:"rule"`
	Figures
	NewFlags    int    `json:"new_flags"`
	NewPerWeek  Figure `json:"new_per_1000_and_week"` // a thousand active users and week
	Losses      int    `json:"losses"`
	Caught      int    `json:"losses_flagged"`
	DaysToLast  Figure `json:"days_to_last_event"` // median, from the flag; below 0 where it came after
	DaysToLoss  Figure `json:"days_to_loss"`       // median, from the flag
	DaysFlagged []int  `json:"-"`                  // by loss that was flagged: whole days from the last event to the flag, sorted
}

// Group is what the rules are worth on some of the rows.
type Group struct {
	At    int64  // of a week: the cut-off
	Name  string // of the others
	Rules []GroupRule
}

// GroupRule is what one rule is worth there.
type GroupRule struct {
	Name string `json:"rule"`
	Figures
	NewFlags int `json:"new_flags"` // of a week alone
}

// named is a rule's verdicts with its name.
type named struct {
	name string
	*verdicts
}

func (c Counts) figures() Figures {
	f := Figures{Counts: c, ShareLost: over(c.Lost, c.Rows), ShareFlagged: over(c.Flagged, c.Rows), Precision: over(c.Hits, c.Flagged), Recall: over(c.Hits, c.Lost)}
	if f.Lift = unknown(); c.Lost > 0 {
		f.Lift = f.Precision / f.ShareLost
	}
	return f
}

func (c *Counts) add(lost, flagged bool) {
	c.Rows++
	if lost {
		c.Lost++
	}
	if flagged {
		c.Flagged++
	}
	if lost && flagged {
		c.Hits++
	}
}

// measure looks at a rule over all rows that are reported.
func (s *selection) measure(name string, v *verdicts) Rule {
	var c Counts
	s.each(func(k, i int, _ *Row) { c.add(s.lossOf[k][i] >= 0, v.since[k][i] != 0) })
	r := Rule{Name: name, Figures: c.figures(), Losses: len(s.losses)}
	for _, fresh := range v.fresh[s.from:] {
		r.NewFlags += fresh
	}
	r.NewPerWeek = unknown()
	if c.Rows > 0 {
		r.NewPerWeek = Figure(1000 * float64(r.NewFlags) / (float64(c.Rows) * inWeeks(s.cfg.Cut)))
	}
	s.timeFlags(v, &r)
	return r
}

// groupBy divides the rows by a key, which is below n, and measures every rule on each part that has rows.
func (s *selection) groupBy(rules []named, n int, key func(k int, r *Row) int, describe func(int) Group) (groups []Group) {
	counts := make([][]Counts, len(rules))
	for j, rule := range rules {
		counts[j] = make([]Counts, n)
		s.each(func(k, i int, r *Row) { counts[j][key(k, r)].add(s.lossOf[k][i] >= 0, rule.since[k][i] != 0) })
	}
	for m := range n {
		if counts[0][m].Rows == 0 {
			continue
		}
		g := describe(m)
		for j, rule := range rules {
			g.Rules = append(g.Rules, GroupRule{Name: rule.name, Figures: counts[j][m].figures()})
		}
		groups = append(groups, g)
	}
	return groups
}

func (s *selection) weeks(rules []named) []Group {
	groups := s.groupBy(rules, len(s.cutoffs), func(k int, _ *Row) int { return k }, func(k int) Group { return Group{At: s.cutoffs[k].At} })
	k := 0
	for g := range groups {
		for s.cutoffs[k].At != groups[g].At {
			k++
		}
		for j, rule := range rules {
			groups[g].Rules[j].NewFlags = rule.fresh[k]
		}
	}
	return groups
}

func (s *selection) states(rules []named) []Group {
	return s.groupBy(rules, int(scorer.States), func(_ int, r *Row) int { return int(r.State) }, func(n int) Group {
		return Group{Name: scorer.State(n).String()}
	})
}

// tiers is nil while worth is not assessed.
func (s *selection) tiers(rules []named) []Group {
	groups := s.groupBy(rules, int(scorer.Tiers), func(_ int, r *Row) int { return int(r.Tier) }, func(n int) Group {
		return Group{Name: scorer.Tier(n).String()}
	})
	if len(groups) == 1 && groups[0].Name == "" {
		return nil
	}
	return groups
}

package calibrate

import (
	"fmt"
	"strings"

	"winback/schemas"
	"winback/scorer"
)

// Setting is a value that was found, or one that was not, with the reason.
type Setting struct {
	Path  string // "scorer.window"
	Value string // as in YAML; empty if the history does not tell
	Why   string // lines of text
}

// LevelSettings are the thresholds of the lifecycle. The data tells the shorter ones first. Where it tells one and not a longer one, and that in
// force is no longer than what was found, the least length that the data does not contradict stands for it: thresholds lie in order.
func (r *Returns) LevelSettings(rules *scorer.Lifecycle) []Setting {
	inForce := [...]schemas.Duration{rules.SilentLight, rules.SilentModerate, rules.SilentHeavy, rules.Churned}
	settings := make([]Setting, len(r.Levels))
	found, last := false, schemas.Duration(0)
	for i := range r.Levels {
		l, s := &r.Levels[i], &settings[i]
		s.Path = l.Path
		switch {
		case l.Err == nil:
			found, last = true, schemas.Duration(l.Days)*schemas.Day
			s.Value, s.Why = last.String(), r.why(l, inForce[i])
		case found && inForce[i] <= max(last, r.longest()):
			last = max(last, r.longest()) + schemas.Day
			s.Value, s.Why = last.String(), fmt.Sprintf("no finding but the least that the data allows: %v%s", l.Err, before(last, inForce[i]))
		default:
			last = max(last, inForce[i])
			s.Why = l.Err.Error()
		}
	}
	return settings
}

func (r *Returns) longest() schemas.Duration { return schemas.Duration(r.Longest) * schemas.Day }

func (l *Level) name() string { return l.Path[strings.LastIndexByte(l.Path, '.')+1:] }

func (r *Returns) why(l *Level, inForce schemas.Duration) string {
	share, err := r.Share(l.Days)
	text := fmt.Sprintf("of %d silences of %s, %s end in a return (standard error %.1f): the first day below %s", r.Watched(l.Days), counted(l.Days, "day"), percent(share), 100*err, wholePercent(l.Below))
	if before, _ := r.Share(l.Days - 1); l.Days > 1 && before < l.Below {
		text = fmt.Sprintf("of %d silences of %s, %s end in a return, below %s as one day before, and each threshold is a day longer at least than the one before it",
			r.Watched(l.Days), counted(l.Days, "day"), percent(share), wholePercent(l.Below))
	}
	return text + before(schemas.Duration(l.Days)*schemas.Day, inForce)
}

// wholePercent writes a share that somebody chose: 5 %, 2.5 %.
func wholePercent(share float64) string { return fmt.Sprintf("%.4g %%", 100*share) }

// before says what a value was.
func before(is, was schemas.Duration) string {
	if is == was {
		return "; as it was"
	}
	return fmt.Sprintf("; %v before", was)
}

// Setting is new_under.
func (n *NewUsers) Setting(light int, inForce schemas.Duration) Setting {
	length := schemas.Duration(n.Days) * schemas.Day
	return Setting{Path: NewUnderPath, Value: length.String(), Why: fmt.Sprintf(
		"of silences begun in the users' first week %s last %s, of those begun from day %d on %s: until then they last %.2f times as often, or more, as later%s",
		percent(n.Week), counted(light, "day"), n.Days, percent(n.Later), newExcess, before(length, inForce))}
}

// The settings that are not thresholds of silence.
const (
	NewUnderPath = "scorer.lifecycle.new_under"
	WindowPath   = "scorer.window"
	BaselinePath = "scorer.baseline"
	LatenessPath = "state.lateness"
)

// Settings are the chosen window and baseline, with the table of what was tried. chosen is nil where no pair tells enough.
func (p *Plan) Settings(outcomes []Outcome, chosen *Outcome) []Setting {
	if chosen == nil {
		why := fmt.Sprintf("no pair's drop alone tells who leaves: J is below %.2f for all. %s", tells, p.compared(outcomes, nil))
		return []Setting{{Path: WindowPath, Why: why}, {Path: BaselinePath, Why: "as for " + WindowPath}}
	}
	why := fmt.Sprintf("%s, with scorer.baseline; %s before. %s\n%s", chosen.Pair, p.InForce, p.compared(outcomes, chosen), howChosen)
	return []Setting{
		{Path: WindowPath, Value: chosen.Window.String(), Why: why},
		{Path: BaselinePath, Value: chosen.Baseline.String(), Why: "found with scorer.window"},
	}
}

// compared is the table, and what it is of.
func (p *Plan) compared(outcomes []Outcome, chosen *Outcome) string {
	untried := ""
	for _, u := range p.Untried {
		untried += fmt.Sprintf("\n%s was not tried: %s.", u.Pair, u.Why)
	}
	o := &outcomes[0]
	return fmt.Sprintf("The bare rule with each pair, at %d weekly cut-offs:\n%s%s\nAsked about: users with activity in the %v before; lost: no activity in the %v after, %s of %d rows.\n%s",
		p.cutoffs(), Table(outcomes, chosen), untried, p.Active, p.Horizon, percent(ratio(o.Lost, o.Rows)), o.Rows, explained)
}

const explained = "Lead: median days from the flag to the end of that time. J: recall less the share flagged of those who stay."
const howChosen = "Chosen: of those within 0.01 of the largest J, and not below that of the pair before, the one with the longest lead."

func (p *Plan) cutoffs() int64 {
	return (p.Until - p.From + int64(cutoffEvery) - 1) / int64(cutoffEvery)
}

// LatenessSetting is state.lateness.
func (a *Arrival) LatenessSetting(inForce schemas.Duration) Setting {
	length, err := a.Lateness()
	if err != nil {
		return Setting{Path: LatenessPath, Why: err.Error()}
	}
	return Setting{Path: LatenessPath, Value: length.String(), Why: fmt.Sprintf("of %d events %s come no later than this behind the newest before them%s", a.events, wholePercent(onTime), before(length, inForce))}
}

package tags_test

import (
	"strings"
	"testing"

	"winback/scorer/tags"
)

const notDuration = ` is not a duration: write numbers with units (ms, s, m, h, d, w), the larger first, such as "30s", "1h30m" or "7d"`

// faults is every error of the language.
var faults = []struct{ text, problem string }{
	// the shape of a rule
	{"", `column 1: the end of the rule: expected a comparison, such as count(view, 30d) > 5`},
	{" \n", `column 3: the end of the rule: expected a comparison, such as count(view, 30d) > 5`},
	{"(", `column 2: the end of the rule: expected a comparison, such as count(view, 30d) > 5`},
	{"5 < count(view, 30d)", `column 1: "5": a comparison begins with a function and ends with the number, such as count(view, 30d) > 5`},
	{"cuont(view, 30d) > 5", `column 1: "cuont" is no function: did you mean count?`},
	{"Counts(view, 30d) > 5", `column 1: "Counts" is no function: did you mean count?`},
	{"sum(view, 30d) > 5", `column 1: "sum" is no function: use amount, average, count, days, duration, months, share`},
	{"count(view, 30d) > 5 and", `column 25: the end of the rule: expected a comparison, such as count(view, 30d) > 5`},
	{"count(view, 30d) > 5 and or", `column 26: "or" is no function: use amount, average, count, days, duration, months, share`},
	{"count(view, 30d) > 5 annd", `column 22: "annd": expected and, or, or the end of the rule: did you mean and?`},
	{"count(view, 30d) > 5 AND", `column 22: "AND": expected and, or, or the end of the rule: did you mean and?`},
	{"count(view, 30d) > 5, x", `column 21: ",": expected and, or, or the end of the rule`},
	{"count(view, 30d) > 5 count", `column 22: "count": expected and, or, or the end of the rule`},
	{"count(view, 30d) > 5)", `column 21: this ) closes nothing: drop it`},
	{"not (count(view, 30d) > 5", `column 5: this ( is not closed`},
	{"(count(view, 30d) > 5 x)", `column 23: "x": expected and, or, or )`},
	{"(count(view, 30d) > 5 && x)", `column 23: "&&" joins nothing: write and`},
	{"count(view, 30d) > 5 | x", `column 22: "|" joins nothing: write or`},
	{"count(view, 30d) > 5 || x", `column 22: "||" joins nothing: write or`},
	{"count(view, 30d) > 5 < 7", `column 22: "<": a comparison has one operator; join two by and`},
	{"!count(view, 30d) > 5", `column 1: "!" has no meaning here: write not`},
	{`"count"(view, 30d) > 5`, `column 1: "count": expected a comparison, such as count(view, 30d) > 5`},
	{strings.Repeat("not ", tags.MaxNesting+1) + "count(view, 30d) > 5", `column 129: nested more than 32 deep: split the rule into several tags`},
	{strings.Repeat("(", tags.MaxNesting+1), `column 33: nested more than 32 deep: split the rule into several tags`},
	{many(tags.MaxComparisons + 1), `column 769: more than 32 comparisons: split the rule into several tags`},
	// characters
	{"count(*, 30d) > 5", `column 7: "*" has no meaning here: any stands for every event type`},
	{"count(view, category=a&b, 30d) > 5", `column 23: "&": expected , or ) in the arguments of count`},
	{"count(view#1, 30d) > 5", `column 11: '#' has no meaning here: put names that hold it in quotes`},
	{"count(\xff, 30d) > 5", `column 7: this is not UTF-8: save the configuration as UTF-8`},
	{"count('\xff', 30d) > 5", `column 7: the text in quotes is not UTF-8: save the configuration as UTF-8`},
	{`count("é"|"view, 30d) > 5`, `column 11: the text in quotes does not end: close it with "`},
	{`count('view\', 30d) > 5`, `column 7: the text in quotes does not end: close it with '`},
	{strings.Repeat("é", 50), `column 1: "` + strings.Repeat("é", 40) + `..." is no function: use amount, average, count, days, duration, months, share`},
	// event types
	{"count > 5", `column 7: ">": expected ( and the arguments of count, such as count(view, 30d)`},
	{"months order", `column 8: "order": expected ( and the arguments of months, such as months(order)`},
	{"count()", `column 7: ")": event types come first, as view, view|search or "2nd view"; any stands for all`},
	{"count(30d)", `column 7: "30d": event types come first, as view, view|search or "2nd view"; any stands for all`},
	{"count(hours=22-02, 30d)", `column 7: "hours": event types come first, as view, view|search or "2nd view"; any stands for all`},
	{"count(view|, 30d)", `column 12: ",": event types come first, as view, view|search or "2nd view"; any stands for all`},
	{`count(view|"", 30d)`, `column 12: an event type has a name: put one between the quotes`},
	{"count(any|view, 30d)", `column 7: any stands for every type already: write it alone, or "any" in quotes for a type of that name`},
	{"count(view|any, 30d)", `column 12: any stands for every type already: write it alone, or "any" in quotes for a type of that name`},
	// filters
	{"count(view, catgory=shoes, 30d)", `column 13: "catgory" is no filter: did you mean category?`},
	{"count(view, weekday=sat, 30d)", `column 13: "weekday" is no filter: did you mean weekdays?`},
	{"count(view, channel=push, 30d)", `column 13: "channel" is no filter: use category, hours, weekdays`},
	{"count(view, search, 30d)", `column 13: "search": expected a filter (category=, hours=, weekdays=) or a window such as 30d; types are joined as view|search`},
	{"count(view, )", `column 13: ")": expected a filter (category=, hours=, weekdays=) or a window such as 30d; types are joined as view|search`},
	{"count(view, hours 22-02, 30d)", `column 19: "22-02": expected = and a value behind hours`},
	{"count(view, hours=1-2, hours=3-4, 30d)", `column 24: hours stands here twice: a function takes every filter once`},
	{"count(view, category=, 30d)", `column 22: ",": expected a category, such as category=shoes or category="home & garden"`},
	{`count(view, category="", 30d)`, `column 22: a category has a name: put one between the quotes`},
	{"count(view, category=any, 30d)", `column 22: category=any filters nothing: drop it, or write "any" in quotes for a category of that name`},
	{"count(view, category=a|b, 30d)", `column 23: "|": expected , or ) in the arguments of count`},
	{"count(view, hours=night, 30d)", `column 19: "night" is no range of hours: write two hours of the day, the second not included, such as 22-02 or 8-20`},
	{"count(view, hours=22, 30d)", `column 19: "22" is no range of hours: write two hours of the day, the second not included, such as 22-02 or 8-20`},
	{"count(view, hours=24-02, 30d)", `column 19: "24-02" is no range of hours: write two hours of the day, the second not included, such as 22-02 or 8-20`},
	{"count(view, hours=1-25, 30d)", `column 19: "1-25" is no range of hours: write two hours of the day, the second not included, such as 22-02 or 8-20`},
	{"count(view, hours=1-2-3, 30d)", `column 19: "1-2-3" is no range of hours: write two hours of the day, the second not included, such as 22-02 or 8-20`},
	{"count(view, hours=-1-2, 30d)", `column 19: "-1-2" is no range of hours: write two hours of the day, the second not included, such as 22-02 or 8-20`},
	{"count(view, hours=001-2, 30d)", `column 19: "001-2" is no range of hours: write two hours of the day, the second not included, such as 22-02 or 8-20`},
	{"count(view, hours=0-24, 30d)", `column 19: "0-24" is every hour of the day: drop the filter`},
	{"count(view, hours=5-5, 30d)", `column 19: "5-5" is every hour of the day: drop the filter`},
	{"count(view, weekdays=saturday, 30d)", `column 22: "saturday" is no day of the week: did you mean sat?`},
	{"count(view, weekdays=mon-fri, 30d)", `column 22: "mon-fri" is no day of the week: write mon, tue, wed, thu, fri, sat, sun, joined as sat|sun`},
	{"count(view, weekdays=weekend, 30d)", `column 22: "weekend" is no day of the week: write mon, tue, wed, thu, fri, sat, sun, joined as sat|sun`},
	{"count(view, weekdays=sat|, 30d)", `column 26: "," is no day of the week: write mon, tue, wed, thu, fri, sat, sun, joined as sat|sun`},
	{"count(view, weekdays=mon|tue|wed|thu|fri|sat|sun, 30d)", `column 46: these are all days of the week: drop the filter`},
	// windows
	{"count(view) > 5", `column 11: count() needs a window, such as count(view, 30d)`},
	{"share(view, hours=1-2) > 0.5", `column 22: share() needs a window, such as share(view, hours=22-02, 30d)`},
	{"count(view, 30) > 5", `column 13: "30"` + notDuration},
	{"count(view, 0d) > 5", `column 13: a window of 0s: use more than 0s, at most 400d`},
	{"count(view, 401d) > 5", `column 13: a window of 401d: use more than 0s, at most 400d`},
	{"count(view, 99999999999999999d) > 5", `column 13: "99999999999999999d" is too long a duration`},
	{"count(view, 30d, 7d) > 5", `column 18: "7d" is a second window: a function has one`},
	{"months(order, 90d) >= 3", `column 15: "90d": months() takes no window, it looks back month by month: drop it`},
	{"share(view, 30d) > 0.5", `column 1: share() needs a filter (category=, hours=, weekdays=), such as share(view, hours=22-02, 30d)`},
	{"count(view, 30d > 5", `column 17: ">": expected , or ) in the arguments of count`},
	{"count(view", `column 11: the end of the rule: expected , or ) in the arguments of count`},
	// operators and constants
	{"count(view, 30d)", `column 17: the end of the rule: expected a comparison: >, >=, <, <=, = or !=`},
	{"count(view, 30d) 5", `column 18: "5": expected a comparison: >, >=, <, <=, = or !=`},
	{"count(view, 30d) == 5", `column 18: "==" is no comparison: write =`},
	{"count(view, 30d) => 5", `column 18: "=>" is no comparison: write >=`},
	{"count(view, 30d) =< 5", `column 18: "=<" is no comparison: write <=`},
	{"count(view, 30d) <> 5", `column 18: "<>" is no comparison: write !=`},
	{"count(view, 30d) ! 5", `column 18: "!": expected a comparison: >, >=, <, <=, = or !=`},
	{"count(view, 30d) >", `column 19: the end of the rule: count() is compared with a whole number, such as 5`},
	{"count(view, 30d) > count(order, 30d)", `column 20: "count": count() is compared with a whole number, such as 5`},
	{"count(view, 30d) > 2.5", `column 20: "2.5": count() is compared with a whole number, such as 5`},
	{"count(view, 30d) > -1", `column 20: "-1": count() is compared with a whole number, such as 5`},
	{"days(view, 30d) > 5d", `column 19: "5d": days() is compared with a whole number, such as 5`},
	{"amount(order, 30d) > 500.00", `column 22: "500.00": amount() is compared with whole minor units of the currency, such as 50000 for 500.00`},
	{"amount(order, 30d) > 9223372036854775808", `column 22: "9223372036854775808": amount() is compared with whole minor units of the currency, such as 50000 for 500.00`},
	{"average(view, 30d) < 15", `column 22: "15": average() is compared with a duration, such as 15s`},
	{"duration(view, 30d) < -15s", `column 23: "-15s": duration() is compared with a duration, such as 15s`},
	{"share(view, hours=1-2, 30d) > 60%", `column 31: "60%": share() is compared with a number from 0 to 1, such as 0.5`},
	{"share(view, hours=1-2, 30d) > 60", `column 31: "60": share() is compared with a number from 0 to 1, such as 0.5`},
	{"share(view, hours=1-2, 30d) > 1e-1", `column 31: "1e-1": share() is compared with a number from 0 to 1, such as 0.5`},
	{"share(view, hours=1-2, 30d) > -0.5", `column 31: "-0.5": share() is compared with a number from 0 to 1, such as 0.5`},
	{"months(order) >= 25", `column 18: months() looks back 24 months at most: 25 is too many`},
	{"months(order) >= months(view)", `column 18: "months": months() is compared with a whole number, such as 5`},
	{"months(order) >= 0", `column 18: months() >= 0 always holds: drop it`},
	{"months(order) < 0", `column 17: months() < 0 never holds: drop it`},
	{"count(view, 30d) >= 00", `column 21: count() >= 00 always holds: drop it`},
	{"duration(view, 30d) < 0s", `column 23: duration() < 0s never holds: drop it`},
	{"average(view, 30d) < 0", `column 22: average() < 0 never holds: drop it`},
	{"share(view, hours=1-2, 30d) < 0.0", `column 31: share() < 0.0 never holds: drop it`},
	{"share(view, hours=1-2, 30d) > 1", `column 31: share() > 1 never holds: drop it`},
}

func TestFaults(t *testing.T) {
	for _, c := range faults {
		r, err := tags.Parse(c.text)
		if err == nil {
			t.Errorf("%s\n got %v\nwant %s", c.text, r, c.problem)
		} else if err.Error() != c.problem {
			t.Errorf("%s\n got %v\nwant %s", c.text, err, c.problem)
		}
	}
}

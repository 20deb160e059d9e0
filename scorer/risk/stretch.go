package risk

// Stretch is a stretch of borders, and what is known of a user before it. It stands for many pasts: all that the user can have at any of these borders,
// whatever events come from its beginning on. Times are Unix milliseconds.
type Stretch struct {
	From, Until int64   // the borders after the one, up to the other
	First, End  int64   // the start of the first active grain, and the end of the last one before From
	LongDays    int     // as in Past
	Spells      []Spell // the active grains before From, newest first

	returns     span // the last chance of coming back that was asked about
	returnsDays int  // and of how many days back; 0 for none
}

// Spell is activity within 24 hours. From the newest active grain of one spell to that of the next it is 24 hours or more: so those two lie on different
// days, wherever days begin.
type Spell struct {
	Newest, Oldest int64 // when the grains begin
	Days           int   // on how many days, at most, this spell and the newer ones lie together
}

// Add adds a spell, older than those added before, by the beginnings of its newest and its oldest grain.
func (t *Stretch) Add(newest, oldest int64) {
	days := 1
	if oldest < newest {
		days = 2 // a day can begin in between, and another one not before 24 hours later
	}
	if n := len(t.Spells); n > 0 {
		days += t.Spells[n-1].Days
	}
	t.Spells = append(t.Spells, Spell{newest, oldest, days})
}

// days is how many active days there can be from days from (inclusive) to to (exclusive) back.
func (t *Stretch) days(from, to int) (least, most int) {
	newest, oldest := int64(from)*day, int64(to)*day
	least = t.since(t.Until-oldest) - t.since(t.From-newest)
	if n := t.since(t.From - oldest); n > 0 {
		most = t.Spells[n-1].Days
	}
	if n := t.wholly(t.Until - newest); n > 0 {
		most -= t.Spells[n-1].Days
	}
	most += begunDays(t.Until - newest - t.From) // of events that are still to come
	known := begunDays(t.Until - t.First)
	return max(least, 0), max(min(most, to-from, known-from), 0)
}

// since is how many spells have their newest grain at a time or later.
func (t *Stretch) since(at int64) int {
	n := len(t.Spells)
	for n > 0 && t.Spells[n-1].Newest < at {
		n--
	}
	return n
}

// wholly is how many spells begin at a time or later.
func (t *Stretch) wholly(at int64) int {
	if at >= t.From {
		return 0
	}
	n := len(t.Spells)
	for n > 0 && t.Spells[n-1].Oldest < at {
		n--
	}
	return n
}

// begunDays is in how many days so many milliseconds lie that end with a day.
func begunDays(milliseconds int64) int { return int((max(milliseconds, 0) + day - 1) / day) }

// usualGap is where the usual gap of so many days back lies.
func (t *Stretch) usualGap(days int) span {
	least, most := t.days(0, days)
	return span{
		knownOf(t.From-t.First, days) / float64(max(most, 1)),
		knownOf(t.Until-t.First, days) / float64(max(least, 1)),
	}
}

func (t *Stretch) longDays() int { return longDaysOf(t.LongDays) }

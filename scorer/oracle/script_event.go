package oracle

import (
	"errors"
	"fmt"
	"strconv"
)

// line is one line of events while it is read: an event, and how often it comes again.
type line struct {
	Event
	step  int64
	count int
}

// event reads one line of events.
func (s *Script) event(words []string) (err error) {
	if len(words) < 3 {
		return errors.New("event: USER TYPE TIME expected")
	}
	l := line{Event: Event{User: words[0], Type: words[1]}, count: 1}
	if l.Time, err = parseTime(words[2]); err != nil {
		return err
	}
	for words = words[3:]; len(words) > 0; {
		read, err := l.detail(words)
		if err != nil {
			return err
		}
		words = words[read:]
	}
	for range l.count {
		s.Events = append(s.Events, l.Event)
		l.Time += l.step
	}
	return nil
}

// detail reads what stands next and returns how many words it was.
func (l *line) detail(words []string) (read int, err error) {
	switch {
	case words[0] == "for" && len(words) >= 2:
		l.Duration, err = parseDuration(words[1])
		return 2, err
	case words[0] == "category" && len(words) >= 2:
		l.Category = words[1]
		return 2, nil
	case words[0] == "offset" && len(words) >= 2:
		l.Offset, err = parseOffset(words[1])
		return 2, err
	case words[0] == "every" && len(words) >= 3 && words[2][0] == 'x':
		if l.step, err = parseDuration(words[1]); err == nil {
			l.count, err = strconv.Atoi(words[2][1:])
		}
		return 3, err
	}
	if l.Amount, err = strconv.ParseInt(words[0], 10, 64); err != nil {
		return 0, fmt.Errorf(`event: %s is no amount and does not begin "for DURATION", "category NAME", "offset +HH:MM" or "every DURATION xCOUNT"`, words[0])
	}
	return 1, nil
}

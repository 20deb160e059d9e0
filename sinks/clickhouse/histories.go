package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Histories is what CheckHistories finds.
type Histories struct {
	Changes uint64 // of lifecycle state that were looked at
	Broken  uint64 // users with a change that does not begin with the state in which their last one ended
	Example string // one of them
	Topic   string // and its topic
}

// historiesTime bounds what a look at every transition may take.
const historiesTime = 20 * time.Second

// CheckHistories counts the users whose changes of lifecycle state do not follow from each other, because rows are missing. Whatever adds up
// changes is wrong by these users. It looks at the build that the views show. Who has been forgotten comes back as somebody new, from no state. A row that is stored twice, which
// ClickHouse has not merged yet, is looked at once.
func (s *Sink) CheckHistories(ctx context.Context) (h Histories, err error) {
	bounded, cancel := context.WithTimeout(ctx, historiesTime)
	defer cancel()
	err = s.conn.QueryRow(bounded, fmt.Sprintf(`SELECT countIf(before_at != at), uniqExactIf(topic, user, gap), anyIf(user, gap), anyIf(topic, gap)
FROM
(
    SELECT topic, user, at, lagInFrame(at) OVER earlier AS before_at, lagInFrame(to_state) OVER earlier AS before,
           before_at != at AND if(before = 'forgotten', '', before) != from_state AS gap
    FROM %[1]s.transitions
    WHERE kind = 'lifecycle' AND (topic, build) IN (SELECT topic, build FROM %[1]s.complete_until)
    WINDOW earlier AS (PARTITION BY topic, user ORDER BY at ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)`, s.database)).Scan(&h.Changes, &h.Broken, &h.Example, &h.Topic)
	if bounded.Err() != nil && ctx.Err() == nil {
		return h, errors.New("looking at every transition takes longer than " + historiesTime.String())
	}
	return h, s.explain(err)
}

package clickhouse

import (
	"context"
	"fmt"
	"time"
)

// Histories is what CheckHistories finds.
type Histories struct {
	Users   uint64 // who have a lifecycle
	Broken  uint64 // of them, those whose changes do not join
	Example string // one of these
	Topic   string // and its topic
}

// historiesTime bounds what a look at every transition may take.
const historiesTime = 20 * time.Second

// CheckHistories counts the users whose changes of lifecycle state do not follow from each other, because rows are missing: one change ends
// in a state that the next one does not begin with. Whatever adds up changes is wrong by these users.
//
// States entered and states left are compared as sums of hashes, in one pass without a list for each user: every state entered is left
// again, except the last one. Forgotten is left as somebody new, from no state.
func (s *Sink) CheckHistories(ctx context.Context) (h Histories, err error) {
	ctx, cancel := context.WithTimeout(ctx, historiesTime)
	defer cancel()
	err = s.conn.QueryRow(ctx, fmt.Sprintf(`SELECT count(), countIf(came - went != stays), anyIf(user, came - went != stays), anyIf(topic, came - went != stays)
FROM
(
    SELECT topic, user, sumIf(cityHash64(to_state), to_state != 'forgotten') AS came, sumIf(cityHash64(from_state), from_state != '') AS went,
           argMax(to_state, at) AS last, if(last = 'forgotten', 0, cityHash64(last)) AS stays
    FROM %s.transitions FINAL
    WHERE kind = 'lifecycle'
    GROUP BY topic, user
    SETTINGS do_not_merge_across_partitions_select_final = 1
)`, s.database)).Scan(&h.Users, &h.Broken, &h.Example, &h.Topic)
	return h, s.explain(err)
}

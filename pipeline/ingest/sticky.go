package ingest

import (
	"cmp"
	"encoding/json"
	"slices"
	"sync"

	"github.com/segmentio/kafka-go"
)

// stickyBalancer leaves partitions where they are as far as an even spread allows, so that a rebalance moves as little state as it can.
// Each member tells the leader what it had last, in the user data of its request to join.
type stickyBalancer struct {
	mu  sync.Mutex
	own map[string][]int
}

// remember notes what this member has, for the next rebalance.
func (b *stickyBalancer) remember(topic string, partitions []int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.own = map[string][]int{topic: partitions}
}

// ProtocolName is none of Kafka's own: members that balance otherwise must not be mixed with these.
func (b *stickyBalancer) ProtocolName() string { return "winback-sticky-v1" }

func (b *stickyBalancer) UserData() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return json.Marshal(b.own)
}

func (b *stickyBalancer) AssignGroups(members []kafka.GroupMember, partitions []kafka.Partition) kafka.GroupMemberAssignments {
	byTopic := map[string][]int{}
	for _, p := range partitions {
		byTopic[p.Topic] = append(byTopic[p.Topic], p.ID)
	}
	all := kafka.GroupMemberAssignments{}
	for _, m := range members {
		all[m.ID] = map[string][]int{}
	}
	for topic, ids := range byTopic {
		slices.Sort(ids)
		for _, c := range assignTopic(claims(topic, members), ids) {
			all[c.member][topic] = c.got
		}
	}
	return all
}

// claim is one member's part in one topic: what it had, what it may have, and what it gets.
type claim struct {
	member string
	had    []int
	quota  int
	got    []int
}

func claims(topic string, members []kafka.GroupMember) []*claim {
	var all []*claim
	for _, m := range members {
		if !slices.Contains(m.Topics, topic) {
			continue
		}
		var own map[string][]int
		if err := json.Unmarshal(m.UserData, &own); err != nil {
			own = nil // a new member, or one of another make: it had nothing
		}
		all = append(all, &claim{member: m.ID, had: own[topic]})
	}
	// Whoever had most may keep the odd ones; the order must not depend on the broker's.
	slices.SortFunc(all, func(x, y *claim) int {
		return cmp.Or(cmp.Compare(len(y.had), len(x.had)), cmp.Compare(x.member, y.member))
	})
	return all
}

// assignTopic spreads the partitions: the quotas differ by one at most, and each member keeps of its own what its quota allows.
func assignTopic(all []*claim, ids []int) []*claim {
	if len(all) == 0 {
		return nil
	}
	free := map[int]bool{}
	for _, id := range ids {
		free[id] = true
	}
	for i, c := range all {
		c.quota = len(ids) / len(all)
		if i < len(ids)%len(all) {
			c.quota++
		}
		for _, id := range c.had {
			if free[id] && len(c.got) < c.quota {
				c.got = append(c.got, id)
				delete(free, id)
			}
		}
	}
	next := 0
	for _, id := range ids {
		if !free[id] {
			continue
		}
		for len(all[next].got) == all[next].quota {
			next++
		}
		all[next].got = append(all[next].got, id)
	}
	return all
}

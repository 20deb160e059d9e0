package delivery

import "fmt"

// Arrow is a step of the protocol that a process can die at.
type Arrow uint8

// The arrows, in their order. The first two leave an open epoch open; each of the others leads to the state it is named after.
const (
	TriggersProduced Arrow = iota
	DeadLettersProduced
	EpochSealed
	EpochAcknowledged
	EpochJournalled
	EpochStored
	EpochCommitted
	arrows
)

func (a Arrow) String() string {
	return [arrows]string{"triggers produced", "dead letters produced", "sealed", "triggers acknowledged", "journalled", "rows stored", "committed"}[a]
}

// Point is the moment before an arrow's effect, or after it.
type Point struct {
	Arrow Arrow
	After bool
}

func (p Point) String() string {
	return fmt.Sprint(map[bool]string{false: "before ", true: "after "}[p.After], p.Arrow)
}

// Points are all points, in the order an epoch comes to them.
func Points() (all []Point) {
	for a := range arrows {
		all = append(all, Point{a, false}, Point{a, true})
	}
	return all
}

// Hook is called at every point that an epoch comes to: at the producing ones only if there is something to produce. An error ends the
// owner there, as if the process had died. Crash tests set one; the service has none.
type Hook func(partition int32, at Point) error

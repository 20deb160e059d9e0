package track_test

import (
	"fmt"

	"winback/scorer/track"
)

// One user's track, event by event: the bytes are explained in ARCHITECTURE.md, "One user's track, by hand".
func ExampleCodec_Append() {
	const hour, halfAnHour = 3_600_000, 1_800_000 // milliseconds
	schema, err := track.NewSchema([]track.Lane{
		{Sum: track.NoSum, Expiry: 35 * 24},      // lane 0 counts visits
		{Sum: track.SignedSum, Expiry: 180 * 24}, // lane 1 counts orders and adds up their amounts
	}, hour, halfAnHour)
	if err != nil {
		fmt.Println(err)
		return
	}
	codec, head, bytes := schema.NewCodec(), track.Head{}, make([]byte, 0, 64)
	for _, event := range []track.Cell{
		{Grain: 100, Lane: 0, Count: 1}, {Grain: 100, Lane: 0, Count: 1}, {Grain: 100, Lane: 0, Count: 1},
		{Grain: 103, Lane: 1, Count: 1, Sum: 1999},
	} {
		bytes, _, _ = codec.Append(&head, bytes, event)
		fmt.Printf("newest grain %d: % x\n", head.Newest, bytes)
	}
	for _, cell := range codec.Unpack(nil, head, bytes) {
		fmt.Printf("grain %d, lane %d: %d events, sum %d\n", cell.Grain, cell.Lane, cell.Count, cell.Sum)
	}
	// Output:
	// newest grain 100: c4
	// newest grain 100: 8b 01
	// newest grain 100: 2a 06
	// newest grain 103: 2a ae e7 6f
	// grain 100, lane 0: 3 events, sum 0
	// grain 103, lane 1: 1 events, sum 1999
}

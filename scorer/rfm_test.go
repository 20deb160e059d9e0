package scorer

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestCoarseIsALittleLess holds a coarse amount to be no more than the amount, and more than three quarters of it.
func TestCoarseIsALittleLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.OneOf(rapid.Int64Range(0, 100), rapid.Int64Range(0, math.MaxInt64)).Draw(t, "amount")
		if got := coarseOf(amount).atLeast(); got > amount || got < amount-amount/4 {
			t.Fatalf("%d of %d", got, amount)
		}
	})
}

// TestRoomLeavesTheTier spends what room says, order by order, and looks at the tier after each.
func TestRoomLeavesTheTier(t *testing.T) {
	tiers := &tiers{window: 180, recent: 30, lapsed: 90, highOrders: 3, highSpend: 50_000, potential: 20_000}
	spent := 0
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.OneOf(rapid.Int64Range(0, 5_000), rapid.SampledFrom([]int64{0, 19_999, 20_000, 20_001, 49_999, 50_000, 50_001}), rapid.Int64Range(-100, 60_000))
		border := uint32(1_000)
		w := worth{orders: rapid.Int64Range(0, 6).Draw(t, "orders"), spend: amounts.Draw(t, "spend"), leaves: none}
		if w.orders > 0 {
			w.last = border - rapid.Uint32Range(0, 120).Draw(t, "age")
		}
		tier := tiers.tier(&w, border)
		u := &User{Tier: tier}
		u.orders, u.spend = tiers.room(&w, tier, border+168)
		for range rapid.IntRange(1, 10).Draw(t, "more") {
			border += rapid.Uint32Range(0, 16).Draw(t, "later")
			amount, order := amounts.Draw(t, "amount"), rapid.Bool().Draw(t, "order")
			if order {
				w.orders, w.last = w.orders+1, border
			}
			w.spend += amount
			if !u.affords(order, amount) {
				break
			}
			if spent++; order && tiers.tier(&w, border) != tier {
				t.Fatalf("%+v is %s, was %s", w, tiers.tier(&w, border), tier)
			}
		}
	})
	if spent < 5 {
		t.Errorf("only %d events were afforded", spent)
	}
}

// TestRoomEndsWhereTimeTells gives no room where an order leaves the window before the user's next turn, or only a new one would raise
// the tier again.
func TestRoomEndsWhereTimeTells(t *testing.T) {
	tiers := &tiers{window: 180, recent: 30, lapsed: 90, highOrders: 3, highSpend: 50_000, potential: 20_000}
	for name, w := range map[string]worth{
		"leaves":  {orders: 5, spend: 90_000, last: 990, leaves: 1_168},
		"lapses":  {orders: 5, spend: 90_000, last: 900, leaves: none},
		"refunds": {orders: 1, spend: -1, last: 990, leaves: none},
	} {
		if orders, spend := tiers.room(&w, tiers.tier(&w, 1_000), 1_168); orders != 0 || spend != 0 {
			t.Errorf("%s: room for %d orders and %d", name, orders, spend.atLeast())
		}
	}
	w := worth{orders: 5, spend: 90_000, last: 990, leaves: 1_169}
	if orders, spend := tiers.room(&w, High, 1_168); orders != math.MaxUint8 || spend.atLeast() < math.MaxInt64/2 {
		t.Errorf("room for %d orders and %d, want any", orders, spend.atLeast())
	}
}

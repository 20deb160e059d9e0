package scorer

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestARoundedAmountIsAtMostAQuarterBelowTheAmount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.OneOf(rapid.Int64Range(0, 100), rapid.Int64Range(0, math.MaxInt64)).Draw(t, "amount")
		if got := roundDown(amount).atLeast(); got > amount || got < amount-amount/4 {
			t.Fatalf("%d of %d", got, amount)
		}
	})
}

func TestOrdersWithinTheBudgetLeaveTheTier(t *testing.T) {
	tiers := &tiers{window: 180, recent: 30, lapsed: 90, highOrders: 3, highSpend: 50_000, potential: 20_000}
	spent := 0
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.OneOf(rapid.Int64Range(0, 5_000), rapid.SampledFrom([]int64{0, 19_999, 20_000, 20_001, 49_999, 50_000, 50_001}), rapid.Int64Range(-100, 60_000))
		border := uint32(1_000)
		w := worth{orders: rapid.Int64Range(0, 6).Draw(t, "orders"), spend: amounts.Draw(t, "spend"), leaves: Never}
		if w.orders > 0 {
			w.last = border - rapid.Uint32Range(0, 120).Draw(t, "age")
		}
		tier := tiers.tierOf(&w, border)
		budget := tiers.budgetUntil(&w, tier, border+168)
		for range rapid.IntRange(1, 10).Draw(t, "more") {
			border += rapid.Uint32Range(0, 16).Draw(t, "later")
			amount, order := amounts.Draw(t, "amount"), rapid.Bool().Draw(t, "order")
			if order {
				w.orders, w.last = w.orders+1, border
			}
			w.spend += amount
			left, covered := budget.after(orderCount(order), amount)
			if budget = left; !covered {
				break
			}
			if spent++; order && tiers.tierOf(&w, border) != tier {
				t.Fatalf("%+v is %s, was %s", w, tiers.tierOf(&w, border), tier)
			}
		}
	})
	if spent < 5 {
		t.Errorf("only %d events were within a budget", spent)
	}
}

// No order is within the budget where one leaves the window before the user's next turn, or where only a new one would raise the tier again.
func TestThereIsNoBudgetWhereTimeAloneChangesTheTier(t *testing.T) {
	tiers := &tiers{window: 180, recent: 30, lapsed: 90, highOrders: 3, highSpend: 50_000, potential: 20_000}
	for name, w := range map[string]worth{
		"leaves":  {orders: 5, spend: 90_000, last: 990, leaves: 1_168},
		"lapses":  {orders: 5, spend: 90_000, last: 900, leaves: Never},
		"refunds": {orders: 1, spend: -1, last: 990, leaves: Never},
	} {
		if budget := tiers.budgetUntil(&w, tiers.tierOf(&w, 1_000), 1_168); budget != (tierBudget{}) {
			t.Errorf("%s: a budget of %d orders and %d", name, budget.orders, budget.spend.atLeast())
		}
	}
	w := worth{orders: 5, spend: 90_000, last: 990, leaves: 1_169}
	if budget := tiers.budgetUntil(&w, High, 1_168); budget.orders != math.MaxUint8 || budget.spend.atLeast() < math.MaxInt64/2 {
		t.Errorf("a budget of %d orders and %d, want any", budget.orders, budget.spend.atLeast())
	}
}

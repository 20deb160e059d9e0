package oracle

// RFM holds the numbers of a customer's worth: how recently, how often and for how much they ordered.
type RFM struct {
	Orders, Spend  string // metrics; both empty stands for "orders" that counts and "spend" that adds amounts, or for no tiers
	Window         int64
	Recent, Lapsed int64 // milliseconds since the last order
	HighOrders     int64
	HighSpend      int64 // minor units
	PotentialSpend int64 // minor units
}

// rfmMetrics names the two metrics, both empty if there are no tiers.
func (c *Config) rfmMetrics() (orders, spend string) {
	if c.RFM.Orders != "" || c.RFM.Spend != "" {
		return c.RFM.Orders, c.RFM.Spend
	}
	o, s := c.metric("orders"), c.metric("spend")
	if o < 0 || s < 0 || c.Metrics[o].Adds != Count || c.Metrics[s].Adds != Amount {
		return "", ""
	}
	return "orders", "spend"
}

// isOrder reports whether an event of this type is an order to the tiers.
func (c *Config) isOrder(eventType string) bool {
	orders, _ := c.rfmMetrics()
	m := c.metric(orders)
	return m >= 0 && c.Metrics[m].reads(eventType)
}

// tier is the user's at the border, empty if there are no tiers.
func (j *judge) tier(p *userState, border int64) string {
	rules := j.cfg.RFM
	orders, spend := j.cfg.rfmMetrics()
	if orders == "" {
		return ""
	}
	from, to := p.before(border-rules.Window), p.before(border)
	last := to - 1
	for last >= from && !j.cfg.isOrder(p.events[last].Type) {
		last--
	}
	if last < from {
		return "standard"
	}
	r := border - j.cfg.grainEnd(p.times[last])
	f := p.total(j.cfg.metric(orders), from, to)
	m := p.total(j.cfg.metric(spend), from, to)
	switch {
	case r <= rules.Recent && f >= rules.HighOrders && m >= rules.HighSpend:
		return "high"
	case r <= rules.Recent && 1 <= f && f < rules.HighOrders && rules.PotentialSpend <= m && m <= rules.HighSpend:
		return "potential"
	case r >= rules.Lapsed && f == 1 && m < rules.PotentialSpend:
		return "low"
	}
	return "standard"
}

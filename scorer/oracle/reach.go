package oracle

import "slices"

// ReachOf is how far back an event of this type is seen: an event whose grain ended that long before the next border, or longer, is
// refused as late. A type is seen by the metrics that read it and by the tags that look at it; one that nobody names is taken as far
// back as a drop and activity look, so that a rule that is added later finds it.
func (c *Config) ReachOf(eventType string) int64 {
	if c.Reach > 0 {
		return c.Reach
	}
	reach, named := int64(0), false
	for _, m := range c.Metrics {
		if m.reads(eventType) {
			named = true
			reach = max(reach, c.metricReach(m))
		}
	}
	for _, tag := range c.Tags {
		for _, look := range tag.Looks {
			named = named || slices.Contains(look.Types, eventType)
			if look.Types == nil || slices.Contains(look.Types, eventType) {
				reach = max(reach, look.Back)
			}
		}
	}
	if !named {
		reach = max(reach, c.Window+c.Baseline, c.ActiveWindow)
	}
	return reach
}

// metricReach is how far back the rules look at a metric.
func (c *Config) metricReach(m Metric) int64 {
	reach := c.Window + c.Baseline
	if model := c.model(); model != nil {
		reach = max(reach, model.reads(c, m))
	}
	for _, w := range m.Windows {
		reach = max(reach, w)
	}
	if orders, spend := c.rfmMetrics(); m.Name == orders || m.Name == spend {
		reach = max(reach, c.RFM.Window)
	}
	if c.countsAsActivity(m.Name) {
		reach = max(reach, c.ActiveWindow)
	}
	return reach
}

// seen reports whether any window at the border, or at a later one, can hold the event.
func (j *judge) seen(e Event, border int64) bool {
	reach, known := j.reach[e.Type]
	if !known {
		reach = j.cfg.ReachOf(e.Type)
		j.reach[e.Type] = reach
	}
	return j.cfg.grainEnd(e.Time) > border-reach
}

// longDays is how far back the long words of a model look: as far as every metric of activity is kept for other reasons than models and tags, within
// 56 to 256 days.
func (c *Config) longDays() int64 {
	longest := 256 * day
	orders, spend := c.rfmMetrics()
	for _, m := range c.Metrics {
		if !c.countsAsActivity(m.Name) {
			continue
		}
		kept := c.Window + c.Baseline
		for _, w := range m.Windows {
			kept = max(kept, w)
		}
		if m.Name == orders || m.Name == spend {
			kept = max(kept, c.RFM.Window)
		}
		longest = min(longest, kept)
	}
	return max(longest/day*day, habit)
}

package oracle

// Hours counts, by the local hour of the day, one user's activity events in the ActiveWindow before the border.
func Hours(cfg Config, events []Event, border int64) (hours [24]int64) {
	for _, e := range events {
		if cfg.isActivity(e.Type) && e.Time >= border-cfg.ActiveWindow && e.Time < border {
			hours[e.local().Hour()]++
		}
	}
	return hours
}

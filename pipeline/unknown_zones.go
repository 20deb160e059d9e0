package pipeline

// tellUnknownZones logs that events name time zones which nobody knows: once, and again whenever there are ten times as many. Such events
// count, but a client that never names a zone that is known should be seen.
func (w *worker) tellUnknownZones() {
	unknown := w.decoder.UnknownZones()
	if unknown.Events == 0 || unknown.Events < w.tellZonesFrom {
		return
	}
	w.tellZonesFrom = 10 * unknown.Events
	w.pipeline.parts.Log.Warn("events name a time zone that is not known: they count in the mapping's offset.default",
		"topic", w.session.Topic(), "partition", w.session.Partition(), "events", unknown.Events, "first", unknown.First)
}

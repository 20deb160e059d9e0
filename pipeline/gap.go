package pipeline

import "time"

// gap is what a partition's log no longer holds: the state is built from what is retained, and a window that reaches further back is not whole.
type gap struct {
	cut         bool  // the log does not begin at its beginning, and no event has told yet when it begins
	missing     int64 // at most so many records were never read by this group, because retention was faster
	windowsFrom int64 // decisions of earlier borders rest on windows that are not whole, Unix milliseconds; 0: all are
}

// close finds out from when on windows are whole, as soon as an event has been read. The newest event of the first batch stands for where the
// log begins: older ones may lack what came beside them.
func (g *gap) close(w *worker) {
	if _, begun := w.partition.Watermark(); !g.cut || !begun {
		return
	}
	g.cut, g.windowsFrom = false, w.partition.Newest()+w.pipeline.parts.Rules.Retention()
	w.delivery.WindowsFrom(g.windowsFrom)
	log := w.pipeline.parts.Log.Info
	if g.missing > 0 {
		log = w.pipeline.parts.Log.Warn
	}
	log("the topic no longer holds its beginning: until windows are whole again, users may seem to have done less than they did",
		"topic", w.session.Topic(), "partition", w.session.Partition(), "log_begins", time.UnixMilli(w.partition.Newest()).UTC(),
		"windows_whole_from", time.UnixMilli(g.windowsFrom).UTC(), "records_missing_at_most", g.missing)
}

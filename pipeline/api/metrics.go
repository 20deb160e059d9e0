package api

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"winback/pipeline"
	"winback/schemas"
	"winback/scorer"
)

// metric is one family of which each partition has one value.
type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*pipeline.Status) (value float64, known bool)
}

// collector asks for the partitions' statuses at every scrape. Counters count since the member took the partition.
type collector struct {
	of        Source
	metrics   []metric
	lifecycle *prometheus.Desc
	refused   *prometheus.Desc
	ready     *prometheus.Desc
}

func newCollector(of Source) *collector {
	return &collector{
		of: of, metrics: append(positions(), counts()...),
		lifecycle: perPartition("winback_lifecycle_users", "Users by lifecycle state.", "state"),
		refused:   perPartition("winback_dead_letters_total", "Records that were refused, by reason.", "reason"),
		ready:     prometheus.NewDesc("winback_ready", "1 if the member has joined the group and none of its partitions is being rebuilt.", nil, nil),
	}
}

func perPartition(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, append([]string{"partition"}, labels...), nil)
}

// positions tell how far a partition is.
func positions() []metric {
	seconds := func(ms int64) (float64, bool) { return float64(ms) / 1000, ms > 0 }
	return []metric{
		gauge("winback_next_offset", "The next record to be read.", func(s *pipeline.Status) (float64, bool) { return float64(s.Offset), true }),
		gauge("winback_committed_offset", "Everything that follows from the records below it has been delivered.", func(s *pipeline.Status) (float64, bool) { return float64(s.Committed), true }),
		gauge("winback_lag_records", "Records between the next one to be read and the end of the partition.", func(s *pipeline.Status) (float64, bool) { return float64(s.Lag), s.Lag >= 0 }),
		gauge("winback_watermark_timestamp_seconds", "Event time up to which users have been judged.", func(s *pipeline.Status) (float64, bool) { return seconds(s.Watermark) }),
		gauge("winback_last_record_timestamp_seconds", "Wall time at which the last record was read.", func(s *pipeline.Status) (float64, bool) { return seconds(s.LastRecord) }),
		gauge("winback_restoring", "1 while the state is rebuilt from the log and nothing is delivered.", func(s *pipeline.Status) (float64, bool) { return truth(s.Restoring), true }),
		gauge("winback_windows_from_timestamp_seconds", "Decisions of earlier borders rest on windows whose beginning the topic no longer held.",
			func(s *pipeline.Status) (float64, bool) { return seconds(s.WindowsFrom) }),
		gauge("winback_missing_records", "Records, at most, that retention removed before the group had read them.", func(s *pipeline.Status) (float64, bool) { return float64(s.Missing), true }),
		gauge("winback_users", "Users in memory.", func(s *pipeline.Status) (float64, bool) { return float64(s.Users), true }),
		gauge("winback_pre_churn_users", "Users in an open pre-churn episode.", func(s *pipeline.Status) (float64, bool) { return float64(s.PreChurn), true }),
	}
}

// counts tell what has been done.
func counts() []metric {
	return []metric{
		counter("winback_events_total", "Events that were counted.", func(s *pipeline.Status) uint64 { return s.Counts.Events }),
		counter("winback_late_events_total", "Events that came behind the watermark; they were counted all the same.", func(s *pipeline.Status) uint64 { return s.Counts.Late }),
		counter("winback_judgements_total", "Times that a user was judged at a border.", func(s *pipeline.Status) uint64 { return s.Counts.Judged }),
		counter("winback_forgotten_users_total", "Users who were dropped after a long absence.", func(s *pipeline.Status) uint64 { return s.Counts.Forgotten }),
		counter("winback_triggers_total", "Recall triggers that were sent.", func(s *pipeline.Status) uint64 { return s.Triggers }),
		counter("winback_muted_triggers_total", "Triggers that were not sent, because they are of the time before a rebuild.", func(s *pipeline.Status) uint64 { return s.MutedTriggers }),
		counter("winback_decisions_total", "Decisions that were stored.", func(s *pipeline.Status) uint64 { return s.Decisions }),
		counter("winback_rows_total", "Rows that were stored in ClickHouse.", func(s *pipeline.Status) uint64 { return s.Rows }),
	}
}

func gauge(name, help string, value func(*pipeline.Status) (float64, bool)) metric {
	return metric{perPartition(name, help), prometheus.GaugeValue, value}
}

func counter(name, help string, value func(*pipeline.Status) uint64) metric {
	return metric{perPartition(name, help), prometheus.CounterValue, func(s *pipeline.Status) (float64, bool) { return float64(value(s)), true }}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, m := range c.metrics {
		to <- m.desc
	}
	to <- c.lifecycle
	to <- c.refused
	to <- c.ready
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	to <- prometheus.MustNewConstMetric(c.ready, prometheus.GaugeValue, truth(c.of.Ready() == nil))
	for _, s := range c.of.Status() {
		partition := strconv.Itoa(int(s.Partition))
		for _, m := range c.metrics {
			if value, known := m.value(&s); known {
				to <- prometheus.MustNewConstMetric(m.desc, m.kind, value, partition)
			}
		}
		for state, users := range s.Lifecycle {
			if name := scorer.State(state).String(); name != "" {
				to <- prometheus.MustNewConstMetric(c.lifecycle, prometheus.GaugeValue, float64(users), partition, name)
			}
		}
		for _, reason := range schemas.Reasons() {
			to <- prometheus.MustNewConstMetric(c.refused, prometheus.CounterValue, float64(s.Refused[reason]), partition, reason.String())
		}
	}
}

func buildInfo(version string) prometheus.Collector {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "winback_build_info", Help: "The program's version.", ConstLabels: prometheus.Labels{"version": version},
	})
	info.Set(1)
	return info
}

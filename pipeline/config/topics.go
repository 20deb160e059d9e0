package config

import (
	"maps"
	"math"
	"regexp"
	"slices"

	"winback/pipeline/ingest"
	"winback/schemas"
)

// Topics says how every topic is made that Winback makes: those of triggers and dead letters, and, where a command is asked to, the
// input's. One that exists is left as it is.
type Topics struct {
	ingest.TopicConfig `yaml:",inline"`
}

// retentionSetting is what retention becomes.
const retentionSetting = "retention.ms"

var topicSetting = regexp.MustCompile(`^[a-z][a-z0-9.]*$`)

// Validate reports every fault. Whether the brokers know a setting, only they can say.
func (t Topics) Validate() error {
	var faults schemas.Faults
	if t.Replication < 0 || t.Replication > math.MaxInt16 {
		faults.Add("replication", "%d: use the number of copies (3 is usual), or 0 for the cluster's default", t.Replication)
	}
	if t.Retention != 0 && t.Retention < schemas.Minute {
		faults.Add("retention", "%v: use 1m or more (7d is usual), or 0 for the cluster's default", t.Retention)
	}
	for _, name := range slices.Sorted(maps.Keys(t.Settings)) {
		switch {
		case !topicSetting.MatchString(name):
			faults.Add("settings", "%q is no topic setting: write it as Kafka does, such as segment.bytes", name)
		case name == retentionSetting && t.Retention != 0:
			faults.Add("settings", "%s is what topics.retention sets: keep one", name)
		}
	}
	return faults.Err()
}

package repartition_test

import (
	"testing"
)

func TestAPartitionerThatIsNotTheProducersIsRefused(t *testing.T) {
	for _, used := range []string{"murmur2", "crc32", "fnv1a", "fnv1a_reference"} {
		b := newBed(t)
		b.topic(oldTopic, 5)
		b.write(oldTopic, 5, byKey(t, used, 5, crowd(60, 0, 1)...)...)
		for _, chosen := range []string{"murmur2", "crc32", "fnv1a", "fnv1a_reference"} {
			if chosen == used {
				continue
			}
			cfg := config()
			cfg.Partitioner = chosen
			b.refused(cfg, "topic clicks: the producers do not choose partitions by "+chosen, "give --partitioner "+used, "of 60 keys", used+" 60")
		}
		cfg := config()
		cfg.Partitioner = used
		if e := b.copy(cfg).Evidence; e.Keys != 60 || e.Fit != 60 || len(e.Rivals) != 0 {
			t.Errorf("%s: got %+v", used, e)
		}
	}
}

// Right after partitions were added, the newest records of the old ones are still where they were.
func TestPartitionsThatWereJustAddedDoNotHideThePartitioner(t *testing.T) {
	for _, later := range []int{0, 5, 30} { // records since
		b := newBed(t)
		b.topic(oldTopic, 3)
		b.write(oldTopic, 3, byKey(t, "crc32", 3, crowd(60, 0)...)...)
		b.grow(oldTopic, 8)
		b.write(oldTopic, 8, byKey(t, "crc32", 8, crowd(60, 1)[:later]...)...)
		b.refused(config(), "give --partitioner crc32")
		cfg := config()
		cfg.Partitioner = "crc32"
		if e := b.copy(cfg).Evidence; e.Fit != e.Keys || len(e.Rivals) != 0 {
			t.Errorf("%d records later: got %+v", later, e)
		}
	}
}

func TestKeysThatNoPartitionerPutsThereAreRefusedUnlessUnchecked(t *testing.T) {
	b := newBed(t)
	b.topic(oldTopic, 4)
	var all []sent
	for i, r := range crowd(80, 0) {
		all = append(all, sent{int32(i / 20), r})
	}
	b.write(oldTopic, 4, all...)
	b.refused(config(), "none of the partitioners", "of 80 keys", "--unchecked")
	cfg := config()
	cfg.Unchecked = true
	if report := b.copy(cfg); report.Total() != 80 || report.Evidence.Keys != 0 {
		t.Errorf("got %+v", report)
	}
}

func TestAFewRecordsOfAnotherToolDoNotChangeThePartitioner(t *testing.T) {
	b := newBed(t)
	b.topic(oldTopic, 4)
	all := byKey(t, "murmur2", 4, crowd(100, 0)...)
	moved := 0
	for i := range all {
		if all[i].partition == 0 && moved < 5 {
			all[i].partition, moved = 1, moved+1
		}
	}
	b.write(oldTopic, 4, all...)
	if e := b.copy(config()).Evidence; e.Keys != 100 || e.Fit != 95 {
		t.Errorf("got %+v", e)
	}
}

func TestOnePartitionCannotTellThePartitioner(t *testing.T) {
	b := newBed(t)
	b.topic(oldTopic, 1)
	b.write(oldTopic, 1, byKey(t, "murmur2", 1, crowd(10, 0)...)...)
	cfg := config()
	cfg.Partitions = 4
	report := b.copy(cfg)
	if e := report.Evidence; e.Keys != 10 || e.Fit != 10 || len(e.Rivals) != 3 || len(report.Records) != 4 {
		t.Errorf("got %+v", report)
	}
}

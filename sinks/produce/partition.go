package produce

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// Partitioner is a way in which producers choose the partition of a record by its key.
type Partitioner struct {
	Name    string
	Clients string // the producers that have it, for a person to read
	choose  func(key []byte, partitions int32) int32
}

// Partition is the partition of a key among so many. It depends on nothing else.
func (p Partitioner) Partition(key []byte, partitions int32) int32 { return p.choose(key, partitions) }

// Partitioners lists those that are known, the default of Kafka's own clients first.
func Partitioners() []Partitioner {
	return []Partitioner{
		{Name: "murmur2", Clients: "Java, Kafka Streams and Connect, kafka-python, KafkaJS 2, franz-go; librdkafka's murmur2 and murmur2_random", choose: Partition},
		{Name: "crc32", Clients: "librdkafka's default, consistent_random, and so confluent-kafka for Python, Go and .NET, node-rdkafka, kcat; ruby-kafka", choose: crc32Partition},
		{Name: "fnv1a", Clients: "Sarama's and kafka-go's hash; librdkafka's fnv1a and fnv1a_random", choose: fnv1aPartition},
		{Name: "fnv1a_reference", Clients: "Sarama's and kafka-go's reference hash", choose: fnv1aReferencePartition},
	}
}

// PartitionerNamed finds one of Partitioners.
func PartitionerNamed(name string) (Partitioner, error) {
	var names []string
	for _, p := range Partitioners() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Partitioner{}, fmt.Errorf("there is no partitioner %q: use one of %s", name, strings.Join(names, ", "))
}

func crc32Partition(key []byte, partitions int32) int32 {
	return int32(crc32.ChecksumIEEE(key) % uint32(partitions))
}

// fnv1aPartition takes the hash for a signed number and its remainder without the sign, as Sarama does.
func fnv1aPartition(key []byte, partitions int32) int32 {
	p := int32(fnv1a(key)) % partitions
	if p < 0 {
		return -p
	}
	return p
}

// fnv1aReferencePartition takes the sign off the hash by clearing its bit, as Java does.
func fnv1aReferencePartition(key []byte, partitions int32) int32 {
	return int32(fnv1a(key)&0x7fffffff) % partitions
}

// fnv1a is the 32-bit Fowler-Noll-Vo hash 1a.
func fnv1a(data []byte) uint32 {
	const (
		offset = 0x811c9dc5
		prime  = 0x01000193
	)
	h := uint32(offset)
	for _, b := range data {
		h = (h ^ uint32(b)) * prime
	}
	return h
}

// Partition is the partition Kafka's Java producer gives a key: murmur2, made positive, modulo the number of partitions. A nil
// key counts as an empty one.
func Partition(key []byte, partitions int32) int32 {
	return int32(murmur2(key)&0x7fffffff) % partitions
}

// murmur2 is MurmurHash2 with the seed of Kafka's Utils.murmur2.
func murmur2(data []byte) uint32 {
	const (
		seed = 0x9747b28c
		m    = 0x5bd1e995
		r    = 24
	)
	h := seed ^ uint32(len(data))
	for ; len(data) >= 4; data = data[4:] {
		k := binary.LittleEndian.Uint32(data) * m
		k = (k ^ k>>r) * m
		h = h*m ^ k
	}
	switch len(data) {
	case 3:
		h ^= uint32(data[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(data[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(data[0])) * m
	}
	h = (h ^ h>>13) * m
	return h ^ h>>15
}

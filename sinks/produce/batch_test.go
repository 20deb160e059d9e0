package produce

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"

	"winback/schemas"
)

// The numbers come from Kafka's own UtilsTest.testMurmur2 and, for partitions, from its DefaultPartitioner.
func TestMurmur2EqualsThatOfKafkasJavaClient(t *testing.T) {
	for key, want := range map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536, "a-little-bit-longer-string": -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971, "abc": 479470107,
	} {
		if got := int32(murmur2([]byte(key))); got != want {
			t.Errorf("murmur2(%q) = %d, want %d", key, got, want)
		}
	}
}

func TestPartitionIsNeverNegative(t *testing.T) {
	if got, want := Partition([]byte("foobar"), 7), int32((-790332482&0x7fffffff)%7); got != want {
		t.Errorf("partition %d, want %d", got, want)
	}
	if a, b := Partition(nil, 16), Partition([]byte{}, 16); a != b {
		t.Errorf("no key goes to %d, an empty one to %d", a, b)
	}
}

// kafka-go's balancers were written after the same clients: an empty key is left out, since some of them scatter it.
func TestThePartitionersAreThoseOfTheClientsTheyName(t *testing.T) {
	want := map[string]kafka.Balancer{
		"murmur2": kafka.Murmur2Balancer{}, "crc32": kafka.CRC32Balancer{}, "fnv1a": &kafka.Hash{}, "fnv1a_reference": &kafka.ReferenceHash{},
	}
	if n := len(Partitioners()); n != len(want) {
		t.Errorf("%d partitioners, want %d", n, len(want))
	}
	for name, balancer := range want {
		p, err := PartitionerNamed(name)
		if err != nil || p.Name != name || p.Clients == "" {
			t.Fatalf("%s: %+v, %v", name, p, err)
		}
		for partitions := 1; partitions < 40; partitions++ {
			all := make([]int, partitions)
			for i := range all {
				all[i] = i
			}
			for i := range 300 {
				key := bytes.Repeat([]byte{byte(i), byte(i >> 3), 0xff}, 7)[:1+i%20]
				if got, want := int(p.Partition(key, int32(partitions))), balancer.Balance(kafka.Message{Key: key}, all...); got != want {
					t.Fatalf("%s puts %x of %d partitions into %d, want %d", name, key, partitions, got, want)
				}
			}
		}
	}
	if _, err := PartitionerNamed("murmur3"); err == nil || !strings.Contains(err.Error(), "use one of murmur2, crc32, fnv1a, fnv1a_reference") {
		t.Errorf("got %v", err)
	}
}

func TestHeadersAreReadBackAsWritten(t *testing.T) {
	for _, want := range [][]Header{nil, {{"a", []byte("1")}}, {{"", nil}, {"a", []byte{}}, {"a", []byte("again")}, {strings.Repeat("k", 200), bytes.Repeat([]byte("v"), 20_000)}}} {
		wire := appendHeaders(nil, want)
		if len(wire) != headersLen(want) {
			t.Errorf("%d bytes on the wire, %d foretold", len(wire), headersLen(want))
		}
		got, err := ParseHeaders(wire)
		same := slices.EqualFunc(got, want, func(a, b Header) bool {
			return a.Key == b.Key && bytes.Equal(a.Value, b.Value) && (a.Value == nil) == (b.Value == nil)
		})
		if err != nil || !same {
			t.Errorf("got %v, error %v, want %v", got, err, want)
		}
		for cut := 1; cut < min(len(wire), 100); cut++ {
			if _, err := ParseHeaders(wire[:len(wire)-cut]); len(wire) > cut && !errors.Is(err, errHeaders) {
				t.Errorf("headers cut by %d bytes were read, error %v", cut, err)
			}
		}
	}
}

func FuzzParseHeaders(f *testing.F) {
	f.Add(appendHeaders(nil, []Header{{"a", []byte("1")}, {"b", nil}}))
	f.Add([]byte{})
	f.Add(binary.AppendVarint(nil, 1<<62))
	f.Add([]byte{2, 1, 1})
	f.Fuzz(func(t *testing.T, wire []byte) {
		headers, err := ParseHeaders(wire)
		if err != nil {
			return
		}
		again, err := ParseHeaders(appendHeaders(nil, headers))
		if err != nil || len(again) != len(headers) {
			t.Errorf("%v became %v, error %v", headers, again, err)
		}
	})
}

// A batch that Fits says is small enough never grows beyond the limit.
func TestABatchThatFitsStaysBelowTheLimit(t *testing.T) {
	const limit = 5000
	var b Batch
	for i := range 1000 {
		r := &Record{Key: make([]byte, i%7), Value: make([]byte, i%129), Time: int64(i) * 1_000_003, Headers: []Header{{"k", make([]byte, i%130)}}}
		if !b.Fits(r, limit) {
			if b.Len() < 10 {
				t.Fatalf("only %d records of at most 300 bytes fit into %d", b.Len(), limit)
			}
			b.Reset()
		}
		b.Add(r)
		if b.Size() > limit {
			t.Fatalf("%d bytes, more than %d", b.Size(), limit)
		}
	}
}

func TestExcessIsHowManyBytesAreTooMany(t *testing.T) {
	r := &Record{Value: make([]byte, 10_000)}
	r.Value = r.Value[Excess(r, 5000):]
	if Excess(r, 5000) != 0 || !new(Batch).Fits(r, 5000) {
		t.Errorf("%d bytes are still too many by %d", len(r.Value), Excess(r, 5000))
	}
	r.Value = append(r.Value, 0)
	if Excess(r, 5000) != 1 {
		t.Errorf("one byte more is too many by %d", Excess(r, 5000))
	}
}

func TestAddDoesNotAllocate(t *testing.T) {
	r := &Record{Key: []byte("user-1"), Value: make([]byte, 200), Time: 1}
	var b Batch
	fill := func() {
		b.Reset()
		for range 1000 {
			b.Add(r)
		}
	}
	if n := testing.AllocsPerRun(10, fill); n != 0 {
		t.Errorf("%v allocations for 1000 records", n)
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	if err := Defaults().Validate(); err != nil {
		t.Errorf("defaults: %v", err)
	}
	bad := Config{Compression: "gzip", UnknownTopicAfter: -1}
	var fields []string
	for _, f := range schemas.FaultsOf(bad.Validate()) {
		fields = append(fields, f.Field)
	}
	if want := []string{"compression", "max_bytes", "timeout", "unknown_topic_after", "retry.first", "retry.log_every"}; !slices.Equal(fields, want) {
		t.Errorf("faults in %v, want %v", fields, want)
	}
	for name, legal := range map[string]bool{"winback.events-1_x": true, "": false, "..": false, "a b": false, "ä": false, strings.Repeat("a", 250): false} {
		if err := TopicDefaults(name).Validate(); (err == nil) != legal {
			t.Errorf("topic %q: %v", name, err)
		}
	}
}

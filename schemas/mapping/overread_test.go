//go:build linux || darwin

package mapping_test

import (
	"os"
	"slices"
	"syscall"
	"testing"

	"winback/schemas/mapping"
)

// Words are read from memory that is the record's: here the page behind it must not be touched.
func TestNothingIsReadBehindARecord(t *testing.T) {
	page := os.Getpagesize()
	memory, err := syscall.Mmap(-1, 0, 2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skipf("no memory can be mapped here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(memory); err != nil {
			t.Error(err)
		}
	})
	if err := syscall.Mprotect(memory[page:], syscall.PROT_NONE); err != nil {
		t.Skipf("no memory can be protected here: %v", err)
	}
	m := compile(t, mapping.Config{Key: mapping.KeyIgnore})
	d := m.NewDecoder()
	whole := []string{
		`{"user":"u1","type":"order","time":1790000000000,"amount":12345678,"duration_ms":1234567890123456,"x":"a longer text"}`,
		`{"user":"u1","type":"order","amount":1,"x":"a longer text","a_very_long_name_of_a_field":2,"time":1790000000000}`,
		`{"a":1,"b":12345678,"time":12345678,"user":"u","type":"` + "order" + `"}`,
		`[{"user":"u1","type":"order","time":1},{"a":1,"user":"u1","time":12345678}]`,
	}
	for range 3 {
		for _, text := range whole {
			for n := 1; n <= len(text); n++ {
				value := memory[page-n : page : page]
				copy(value, text)
				got := outcomesOf(d, value)
				if want := outcomesOf(m.NewDecoder(), []byte(text[:n])); !slices.Equal(got, want) {
					t.Fatalf("%s: got %+v, alone %+v", text[:n], got, want)
				}
			}
		}
	}
}

package clickhouse

import (
	"slices"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"winback/schemas"
	"winback/schemas/secure"
)

func TestServersBelowTheOldestVersionAreRefused(t *testing.T) {
	for version, ok := range map[string]bool{"26.7.2.1": true, "24.8.1.1": true, "24.10.1": true, "24.7.9.9": false, "23.12.1.1": false, "new": false} {
		err := checkVersion(version)
		if (err == nil) != ok {
			t.Errorf("%s: %v", version, err)
		}
		if err != nil && !strings.Contains(err.Error(), version) {
			t.Errorf("%v does not name the version found, %s", err, version)
		}
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	good := Defaults()
	good.Addr = []string{"127.0.0.1:9000"}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	bad := Config{DSN: "clickhouse://u:geheim@%zz", Database: "drop table", TLS: secure.TLS{KeyFile: "key"}}
	err := bad.Validate()
	var fields []string
	for _, f := range schemas.FaultsOf(err) {
		fields = append(fields, f.Field)
	}
	want := []string{"dsn", "database", "tls.enabled", "tls.cert_file", "max_conns", "timeout", "retry.first", "retry.log_every"}
	if !slices.Equal(fields, want) {
		t.Errorf("faults in %v, want %v", fields, want)
	}
	if strings.Contains(err.Error(), "geheim") {
		t.Errorf("the password stands in %v", err)
	}
	if faults := schemas.FaultsOf(Defaults().Validate()); len(faults) != 1 || faults[0].Field != "addr" {
		t.Errorf("no server is named: faults %v", faults)
	}
}

func TestSettingsOverrideTheDSN(t *testing.T) {
	c := Defaults()
	c.DSN = "clickhouse://ann:one@first:9000/shop?secure=true"
	if c.database() != "shop" {
		t.Errorf("database %s", c.database())
	}
	o := options(t, c)
	if o.Addr[0] != "first:9000" || o.Auth.Username != "ann" || o.Auth.Password != "one" || o.TLS == nil {
		t.Errorf("from the DSN: %v %v", o.Addr, o.Auth)
	}
	c.Addr, c.Username, c.Password, c.Database = []string{"second:9001"}, "bob", "two", "other"
	o = options(t, c)
	if o.Addr[0] != "second:9001" || o.Auth.Username != "bob" || o.Auth.Password != "two" || c.database() != "other" {
		t.Errorf("overridden: %v %v", o.Addr, o.Auth)
	}
	if c.DSN, c.Database = "", ""; c.database() != "winback" {
		t.Errorf("database %s", c.database())
	}
}

func options(t *testing.T, c Config) *clickhouse.Options {
	t.Helper()
	o, err := c.options("")
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// What a server says while it is overloaded, starting or full is waited for.
func TestErrorsThatPassByThemselvesHaveNoRemedy(t *testing.T) {
	for code, fatal := range map[int32]bool{
		60: true, 81: true, 497: true, 516: true, 164: true, 16: true,
		243: false, 241: false, 252: false, 159: false, 242: false, 202: false, 999: false,
	} {
		if got := new(Sink).remedyFor(&clickhouse.Exception{Code: code}) != ""; got != fatal {
			t.Errorf("code %d: fatal %v, want %v", code, got, fatal)
		}
	}
	if remedy := new(Sink).remedyFor(clickhouse.ErrAcquireConnTimeout); remedy != "" {
		t.Errorf("no connection in time: %s", remedy)
	}
}

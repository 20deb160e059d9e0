package engine

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"winback/schemas"
)

// Config says where the server keeps its data and how much memory it may take.
type Config struct {
	Dir       string `yaml:"dir"`        // data, configuration and log, made if it is not there; one server at a time
	Library   string `yaml:"library"`    // path of libchdb, from library.Locate
	MaxMemory int64  `yaml:"max_memory"` // bytes for the whole server, at least 256 MiB; queries beyond it fail

	Log *slog.Logger `yaml:"-"` // nil discards
}

const minMemory = 256 << 20

// Defaults returns a Config that lacks only Dir and Library.
func Defaults() Config { return Config{MaxMemory: 1 << 30} }

// Validate reports every fault of the configuration.
func (c Config) Validate() error {
	var faults schemas.Faults
	if c.Dir == "" {
		faults.Add("dir", "is empty: name a directory for the embedded ClickHouse")
	}
	if c.Library == "" {
		faults.Add("library", "is empty: name a libchdb")
	}
	if c.MaxMemory < minMemory {
		faults.Add("max_memory", "is %d bytes: give at least %d", c.MaxMemory, minMemory)
	}
	return faults.Err()
}

func (c Config) log() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}

// Names below Config.Dir, beside those of filelock.TakeDirectory.
const (
	configFile = "config.xml"
	usersFile  = "users.xml"
	logFile    = "engine.log"
)

const (
	appUser     = "winback"
	appDatabase = "winback"
)

// The mark cache would take 5 GiB.
const configXML = `<clickhouse>
  <users_config>` + usersFile + `</users_config>
  <max_server_memory_usage>%d</max_server_memory_usage>
  <mark_cache_size>67108864</mark_cache_size>
  <timezone>UTC</timezone>
  <logger><level>warning</level><console>1</console></logger>
</clickhouse>
`

// The engine logs its own session in as default, from loopback, with no password, so that account cannot be closed. It may
// only start and stop the listening, and its quota of two such statements in a lifetime is used up by the start: whoever logs
// in as default can compute constants and nothing else. The application's user may do what an application does in a database,
// and nothing that reaches out of it: no files, no URLs, no other servers, no dictionaries, no functions.
const usersXML = `<clickhouse>
  <profiles>
    <default><constraints><merge_tree_disk><const/></merge_tree_disk></constraints></default>
  </profiles>
  <quotas>
    <default/>
    <spent><interval><duration>2000000000</duration><queries>2</queries></interval></spent>
  </quotas>
  <users>
    <default>
      <no_password/><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>spent</quota>
      <grants><query>GRANT SYSTEM LISTEN ON *.*</query></grants>
    </default>
    <` + appUser + `>
      <password_sha256_hex>%s</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
      <grants>
        <query>GRANT SELECT, INSERT, ALTER TABLE, ALTER VIEW, TRUNCATE, OPTIMIZE, SHOW, KILL QUERY ON *.*</query>
        <query>GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE TEMPORARY TABLE ON *.*</query>
        <query>GRANT DROP DATABASE, DROP TABLE, DROP VIEW ON *.*</query>
        %s
        <query>GRANT SYSTEM MERGES, SYSTEM TTL MERGES, SYSTEM FLUSH LOGS ON *.*</query>
      </grants>
    </` + appUser + `>
  </users>
</clickhouse>
`

// engineGrants names the engines an application keeps tables in. None of them reaches out of the data directory. Buffer is
// not among them: it loses what it acknowledged when the server is killed.
func engineGrants() string {
	engines := []string{"Atomic", "Memory", "Null", "Log", "TinyLog", "StripeLog", "Set", "Join", "View", "MaterializedView",
		"MergeTree", "ReplacingMergeTree", "SummingMergeTree", "AggregatingMergeTree", "CollapsingMergeTree", "VersionedCollapsingMergeTree",
		"CoalescingMergeTree"}
	var grants strings.Builder
	for _, engine := range engines {
		fmt.Fprintf(&grants, "<query>GRANT TABLE ENGINE ON %s</query>", engine)
	}
	return grants.String()
}

// writeConfig lays the files the engine reads at its start and returns the application's password, a new one each time.
func writeConfig(c Config) (password string, err error) {
	password = rand.Text()
	sum := sha256.Sum256([]byte(password))
	files := map[string]string{
		configFile: fmt.Sprintf(configXML, c.MaxMemory),
		usersFile:  fmt.Sprintf(usersXML, hex.EncodeToString(sum[:]), engineGrants()),
	}
	for name, text := range files {
		path := filepath.Join(c.Dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	return password, nil
}

package apachekafka_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"winback/pipeline/embedded/apachekafka"
)

func TestBrokerAnswersAndIsGoneAfterClose(t *testing.T) {
	wanted(t)
	b := start(t, t.TempDir())
	conn, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", b.Addr()); err == nil {
		_ = conn.Close()
		t.Error("it still listens after Close")
	}
	if err := b.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

// Where something is missing, every error is one line that says what to do.
func TestFailuresToStartNameTheRemedy(t *testing.T) {
	script := func(name, text string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil { //nolint:gosec // G306: a program must be executable
			t.Fatal(err)
		}
		return dir
	}
	modern := script("java", `echo 'openjdk version "21.0.2"' >&2`)
	for _, c := range []struct{ name, path, want string }{
		{"no Java", t.TempDir(), "java not found: install Java 17"},
		{"an old Java", script("java", `echo 'java version "1.8.0_402"' >&2`), "is version 1: install Java 17"},
		{"no Maven", modern, "mvn not found: install Maven"},
		{"no repository", script("mvn", `echo '[ERROR] unknown host'; exit 1`) + ":" + modern, "unknown host: is a Maven repository within reach?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("PATH", c.path)
			cache := t.TempDir()
			_, err := apachekafka.Start(t.Context(), apachekafka.Config{Dir: t.TempDir(), CacheDir: cache})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v: want one line with %q", err, c.want)
			}
			if left, _ := filepath.Glob(filepath.Join(cache, "apache-kafka-*")); len(left) > 0 {
				t.Errorf("left in the cache: %v", left)
			}
		})
	}
}

// parentEnv makes the test binary a process that runs a broker until it is killed; its value is the broker's directory.
const parentEnv = "WINBACK_TEST_KAFKA_PARENT"

// The process that runs the broker is killed, so that nobody is left to stop it.
func TestTheBrokerEndsWithItsKilledParent(t *testing.T) {
	if dir := os.Getenv(parentEnv); dir != "" {
		b := start(t, dir)
		fmt.Println("listening", b.Addr())
		select {} // until killed
	}
	wanted(t)
	parent := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestEndsWithItsParent$")
	parent.Env = append(os.Environ(), parentEnv+"="+t.TempDir())
	said, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	addr := ""
	for lines := bufio.NewScanner(said); addr == "" && lines.Scan(); {
		addr, _ = strings.CutPrefix(lines.Text(), "listening ")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // that it was killed is no news
	if addr == "" {
		t.Fatal("the parent's broker did not start")
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		_ = conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("the broker still listens 10 s after its parent was killed")
		}
	}
}

// wanted skips a test that needs the real thing.
func wanted(t *testing.T) {
	t.Helper()
	if os.Getenv("WINBACK_TEST_KAFKA") == "" {
		t.Skip("WINBACK_TEST_KAFKA is not set: make test-kafka runs this on Apache Kafka")
	}
}

func start(t *testing.T, dir string) *apachekafka.Broker {
	t.Helper()
	b, err := apachekafka.Start(t.Context(), apachekafka.Config{Dir: dir, CacheDir: os.Getenv("WINBACK_CACHE_DIR")})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

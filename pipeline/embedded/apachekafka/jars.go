package apachekafka

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // the pom
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"winback/pipeline/embedded/cache"
)

// pom pins every jar; the directory they are kept in is named after it.
//
//go:embed pom.xml
var pom []byte

// locateJars returns a directory with the jars, which it fetches if need be (44 MB). Processes that ask at the same time wait for the
// first.
func locateJars(ctx context.Context, named string, log *slog.Logger) (string, error) {
	dir, err := cache.Dir(named)
	if err != nil {
		return "", err
	}
	jars := filepath.Join(dir, fmt.Sprintf("apache-kafka-%x", sha256.Sum256(pom))[:len("apache-kafka-")+8])
	return jars, cache.Once(ctx, dir, "apache-kafka.lock", func() bool { return isDir(jars) }, func() error {
		if log != nil {
			log.Info("fetching Apache Kafka, once per machine", "megabytes", 44, "to", jars)
		}
		return fetchJars(ctx, jars)
	})
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// fetchJars has Maven put the jars beside their place and moves them there when all have come. The caller holds the cache's lock.
func fetchJars(ctx context.Context, jars string) (err error) {
	maven, err := exec.LookPath("mvn")
	if err != nil {
		return errors.New("mvn not found: install Maven and Java 17 or later")
	}
	work := jars + ".tmp"
	if err := os.RemoveAll(work); err != nil { // of a process that was killed
		return err
	}
	if err := os.Mkdir(work, 0o755); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := os.WriteFile(filepath.Join(work, "pom.xml"), pom, 0o600); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, maven, "--quiet", "--batch-mode", "--no-transfer-progress",
		"dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=jars")
	cmd.Dir = work
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Maven is a script: its Java ends with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("mvn cannot fetch the jars: %w: %s: is a Maven repository within reach?", err, firstLine(out))
	}
	return os.Rename(filepath.Join(work, "jars"), jars)
}

// firstLine returns Maven's first complaint without its colours.
func firstLine(out []byte) string {
	for line := range bytes.Lines(out) {
		if _, complaint, found := strings.Cut(string(line), "ERROR"); found {
			return strings.TrimSpace(strings.TrimLeft(complaint, "\x1b[m] "))
		}
	}
	return strings.TrimSpace(string(out))
}

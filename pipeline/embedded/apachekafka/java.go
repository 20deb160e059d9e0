package apachekafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

const oldestJava = 17

// findJava returns the java on the path if it is new enough.
func findJava(ctx context.Context) (string, error) {
	path, err := exec.LookPath("java")
	if err != nil {
		return "", errors.New("java not found: install Java 17 or later")
	}
	out, err := exec.CommandContext(ctx, path, "-version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s -version: %w: install Java 17 or later", path, err)
	}
	found := regexp.MustCompile(`version "(\d+)`).FindSubmatch(out)
	if found == nil {
		return "", fmt.Errorf("%s -version says %q: install Java 17 or later", path, bytes.TrimSpace(out))
	}
	if version, err := strconv.Atoi(string(found[1])); err != nil || version < oldestJava {
		return "", fmt.Errorf("%s is version %s: install Java 17 or later", path, found[1])
	}
	return path, nil
}

// format makes the data directory, as Kafka wants it done before its first start.
func format(ctx context.Context, runtime, jars string, s settings) error {
	cmd := exec.CommandContext(ctx, runtime, "-XX:TieredStopAtLevel=1", "-Dlog4j2.configurationFile="+s.logging, "-cp", filepath.Join(jars, "*"),
		"kafka.tools.StorageTool", "format", "--standalone", "--cluster-id="+s.cluster, "--config="+s.path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("formatting the data directory: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// java is the broker's process.
type java struct {
	cmd  *exec.Cmd
	log  string
	gone chan struct{} // closed when it has ended
}

// exitWithParent lets Java end with this process, however that ends: the pipe to the shell's standard input closes then. The shell becomes
// Java, so that $$ is Java's own number.
const exitWithParent = `exec 3<&0 </dev/null; (cat <&3 >/dev/null 2>&1; kill -KILL $$ 2>/dev/null) & exec "$@" 3<&-`

func launch(runtime, jars string, s settings) (*java, error) {
	log, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own
	j := &java{log: s.log, gone: make(chan struct{})}
	j.cmd = exec.Command("/bin/sh", "-c", exitWithParent, "sh", runtime, "-Xmx768m", "-XX:+UseSerialGC", "-Dlog4j2.configurationFile="+s.logging,
		"-cp", filepath.Join(jars, "*"), "kafka.Kafka", s.path)
	j.cmd.Stdout, j.cmd.Stderr = log, log
	held, err := j.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := j.cmd.Start(); err != nil {
		return nil, errors.Join(err, held.Close())
	}
	go func() {
		defer close(j.gone)
		_ = j.cmd.Wait() // that it was killed is no news
	}()
	return j, nil
}

func (j *java) kill() error {
	err := j.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	<-j.gone
	return err
}

// explain says why Kafka ended by itself.
func (j *java) explain() error {
	said, err := os.ReadFile(j.log)
	if err != nil {
		return err
	}
	if bytes.Contains(said, []byte("Address already in use")) {
		return errPort
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	return fmt.Errorf("it ended with %v: %s", j.cmd.ProcessState, strings.Join(lines[max(0, len(lines)-5):], " | "))
}

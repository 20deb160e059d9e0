package engine_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"winback/pipeline/embedded/embeddedtest"
	"winback/pipeline/embedded/engine"
)

const (
	parentDir     = "WINBACK_TEST_PARENT_DIR"
	parentLibrary = "WINBACK_TEST_PARENT_LIBRARY"
)

// becomeParent makes this process, when a test started it as such, a program that runs a server until it is killed.
func becomeParent() {
	c := engine.Defaults()
	c.Dir, c.Library = os.Getenv(parentDir), os.Getenv(parentLibrary)
	if c.Dir == "" {
		return
	}
	s, err := engine.Start(context.Background(), c)
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println(s.PID())
	select {}
}

func startParent(t *testing.T, c engine.Config) (parent *exec.Cmd, enginePID int) {
	t.Helper()
	parent = exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentDir+"="+c.Dir, parentLibrary+"="+c.Library)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = parent.Process.Kill(); _ = parent.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if enginePID, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
		t.Fatal(line)
	}
	return parent, enginePID
}

func TestTheServerEndsWithItsKilledParent(t *testing.T) {
	c := embeddedtest.EngineConfig(t)
	parent, pid := startParent(t, c)
	if !alive(pid) {
		t.Fatal("no server")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	deadline := time.Now().Add(5 * time.Second)
	for alive(pid) {
		if time.Now().After(deadline) {
			_ = unix.Kill(pid, unix.SIGKILL)
			t.Fatal("the server outlived its parent by five seconds")
		}
		time.Sleep(10 * time.Millisecond)
	}
	embeddedtest.EngineAt(t, c) // what a killed program left behind starts again
}

// alive counts a zombie as dead: its reaper may take its time.
func alive(pid int) bool {
	if unix.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return !os.IsNotExist(err) && unix.Kill(pid, 0) == nil
	}
	state := string(stat[strings.LastIndexByte(string(stat), ')')+2])
	return state != "Z" && state != "X"
}

func TestKilledParentsDirectoryStartsAtOnce(t *testing.T) {
	c := embeddedtest.EngineConfig(t)
	parent, _ := startParent(t, c)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	embeddedtest.EngineAt(t, c) // while the old server may still be on its way out
}

func interruptDoesNotReachTheServer(t *testing.T, s *engine.Server) {
	t.Helper()
	group, err := unix.Getpgid(s.PID())
	if err != nil {
		t.Fatal(err)
	}
	if group != s.PID() {
		t.Errorf("the server is in group %d, not in one of its own: a terminal's interrupt would reach it", group)
	}
}

func TestDirectoryInUse(t *testing.T) {
	c := embeddedtest.EngineConfig(t)
	embeddedtest.EngineAt(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := engine.Start(ctx, c)
	wantOneLine(t, err, "in use", "another directory")
}

func TestStartFailures(t *testing.T) {
	good := embeddedtest.EngineConfig(t)
	file := good.Dir + "/file"
	if err := os.WriteFile(file, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	with := func(change func(*engine.Config)) engine.Config {
		c := good
		c.Dir = t.TempDir()
		change(&c)
		return c
	}
	for name, tc := range map[string]struct {
		config engine.Config
		words  []string
	}{
		"library is missing":  {with(func(c *engine.Config) { c.Library = "/nowhere/libchdb.so" }), []string{"no libchdb", "CHDB_LIB_PATH"}},
		"library is no ELF":   {with(func(c *engine.Config) { c.Library = file }), []string{"load libchdb", "engine.log"}},
		"another library":     {with(func(c *engine.Config) { c.Library = anyLibrary(t) }), []string{"is no libchdb"}},
		"directory is a file": {with(func(c *engine.Config) { c.Dir = file }), []string{"cannot use its directory", "choose one"}},
		"data is damaged":     {with(func(c *engine.Config) { write(t, c.Dir+"/data", "a file") }), []string{"cannot use its directory"}},
		"nothing given":       {engine.Config{}, []string{"dir", "library", "max_memory"}},
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			_, err := engine.Start(t.Context(), tc.config)
			if name == "nothing given" {
				if err == nil {
					t.Fatal("accepted")
				}
				return
			}
			wantOneLine(t, err, tc.words...)
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("it took %v to fail", took)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// anyLibrary returns a shared library that loads but is not libchdb.
func anyLibrary(t *testing.T) string {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip("cannot see which libraries are loaded here: ", err)
	}
	for line := range strings.Lines(string(maps)) {
		if fields := strings.Fields(line); len(fields) > 5 && strings.Contains(fields[5], "/libc.so") {
			return fields[5]
		}
	}
	t.Skip("no libc.so loaded here")
	return ""
}

func wantOneLine(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than a line: %q", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

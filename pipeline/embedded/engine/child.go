package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"winback/pipeline/embedded/filelock"
)

// The child is recognised by its command line, which also shows in ps what it is: childName, directory, library.
const childName = "winback-clickhouse-engine"

// Files that the child inherits, from 3 on. It holds lockFD only to keep the directory locked while it lives.
const (
	lifelineFD = 3
	portsFD    = 4
	lockFD     = 5
)

// Main must be called first thing in main and in TestMain of whoever calls Start. In the child it becomes the server and
// never returns; elsewhere it does nothing.
func Main() {
	if len(os.Args) != 3 || os.Args[0] != childName {
		return
	}
	go leaveWithParent()
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // this process is the server and nothing else
	}
	os.Exit(0) //nolint:forbidigo // as above
}

// leaveWithParent waits for the end of the lifeline, whose other end only the parent holds. What was acknowledged is in the
// parts on disk, so nothing is lost by dying at once; an orderly exit from here could hang in the engine's own exit handlers.
func leaveWithParent() {
	lifeline := os.NewFile(lifelineFD, "lifeline")
	_, _ = lifeline.Read(make([]byte, 1))
	_ = unix.Kill(os.Getpid(), unix.SIGKILL)
}

// serve returns when the engine was told to exit.
//
// The engine is an interactive `clickhouse local` on a terminal that starts to listen and then waits for a line that never
// comes but for "exit". Interactive, because otherwise libchdb up to 26.7 aborts the process when one client sends a wrong
// password or garbage.
func serve(dir, library string) error {
	lib, err := loadCHDB(library)
	if err != nil {
		return err
	}
	boot := []string{
		"SYSTEM START LISTEN TCP",
		"SYSTEM START LISTEN HTTP",
		fmt.Sprintf("SELECT getServerPort('tcp_port'), getServerPort('http_port') INTO OUTFILE '/dev/fd/%d' TRUNCATE FORMAT TSV", portsFD),
	}
	return lib.local(
		"--config-file="+filepath.Join(dir, configFile), "--path="+filepath.Join(dir, filelock.DataDir),
		"--listen_host=127.0.0.1", "--tcp_port=0", "--http_port=0",
		"--interactive", "--disable_suggestion", "--highlight=0", "--progress=off", "--progress-table=off",
		"--history_file=/dev/null", "--log-level=warning",
		"--query="+strings.Join(boot, "; "))
}

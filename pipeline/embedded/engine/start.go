package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/creack/pty"

	"winback/pipeline/embedded/filelock"
)

const (
	startPatience = 30 * time.Second
	// A killed parent's engine needs a moment to notice; a directory still in use after that is in use by somebody.
	lockPatience = 4 * time.Second
)

// Start returns once the server answers queries and the database `winback` is there. It leaves no child behind when it
// returns an error.
func Start(ctx context.Context, c Config) (*Server, error) {
	s, err := start(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("clickhouse engine: %w", err)
	}
	return s, nil
}

func start(ctx context.Context, c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	begun := time.Now()
	s, err := prepare(ctx, c)
	if err != nil {
		return nil, err
	}
	ports, err := s.launch()
	if err != nil {
		s.closeFiles()
		return nil, err
	}
	if err := s.ready(ctx, ports); err != nil {
		return nil, s.abandon(err)
	}
	c.log().Info("ClickHouse engine is up", "dir", c.Dir, "address", s.tcp, "pid", s.PID(), "took", time.Since(begun).Round(time.Millisecond))
	return s, nil
}

// prepare takes the directory for this process and writes the configuration into it.
func prepare(ctx context.Context, c Config) (*Server, error) {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, err
	}
	if c.Library, err = filepath.Abs(c.Library); err != nil {
		return nil, err
	}
	if _, err := os.Stat(c.Library); err != nil {
		return nil, fmt.Errorf("no libchdb: %w: set CHDB_LIB_PATH to one", err)
	}
	c.Dir = dir
	lock, err := filelock.TakeDirectory(ctx, dir, lockPatience)
	if err != nil {
		return nil, err
	}
	password, err := writeConfig(c)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot write its configuration: %w: make room or choose another directory", err), lock.Close())
	}
	return &Server{config: c, password: password, lock: lock, exited: make(chan struct{})}, nil
}

// launch starts the child. The reader it returns gives the two ports, or ends early if the child does.
func (s *Server) launch() (ports *os.File, err error) {
	var given []*os.File // the child's ends: closed here whatever happens
	defer func() {
		for _, f := range given {
			_ = f.Close()
		}
		if err != nil && ports != nil {
			_ = ports.Close()
		}
	}()
	give := func(f *os.File) { given = append(given, f) }

	log, err := os.OpenFile(filepath.Join(s.config.Dir, logFile), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	give(log)
	terminal, slave, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("no pseudo-terminal: %w: mount /dev/pts", err)
	}
	s.terminal = terminal
	give(slave)
	lifelineEnd, lifeline, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.lifeline = lifeline
	give(lifelineEnd)
	ports, portsEnd, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	give(portsEnd)

	if s.cmd, err = s.command(slave, log, lifelineEnd, portsEnd); err != nil {
		return ports, err
	}
	if err := s.cmd.Start(); err != nil {
		return ports, err
	}
	s.echo.Go(func() { _, _ = io.Copy(io.Discard, terminal) }) // a full terminal would stop the child
	go s.reap()
	return ports, nil
}

func (s *Server) command(slave, log, lifeline, ports *os.File) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Args = []string{childName, s.config.Dir, s.config.Library}
	cmd.Dir = s.config.Dir
	// The engine reads settings from the environment and from files in HOME: none of the user's may reach it.
	cmd.Env = []string{"HOME=" + s.config.Dir, "TZ=UTC", "TERM=dumb", "PATH=" + os.DevNull}
	cmd.Stdin, cmd.Stderr = slave, log
	cmd.ExtraFiles = []*os.File{lifeline, ports, s.lock}  // lifelineFD, portsFD, lockFD
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // ^C is for the parent, which then stops the engine in order
	return cmd, nil
}

// ready waits until the server listens and has answered its first query.
func (s *Server) ready(ctx context.Context, ports *os.File) error {
	defer ports.Close()
	stop := context.AfterFunc(ctx, func() { _ = ports.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	line, err := bufio.NewReader(ports).ReadString('\n')
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("it did not start: %w", err)
	}
	tcp, http, _ := strings.Cut(line, "\t")
	s.tcp, s.http = hostPort(tcp), hostPort(http)
	if err := s.createDatabase(ctx); err != nil {
		return fmt.Errorf("it started but does not answer: %w", err)
	}
	return nil
}

// abandon ends a child that did not come up. The child's log says more about the cause than the parent's error.
func (s *Server) abandon(cause error) error {
	s.Kill()
	if words := s.lastWords(); words != "" {
		return fmt.Errorf("it did not start%s", words)
	}
	return cause
}

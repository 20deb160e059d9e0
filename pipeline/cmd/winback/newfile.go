package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// newFile is written beside its name and takes it on success, so that nobody ever sees half of it. What is no regular file, as a
// pipe or /dev/null, is written to as it is; "-" is standard output. nil is a file that was not asked for: committing and discarding it
// do nothing.
type newFile struct {
	*bufio.Writer
	path  string
	file  *os.File // nil for standard output
	aside string   // the name until commit; empty if it is written to directly
}

func createFile(path string, stdout io.Writer) (*newFile, error) {
	if path == "-" {
		return &newFile{Writer: bufio.NewWriter(stdout), path: "standard output"}, nil
	}
	n := &newFile{path: path}
	var err error
	if info, e := os.Stat(path); e == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a directory: name a file", path)
	} else if e == nil && !info.Mode().IsRegular() {
		n.file, err = os.OpenFile(path, os.O_WRONLY, 0)
	} else {
		n.aside = fmt.Sprintf("%s.%d.part", path, os.Getpid())
		n.file, err = os.OpenFile(n.aside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: name a file in a directory that can be written to", err)
	}
	n.Writer = bufio.NewWriterSize(n.file, 1<<18)
	return n, nil
}

// optionalFile is createFile, or nil for no path.
func optionalFile(path string, stdout io.Writer) (*newFile, error) {
	if path == "" {
		return nil, nil
	}
	return createFile(path, stdout)
}

// commit makes what was written durable and gives it its name. After an error nothing is left behind.
func (n *newFile) commit() error {
	if n == nil {
		return nil
	}
	err := n.Flush()
	if n.file == nil {
		return err
	}
	if n.aside != "" {
		err = errors.Join(err, n.file.Sync())
	}
	err = errors.Join(err, n.file.Close())
	if err == nil && n.aside != "" {
		err = os.Rename(n.aside, n.path)
	}
	n.file = nil
	if err == nil {
		n.aside = ""
		return nil
	}
	n.discard()
	return n.explain(err)
}

// explain says what a failed write means.
func (n *newFile) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%s: the disk is full: make room, or name a file elsewhere", n.path)
	}
	return fmt.Errorf("writing %s: %w", n.path, err)
}

// discard drops what was written, unless commit was called before and went well.
func (n *newFile) discard() {
	if n == nil {
		return
	}
	if n.file != nil {
		_ = n.file.Close()
		n.file = nil
	}
	if n.aside != "" {
		_ = os.Remove(n.aside)
		n.aside = ""
	}
}

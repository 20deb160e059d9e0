package library

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
)

// install takes the library out of the package, beside it first, and gives it its name once its checksum is right.
func install(ctx context.Context, c Config, pin pin, archive, to string) error {
	aside := filepath.Join(filepath.Dir(archive), "libchdb.so")
	sum, err := unpack(ctx, c, pin, archive, aside)
	if err != nil {
		return fmt.Errorf("unpack %s: %w", pin, err)
	}
	if sum != pin.sha256 {
		return fmt.Errorf("%s is not the build that was pinned: sha256 of libchdb.so is %s, not %s: it was not kept", pin, sum, pin.sha256)
	}
	return os.Rename(aside, to)
}

// unpack writes the package's libchdb.so to a new file and returns its sha256.
func unpack(ctx context.Context, c Config, pin pin, archive, to string) (sum string, err error) {
	packed, err := os.Open(archive)
	if err != nil {
		return "", err
	}
	defer packed.Close()
	library, err := member(packed, "libchdb.so")
	if err != nil {
		return "", err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	hash := sha256.New()
	progress := &meter{total: pin.size, report: func(done int64) error {
		c.report("unpack", done, pin.size)
		return context.Cause(ctx)
	}}
	// One byte more than the pinned size is enough to get the checksum wrong: a package cannot fill the disk.
	if _, err := io.Copy(io.MultiWriter(out, hash, progress), io.LimitReader(library, pin.size+1)); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), out.Sync()
}

// member returns a reader of the file of that name in a .tgz.
func member(tgz io.Reader, name string) (io.Reader, error) {
	plain, err := gzip.NewReader(tgz)
	if err != nil {
		return nil, err
	}
	files := tar.NewReader(plain)
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("there is no %s in it", name)
		}
		if err != nil {
			return nil, err
		}
		if header.Typeflag == tar.TypeReg && path.Base(header.Name) == name {
			return files, nil
		}
	}
}

// meter calls report with the bytes written to it so far, some hundred times in all; an error of report ends the copy.
type meter struct {
	total, done, reported int64
	report                func(done int64) error
}

func (m *meter) Write(p []byte) (int, error) {
	m.done += int64(len(p))
	if m.done-m.reported < m.total/100 {
		return len(p), nil
	}
	m.reported = m.done
	return len(p), m.report(m.done)
}

package library

import (
	"fmt"
	"io/fs"
	"os"
)

// pin is one exact build of libchdb.
type pin struct {
	pkg     string // npm package
	version string
	sha256  string // of libchdb.so, hexadecimal
	size    int64  // bytes of libchdb.so
	archive int64  // bytes of the package's .tgz
}

// pinned returns the builds whose checksum was taken, by GOOS/GOARCH. The packages for linux/arm64 and macOS exist at the
// same version under @chdb/lib-*; whoever can run them may add them here with their checksums.
func pinned() map[string]pin {
	return map[string]pin{
		"linux/amd64": {
			pkg:     "@chdb/lib-linux-x64-gnu",
			version: "26.7.3-stable.1",
			sha256:  "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5",
			size:    566330096,
			archive: 177817999,
		},
	}
}

func (p pin) String() string { return p.pkg + "@" + p.version }

func (p pin) fileName() string { return "libchdb-" + p.version + "-" + p.sha256[:8] + ".so" }

// isAt reports whether the library is in the cache. Its checksum was compared before it got its name, so that the size is
// enough: reading 566 MB at every start is not worth it.
func (p pin) isAt(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() == p.size
}

// host is the machine as far as the choice of a build goes.
type host struct {
	goos, arch string
	root       fs.FS // the root of the file system
	pins       map[string]pin
}

func (h host) pin() (pin, error) {
	p, ok := h.pins[h.goos+"/"+h.arch]
	if !ok {
		return pin{}, fmt.Errorf("no libchdb is pinned for %s/%s: %s", h.goos, h.arch, remedy)
	}
	if h.goos == "linux" && h.isMusl() {
		return pin{}, fmt.Errorf("libchdb needs glibc and this system has musl: run on a glibc system, or set clickhouse.dsn to a server of your own")
	}
	return p, nil
}

// isMusl reports whether musl is the only C library: its loader is there and glibc's is not.
func (h host) isMusl() bool {
	musl, _ := fs.Glob(h.root, "lib/ld-musl-*.so.1")
	glibc, _ := fs.Glob(h.root, "lib*/ld-linux-*.so*")
	return len(musl) > 0 && len(glibc) == 0
}

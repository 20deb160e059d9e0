package engine

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// chdb is the part of libchdb's C interface that the child needs.
type chdb struct {
	setSignalHandlers func(enabled int32)
	queryCmdline      func(argc int32, argv unsafe.Pointer) unsafe.Pointer
	resultError       func(result unsafe.Pointer) string
}

func loadCHDB(path string) (lib *chdb, err error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, fmt.Errorf("load libchdb: %w", err)
	}
	lib = &chdb{}
	for name, function := range map[string]any{
		"chdb_set_signal_handlers_enabled": &lib.setSignalHandlers,
		"chdb_query_cmdline":               &lib.queryCmdline,
		"chdb_result_error":                &lib.resultError,
	} {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("%s is no libchdb of 26.7 or later: %w", path, err)
		}
		purego.RegisterFunc(function, symbol)
	}
	lib.setSignalHandlers(0) // the Go runtime needs its own
	return lib, nil
}

// local runs `clickhouse local` with these arguments in this process, until it ends.
func (lib *chdb) local(args ...string) error {
	argv := make([]*byte, 0, len(args)+2)
	for _, a := range append([]string{"clickhouse"}, args...) {
		argv = append(argv, &append([]byte(a), 0)[0])
	}
	argv = append(argv, nil)
	result := lib.queryCmdline(int32(len(argv)-1), unsafe.Pointer(&argv[0]))
	runtime.KeepAlive(argv)
	if result == nil {
		return nil
	}
	if message := lib.resultError(result); message != "" {
		return errors.New(message)
	}
	return nil
}

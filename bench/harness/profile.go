package main

import (
	"os"
	"runtime/pprof"
)

// profile writes a CPU profile of the pipeline's last run. Its zero value, and nil, write none.
type profile struct {
	path string
	file *os.File
}

// start begins anew: what an earlier run wrote is overwritten.
func (p *profile) start() (err error) {
	if p == nil || p.path == "" {
		return nil
	}
	if p.file, err = os.Create(p.path); err != nil {
		return err
	}
	return pprof.StartCPUProfile(p.file)
}

func (p *profile) stop() error {
	if p == nil || p.file == nil {
		return nil
	}
	pprof.StopCPUProfile()
	return p.file.Close()
}

//go:build !linux

package state

func adviseHugePages([]byte) {}

func populate([]byte) {}

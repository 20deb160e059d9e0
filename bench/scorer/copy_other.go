//go:build !bench

package main

import (
	"errors"

	"winback/pipeline/state"
)

const canCopy = false

func (*past) copyInto(*state.Partition, *stream) error {
	return errors.New("this build cannot copy users: build with -tags bench, as make bench-scorer does, or fill the population by -fill DAYS")
}

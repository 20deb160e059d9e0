package mapping

// Presets lists the names of the built-in mappings, sorted.
func Presets() []string { return nil }

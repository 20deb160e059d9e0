package schemas

import (
	"errors"
	"fmt"
)

// Fault is one thing wrong with a configuration. Field is the path below the Config that reports it, as in YAML:
// "metrics[2].aggregate". Problem names the cause and the remedy.
type Fault struct {
	Field   string
	Problem string
}

func (f *Fault) Error() string { return f.Field + ": " + f.Problem }

// Faults collects every fault of one Config, so that a user mends them all at once.
type Faults []*Fault

// Add notes a fault.
func (fs *Faults) Add(field, format string, args ...any) {
	*fs = append(*fs, &Fault{Field: field, Problem: fmt.Sprintf(format, args...)})
}

// Under adds the faults of a nested Config's Validate, their fields put below prefix. An error that holds no Fault is noted at
// prefix itself.
func (fs *Faults) Under(prefix string, err error) {
	for _, f := range FaultsOf(err) {
		field := prefix
		switch {
		case f.Field == "":
		case prefix == "":
			field = f.Field
		case f.Field[0] == '[':
			field += f.Field
		default:
			field += "." + f.Field
		}
		*fs = append(*fs, &Fault{Field: field, Problem: f.Problem})
	}
}

// Err returns nil if there is no fault, else one error that holds them all.
func (fs Faults) Err() error {
	if len(fs) == 0 {
		return nil
	}
	errs := make([]error, len(fs))
	for i, f := range fs {
		errs[i] = f
	}
	return errors.Join(errs...)
}

// FaultsOf takes apart what a Validate returned. An error that is no Fault becomes one without a field.
func FaultsOf(err error) Faults {
	if err == nil {
		return nil
	}
	var joined interface {
		error
		Unwrap() []error
	}
	if errors.As(err, &joined) { // whatever it is wrapped in
		var all Faults
		for _, e := range joined.Unwrap() {
			all = append(all, FaultsOf(e)...)
		}
		return all
	}
	if f := (*Fault)(nil); errors.As(err, &f) {
		return Faults{f}
	}
	return Faults{{Problem: err.Error()}}
}

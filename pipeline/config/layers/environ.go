package layers

import (
	"regexp"
	"slices"
	"strings"
)

// kubernetesNames are the variables that Kubernetes sets in every pod for a Service whose name begins like ours.
var kubernetesNames = regexp.MustCompile(`_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT$|_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$`)

// Variable is the name of the environment variable for a path: with the prefix WINBACK_, kafka.brokers is WINBACK_KAFKA_BROKERS.
func Variable(prefix, path string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// Environ lays the variables that begin with the prefix over what is there. One that names no setting is a fault, unless it is
// reserved for another use.
func (l *Layers) Environ(prefix string, environ []string, reserved ...string) {
	paths := map[string]string{}
	for _, path := range l.Keys() {
		paths[Variable(prefix, path)] = path
	}
	environ = slices.Sorted(slices.Values(environ))
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || slices.Contains(reserved, name) {
			continue
		}
		if path, known := paths[name]; known {
			l.Set(name, path, value)
		} else if !kubernetesNames.MatchString(name) {
			l.faults = append(l.faults, Fault{Place: name, Problem: "no setting has this variable" + suggestVariable(name, paths)})
		}
	}
}

func suggestVariable(name string, paths map[string]string) string {
	names := make([]string, 0, len(paths))
	for known := range paths {
		names = append(names, known)
	}
	slices.Sort(names)
	if near := Nearest(name, names); near != "" {
		return ": did you mean " + near + "?"
	}
	return ": unset it, or see winback config --help for the names"
}

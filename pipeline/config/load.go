package config

import (
	"embed"
	"fmt"
	"os"
	"slices"
	"strings"

	"winback/pipeline/config/layers"
	"winback/schemas/mapping"
)

//go:embed presets/*.yaml
var presets embed.FS

// Prefix begins the name of every environment variable that sets something: kafka.brokers is WINBACK_KAFKA_BROKERS.
const Prefix = "WINBACK_"

// The variables that begin with Prefix and set nothing.
const (
	PathVariable     = "WINBACK_CONFIG"    // the file, if no flag names it
	CacheVariable    = "WINBACK_CACHE_DIR" // where libchdb is kept
	presetFlag       = "--preset"
	settingFlag      = "--set"
	presetFileSuffix = ".yaml"
)

// Sources is where a configuration comes from, the later over the earlier.
type Sources struct {
	Preset   string   // a name from Presets, or empty
	Path     string   // a YAML file, or empty for PathVariable's
	Environ  []string // as from os.Environ
	Settings []string // path=value, from flags
}

// Loaded is a configuration and where each of its settings comes from.
type Loaded struct {
	Config
	layers *layers.Layers
}

// Load fills a Config. The error is of type layers.Faults and holds every fault of the parts, each with its place; what could be
// read is returned all the same.
func Load(s Sources, parts Part) (*Loaded, error) {
	c := &Loaded{Config: Defaults()}
	c.layers = layers.Over(&c.Config)
	faults := slices.Concat(c.preset(s.Preset), c.file(s.File()))
	c.layers.Environ(Prefix, s.Environ, PathVariable, CacheVariable)
	for _, setting := range s.Settings {
		path, value, found := strings.Cut(setting, "=")
		if !found {
			faults = append(faults, layers.Fault{Place: settingFlag + " " + setting, Problem: "write it as path=value, such as log.level=debug"})
			continue
		}
		c.layers.Set(settingFlag+" "+path, path, value)
	}
	c.deriveAddress()
	c.layers.Check(c.Validate(parts))
	if err := c.layers.Err(); err != nil {
		faults = append(faults, err.(layers.Faults)...)
	}
	faults = append(faults, c.model(parts)...)
	if len(faults) > 0 {
		return c, faults
	}
	return c, nil
}

// Check reads settings as Load reads a file, without any other, and reports every fault. The name stands in the faults.
func Check(name string, text []byte) error {
	c := &Loaded{Config: Defaults()}
	c.layers = layers.Over(&c.Config)
	c.layers.File(name, text)
	c.deriveAddress()
	c.layers.Check(c.Validate(Files | Engine))
	return c.layers.Err()
}

// Set overrides one setting after loading, by the flag that is named.
func (l *Loaded) Set(flag, path, value string) { l.layers.Set(flag, path, value) }

// Place says where a setting comes from.
func (l *Loaded) Place(path string) string { return l.layers.Place(path) }

// Print writes the settings in force as YAML, with comments on where they come from and without secrets.
func (l *Loaded) Print() ([]byte, error) { return l.layers.Print() }

// PrintChosen writes, as YAML for --config, only the settings that a preset, a file, the environment or a flag sets, secrets aside. Above a
// setting, or a group of them, stands what why says of its path.
func (l *Loaded) PrintChosen(why map[string]string) ([]byte, error) { return l.layers.PrintChosen(why) }

// Variables lists the environment variable of every setting.
func (l *Loaded) Variables() []string {
	keys := l.layers.Keys()
	for i, key := range keys {
		keys[i] = layers.Variable(Prefix, key)
	}
	return keys
}

// File is the path of the YAML file, empty for none.
func (s Sources) File() string {
	if s.Path != "" {
		return s.Path
	}
	for _, entry := range s.Environ {
		if path, found := strings.CutPrefix(entry, PathVariable+"="); found {
			return path
		}
	}
	return ""
}

// Presets lists the configurations that are part of the binary.
func Presets() []string { return namesIn(presets, "presets", presetFileSuffix) }

// namesIn lists the files of an embedded directory that end in suffix, without it.
func namesIn(files embed.FS, directory, suffix string) (names []string) {
	entries, err := files.ReadDir(directory)
	if err != nil {
		return nil // cannot be: the directory is part of the binary
	}
	for _, entry := range entries {
		if name, is := strings.CutSuffix(entry.Name(), suffix); is {
			names = append(names, name)
		}
	}
	return names
}

func (l *Loaded) preset(name string) layers.Faults {
	if name == "" {
		return nil
	}
	text, err := presets.ReadFile("presets/" + name + presetFileSuffix)
	if err != nil {
		problem := fmt.Sprintf("there is no preset %q: the presets are %s", name, strings.Join(Presets(), ", "))
		if slices.Contains(mapping.Presets(), name) {
			problem = fmt.Sprintf("%q is a preset of the mapping alone: write --set mapping.preset=%s", name, name)
		} else if near := layers.Nearest(name, Presets()); near != "" {
			problem = fmt.Sprintf("there is no preset %q: did you mean %s?", name, near)
		}
		return layers.Faults{{Place: presetFlag, Problem: problem}}
	}
	l.layers.File("preset "+name, text)
	return nil
}

func (l *Loaded) file(path string) layers.Faults {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return layers.Faults{{Place: path, Problem: fmt.Sprintf("the configuration cannot be read (%v): name a file with --config", unwrapPath(err))}}
	}
	l.layers.File(path, text)
	return nil
}

// unwrapPath takes the file's name, which stands before it already, out of the error.
func unwrapPath(err error) error {
	if wrapped, is := err.(*os.PathError); is {
		return wrapped.Err
	}
	return err
}

package schemas

import _ "embed" // for the schemas

var (
	//go:embed event.schema.json
	eventSchema string
	//go:embed trigger.schema.json
	triggerSchema string
)

// EventSchema is the JSON Schema (draft 2020-12) of Winback's own event, as the mapping preset winback reads it.
func EventSchema() string { return eventSchema }

// TriggerSchema is the JSON Schema (draft 2020-12) of a Trigger on its topic.
func TriggerSchema() string { return triggerSchema }

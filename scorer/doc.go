// Package scorer is the pure core: metrics over sliding windows, the drop against the user's own past, lifecycle, episodes, and what is
// assessed now and then. It has no I/O, no clock, no randomness, no goroutine and no lock; it imports pure packages of the standard library,
// schemas, and its own packages.
//
// Step adds one event to one user; Judge looks at one user at one border and returns what became true there, as a value. The caller
// (pipeline/state, tests) owns the memory: a user is a User of fixed size and the bytes of a track, neither holds a pointer.
//
// Times inside are grain numbers: grain i covers [i*Grain, (i+1)*Grain), border i is its beginning. What a user's state is at
// border h follows from the cells before h alone; cells at h and after it may already be there and are passed over.
//
// Reading order, from the bottom up; a test holds that files refer to files above them in this list, with few exceptions:
//
//	config.go            what can be configured
//	validate.go          and what is wrong with a configuration
//	ratio.go             exact comparisons of sums
//	loss.go              how far a metric must have dropped, and on what evidence
//	lifecycle.go         states by age, tenure and activity
//	worth.go             RFM tiers, and what orders leave them as they are
//	selector.go          the sums that tags ask for
//	decider.go           the model of risk, and what it decides
//	rules.go             all of it made ready
//	identity.go          what state depends on
//	lane_expiry.go       for how long an event tells something
//	lanes.go             kinds of events sorted into lanes
//	compile_lanes.go
//	compile.go           Compile: a Config becomes Rules
//	track                (a package) a user's past in few bytes
//	own_days.go          days by the user's own calendar
//	windows.go           what a border sees of it
//	population.go        everybody's change, to be divided out
//	rhythm.go            at which borders a user's turns come
//	schedule.go          why and when a user is looked at: the terms
//	user.go              what is kept of a user
//	tagging.go           tags at a border
//	scratch.go           memory that calls reuse
//	never_active.go      how it ends for users who never were active
//	alive.go             P(alive)
//	risk_past.go         what the risk reads
//	score.go             the risk
//	asking.go            of whom the model is asked
//	prechurn.go          when an episode begins and ends
//	reason.go            why, in words
//	assess.go            worth, tags and risk of a user, now and then
//	schedule_drop.go     when a drop can begin
//	schedule_down.go     until when a metric stays down
//	calm.go              until when the model cannot agree, whatever comes
//	schedule_assess.go   when an assessment can find something else
//	outlook.go           when the model can answer otherwise
//	reschedule.go        the next look at a user, after a look and after an event
//	step.go              Step: an event is added
//	judge.go             Judge: a border is looked at; Trim and Forget
//	totals.go            a user's sums for people
//	standing.go          what any threshold would decide on, for training
package scorer

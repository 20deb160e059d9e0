// Package tags is the rule language of behaviour tags: "count(view, category=shoes, 30d) > 5" makes a fan of shoes. docs/tags.md is its
// manual.
//
// A rule is parsed once into Selectors, which say what must be added up over a user's events, and a flat program that compares the
// sums. Who keeps the events adds them up, selector by selector, and hands the values in; the evaluation neither allocates nor keeps
// anything. A Set holds the rules of one configuration and shares their selectors.
package tags

package ingest

import (
	"errors"
	"fmt"
)

// errRemade is in the error when a topic is not the one that was read before, but another one of the same name.
var errRemade = errors.New("the topic has been deleted and made anew")

// remade says that a topic had one id and has another now. That the brokers tell no id any more, or have begun to, is a change of theirs and
// not of the topic.
func remade(had, has TopicID) error {
	if had == has || had == (TopicID{}) || has == (TopicID{}) {
		return nil
	}
	return fmt.Errorf("%w: its id was %v and is now %v", errRemade, had, has)
}

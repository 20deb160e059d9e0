package engine_test

func becomeParent() {}

package schemas

// Record is one Kafka record, or one line of a file, before it is decoded. Key, Value and Headers point into the buffer it was
// fetched into and are valid only until the batch they belong to is done.
type Record struct {
	Offset  int64
	Time    int64 // the broker's or producer's timestamp, Unix milliseconds
	Key     []byte
	Value   []byte
	Headers []byte // as on the wire: a varint count, then pairs of length-prefixed keys and values
	Element int32  // of a record that holds many events: the number of the one that is Value, from 1; 0: Value is the whole
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/segmentio/kafka-go"

	"winback/pipeline/config"
	"winback/pipeline/ingest"
	"winback/pipeline/replay"
	"winback/schemas"
	"winback/schemas/mapping"
	"winback/sinks/events"
)

func (a *app) replayKafka(ctx context.Context, c *config.Config, f *replayFlags, vocabulary *schemas.Vocabulary, until int64, files []string) error {
	encode, keepLines, err := encoder(c, vocabulary)
	if err != nil {
		return err
	}
	producer, closeProducer, err := a.openInput(ctx, c, f.partitions)
	if err != nil {
		return err
	}
	defer closeProducer()
	refused, err := a.newRefusals(f.deadLetters)
	if err != nil {
		return err
	}
	defer refused.file.discard()
	sorted, err := a.readFiles(ctx, c, replay.Input{Files: files, Until: until, KeepLines: keepLines}, vocabulary, refused)
	if err != nil {
		return err
	}
	defer sorted.Close()
	if err := checkRead(sorted.Stats(), until); err != nil {
		return errors.Join(err, refused.file.commit())
	}
	sent, err := a.send(ctx, producer, sorted, encode, until, f.speed)
	if err != nil {
		return fmt.Errorf("%w (%s of %s were handed to Kafka: a second replay would repeat them)", err, grouped(sent), counted(sorted.Stats().Events, "event"))
	}
	if err := refused.file.commit(); err != nil {
		return err
	}
	stats := sorted.Stats()
	_, err = fmt.Fprintf(a.stdout, "%s\nSent %s to topic %s, all acknowledged\n", describeRead(len(files), stats), counted(sent, "event"), c.Input.Topic)
	return err
}

// encoder says how an event becomes a record's value: the line as it was if the topic is read by the same mapping, else Winback's
// own JSON.
func encoder(c *config.Config, vocabulary *schemas.Vocabulary) (encode func([]byte, *replay.Event) []byte, keepLines bool, err error) {
	m, err := mapping.Compile(c.FileMapping(), vocabulary)
	if err != nil {
		return nil, false, err
	}
	if c.Replay.Mapping == nil && !m.NeedsHeader() {
		return func(_ []byte, e *replay.Event) []byte { return e.Line }, true, nil
	}
	if err := readsOwnJSON(c, vocabulary); err != nil {
		return nil, false, err
	}
	return func(dst []byte, e *replay.Event) []byte { return appendJSON(dst, e, vocabulary) }, false, nil
}

// readsOwnJSON tries whether the service, reading the topic by its mapping, would understand what is written to it.
func readsOwnJSON(c *config.Config, vocabulary *schemas.Vocabulary) error {
	m, err := mapping.Compile(c.Mapping, vocabulary)
	if err != nil {
		return err
	}
	user := []byte("u")
	sample := replay.Event{Event: schemas.Event{User: user, Time: 1_500_000_000_000, Amount: 7, Duration: 9, Type: schemas.TypeID(vocabulary.Len() - 1)}}
	decoder := m.NewDecoder()
	var read schemas.Event
	reason := decoder.Decode(&schemas.Record{Key: user, Value: appendJSON(nil, &sample, vocabulary), Time: 1}, &read)
	detail := decoder.Detail()
	if reason == schemas.Accepted {
		if string(read.User) == "u" && read.Time == sample.Time && read.Amount == sample.Amount && read.Duration == sample.Duration && read.Type == sample.Type {
			return nil
		}
		detail = "it reads other values"
	}
	return usageError{fmt.Errorf("a replay of these files writes Winback's own JSON, which the topic's mapping does not read (%s): "+
		"leave mapping out, and describe the files in replay.mapping", detail)}
}

// appendJSON writes an event as schemas/event.schema.json has it.
func appendJSON(dst []byte, e *replay.Event, vocabulary *schemas.Vocabulary) []byte {
	value, err := json.Marshal(struct {
		User     string `json:"user"`
		Type     string `json:"type"`
		Time     int64  `json:"time"`
		Amount   int64  `json:"amount,omitempty"`
		Duration int64  `json:"duration_ms,omitempty"`
		Category string `json:"category,omitempty"`
		Offset   int16  `json:"utc_offset,omitempty"`
		ID       string `json:"id,omitempty"`
	}{string(e.User), vocabulary.Name(e.Type), e.Time, e.Amount, e.Duration, categoryName(e, vocabulary), e.Offset, idText(e)})
	must(err) // text and numbers
	return append(dst, value...)
}

// categoryName is empty for a category that no rule names.
func categoryName(e *replay.Event, vocabulary *schemas.Vocabulary) string {
	if e.Category == schemas.OtherCategory {
		return ""
	}
	return vocabulary.CategoryName(e.Category)
}

// idText stands for the event's own id, of which the hash alone is kept: equal ones stay equal.
func idText(e *replay.Event) string {
	if e.ID == 0 {
		return ""
	}
	return strconv.FormatUint(e.ID, 16)
}

// openInput prepares to write to the input topic, which must be there or is made with as many partitions as asked for.
func (a *app) openInput(ctx context.Context, c *config.Config, partitions int) (*events.Producer, func(), error) {
	conn, err := c.Kafka.Connect()
	if err != nil {
		return nil, nil, err
	}
	if partitions, err = inputPartitions(ctx, conn, c, partitions); err != nil {
		conn.Close()
		return nil, nil, err
	}
	to := events.Defaults()
	to.Topic, to.Partitions = c.Input.Topic, int32(partitions)
	producer := events.New(conn.Client(), to, a.log(c.Log))
	return producer, func() {
		ended, cancel := context.WithCancel(ctx)
		cancel() // what is to be delivered has been flushed
		_ = producer.Close(ended)
		conn.Close()
	}, nil
}

// inputPartitions is how many partitions the topic has. If it does not exist it is made with as many as asked for, if any are.
func inputPartitions(ctx context.Context, conn *ingest.Connection, c *config.Config, asked int) (int, error) {
	topic := c.Input.Topic
	have, err := conn.Partitions(ctx, topic)
	switch {
	case asked > 0 && errors.Is(err, kafka.UnknownTopicOrPartition):
		return asked, conn.EnsureTopic(ctx, topic, asked, c.Topics.TopicConfig)
	case errors.Is(err, kafka.UnknownTopicOrPartition):
		return 0, fmt.Errorf("%w: --partitions N makes it", err)
	case err != nil:
		return 0, err
	case asked > 0 && asked != have:
		return 0, fmt.Errorf("topic %s has %s, not %d: leave --partitions out, or name another topic with --set input.topic=NAME", topic, counted(have, "partition"), asked)
	}
	return have, nil
}

// send hands the events to Kafka and waits for the acknowledgements. The records bear the time of sending: a broker refuses
// timestamps ahead of its clock and deletes those far behind it.
func (a *app) send(ctx context.Context, to *events.Producer, sorted *replay.Sorted, encode func([]byte, *replay.Event) []byte, until int64, speed float64) (sent int64, err error) {
	bar := a.newProgress("sending", false)
	defer bar.end()
	pacer := events.NewPacer(speed*float64(schemas.Second), a.now)
	var value []byte
	for event := range sorted.Events() {
		if until > 0 && event.Time >= until {
			break
		}
		if err := pacer.Wait(ctx, event.Time); err != nil {
			return sent, err
		}
		value = encode(value[:0], event)
		if err := to.Send(ctx, event.User, value, 0); err != nil {
			return sent, err
		}
		if sent++; sent%progressEvery == 0 {
			bar.show(sent, sorted.Stats().Events)
		}
	}
	return sent, errors.Join(sorted.Err(), to.Flush(ctx))
}

package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"winback/bench/load"
	"winback/pipeline/ingest"
	"winback/sinks/events"
)

// fill writes the population's events, keyed by user, to a topic, and returns when all are acknowledged.
func fill(ctx context.Context, o *options, conn *ingest.Connection, topic string, partitions int, log *slog.Logger) error {
	source, err := o.generator()
	if err != nil {
		return err
	}
	cfg := events.Defaults()
	cfg.Topic, cfg.Partitions = topic, int32(partitions)
	producer := events.New(conn.Client(), cfg, log)
	err = send(ctx, producer, source, o.events, events.NewPacer(o.rate, time.Now))
	return errors.Join(err, producer.Close(ctx))
}

func send(ctx context.Context, to *events.Producer, source *load.Generator, limit int64, pacer *events.Pacer) error {
	var e load.Event
	var key, value []byte
	for n := int64(1); n <= limit && source.Next(&e); n++ {
		key = load.AppendKey(key[:0], e.User)
		value = source.AppendJSON(value[:0], &e)
		if err := to.Send(ctx, key, value, 0); err != nil {
			return err
		}
		if err := pacer.Wait(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

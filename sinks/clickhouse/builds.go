package clickhouse

import "context"

// HasBuild reports whether rows of a topic were stored under the name of a build.
func (s *Sink) HasBuild(ctx context.Context, topic, build string) (found bool, err error) {
	var rows uint64
	err = s.conn.QueryRow(ctx, "SELECT count() FROM "+s.database+".progress WHERE topic = ? AND build = ?", topic, build).Scan(&rows)
	return rows > 0, s.explain(err)
}

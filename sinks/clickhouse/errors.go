package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	chcolumn "github.com/ClickHouse/clickhouse-go/v2/lib/column"

	"winback/schemas/secure"
)

// Codes of ClickHouse's errors (src/Common/ErrorCodes.cpp) that waiting does not mend. Everything else is waited for, a full
// disk (243) too: the operator makes room and nothing is lost, whereas a program that stops has to be started again.
const (
	codeNoSuchColumn         = 16
	codeColumnCount          = 20
	codeUnknownIdentifier    = 47
	codeTypeMismatch         = 53
	codeUnknownTable         = 60
	codeSyntax               = 62
	codeUnknownDatabase      = 81
	codeUnknownSetting       = 115
	codeReadonly             = 164
	codeUnknownUser          = 192
	codeWrongPassword        = 193
	codeRequiredPassword     = 194
	codeAddressNotAllowed    = 195
	codeNotEnoughSpace       = 243
	codeSettingConstraint    = 452
	codeViolatedConstraint   = 469
	codeAccessDenied         = 497
	codeAuthenticationFailed = 516
)

// remedyFor is empty for errors that may heal by themselves.
func (s *Sink) remedyFor(err error) string {
	if e := (*clickhouse.Exception)(nil); errors.As(err, &e) {
		return s.remedyForException(e)
	}
	var converter *chcolumn.ColumnConverterError
	var op *clickhouse.OpError
	switch {
	case errors.As(err, &converter), errors.As(err, &op), errors.Is(err, clickhouse.ErrBatchInvalid):
		return "the tables are not those of this version: " + remedyMigrate
	case errors.Is(err, clickhouse.ErrConnectionClosed):
		return "the sink is closed"
	case secure.Refused(err):
		return "check tls: the certificate authority, the host name, and whether the port speaks TLS"
	}
	return ""
}

func (s *Sink) remedyForException(e *clickhouse.Exception) string {
	switch {
	case isSchemaCode(e.Code):
		return remedyMigrate
	case e.Code == codeAccessDenied:
		return s.grantFor(e.Message)
	}
	switch e.Code {
	case codeUnknownUser, codeWrongPassword, codeRequiredPassword, codeAuthenticationFailed:
		return "check username and password"
	case codeAddressNotAllowed:
		return "the server does not let this user in from this address"
	case codeReadonly:
		return s.remedyReadonly()
	case codeSettingConstraint:
		return "let the setting be changed: remove its constraint from the settings profile of the user " + s.user()
	case codeViolatedConstraint:
		return "the constraint is not Winback's: drop it (ALTER TABLE ... DROP CONSTRAINT ...)"
	case codeSyntax, codeUnknownSetting:
		return fmt.Sprintf("the server does not take what Winback asks for: it needs ClickHouse %d.%d or later", minimumVersion[0], minimumVersion[1])
	}
	return ""
}

// isSchemaCode reports the errors that a table or a column causes which is not there, or is another.
func isSchemaCode(code int32) bool {
	switch code {
	case codeUnknownTable, codeUnknownDatabase, codeNoSuchColumn, codeColumnCount, codeUnknownIdentifier, codeTypeMismatch:
		return true
	}
	return false
}

func (s *Sink) remedyReadonly() string {
	return fmt.Sprintf("the user %s may only read: give it a settings profile without readonly (ALTER USER %s SETTINGS readonly = 0, and none in the dsn)", s.user(), s.user())
}

// user is the name that a GRANT takes.
func (s *Sink) user() string {
	name := s.username
	if name == "" {
		name = "default"
	}
	if regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name) {
		return name
	}
	return "`" + strings.ReplaceAll(name, "`", "\\`") + "`"
}

// grantFor writes the GRANT that a refusal asks for: "... it's necessary to have the grant INSERT(topic, minute) ON winback.activity".
func (s *Sink) grantFor(refusal string) string {
	asked := regexp.MustCompile(`necessary to have the grant (.+?) ON ([^\s:]+)`).FindStringSubmatch(refusal)
	if asked == nil {
		return fmt.Sprintf("GRANT SELECT, INSERT ON %s.* TO %s; winback migrate needs CREATE, ALTER and DROP too", s.database, s.user())
	}
	rights := regexp.MustCompile(`\([^)]*\)`).ReplaceAllString(asked[1], "") // of single columns: what Winback reads and writes are whole tables
	on := strings.TrimRight(asked[2], ".,;")
	if strings.Contains(on, "._tmp_replace_") { // another name at every attempt
		on = s.database + ".*"
	}
	return s.grant(rights, on)
}

func (s *Sink) grant(rights, on string) string {
	return fmt.Sprintf("GRANT %s ON %s TO %s", rights, on, s.user())
}

// explain puts the remedy behind an error, if there is one.
func (s *Sink) explain(err error) error {
	if err == nil {
		return nil
	}
	if remedy := s.remedyFor(err); remedy != "" {
		return fmt.Errorf("clickhouse: %w: %s", err, remedy)
	}
	if e := (*clickhouse.Exception)(nil); errors.As(err, &e) {
		if e.Code == codeNotEnoughSpace {
			return fmt.Errorf("clickhouse: %w: make room on the server's disk", err)
		}
		return fmt.Errorf("clickhouse: %w", err)
	}
	return fmt.Errorf("clickhouse: %w: is the server up, and is %s its native port?", err, s.addr)
}

// explainInsert names what in the database an insert into the table fails on: a materialized view of somebody else's, or what Compare
// finds. It asks the server, so it is for errors that end the retrying.
func (s *Sink) explainInsert(ctx context.Context, t *table, err error) error {
	if view := failedView(err); view != "" {
		return fmt.Errorf("clickhouse: %w: %s", err, remedyView(t, view))
	}
	explained := s.explain(err)
	if e := (*clickhouse.Exception)(nil); errors.As(err, &e) && !isSchemaCode(e.Code) {
		return explained
	}
	problems, cerr := s.Compare(ctx)
	if cerr != nil {
		return explained
	}
	problems = slices.DeleteFunc(problems, func(p Problem) bool { return p.table != t.name })
	if len(problems) > 0 {
		return fmt.Errorf("clickhouse: %w: %s", err, listed(problems))
	}
	if f, ferr := s.find(ctx); ferr == nil && len(f.pushes[t.name]) > 0 {
		return fmt.Errorf("clickhouse: %w: %s", err, remedyView(t, strings.Join(f.pushes[t.name], " or ")))
	}
	return explained
}

func listed(problems []Problem) string {
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.String()
	}
	return strings.Join(texts, "; ")
}

// failedView is the materialized view that ClickHouse says an insert was being pushed to when it failed, or empty. The innermost is named
// first, where views follow each other.
func failedView(err error) string {
	if tried := (*viewError)(nil); errors.As(err, &tried) {
		return tried.view
	}
	e := (*clickhouse.Exception)(nil)
	if !errors.As(err, &e) {
		return ""
	}
	named := regexp.MustCompile(`(?i)while pushing to view ([^\s:(]+)`).FindStringSubmatch(e.Message)
	if named == nil {
		return ""
	}
	return strings.TrimRight(named[1], ".,;")
}

func remedyView(t *table, view string) string {
	return fmt.Sprintf("the materialized view %s, which is not Winback's, fails and every insert into %s with it: mend it, or drop it (DROP VIEW)", view, t.name)
}

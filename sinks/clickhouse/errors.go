package clickhouse

import (
	"errors"
	"fmt"

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
	codeAccessDenied         = 497
	codeAuthenticationFailed = 516
)

// remedyFor is empty for errors that may heal by themselves.
func remedyFor(err error) string {
	if e := (*clickhouse.Exception)(nil); errors.As(err, &e) {
		return remedyForCode(int(e.Code))
	}
	var converter *chcolumn.ColumnConverterError
	var op *clickhouse.OpError
	switch {
	case errors.As(err, &converter), errors.As(err, &op), errors.Is(err, clickhouse.ErrBatchInvalid):
		return "the tables are not those of this version: run `winback migrate`"
	case errors.Is(err, clickhouse.ErrConnectionClosed):
		return "the sink is closed"
	case secure.Refused(err):
		return "check tls: the certificate authority, the host name, and whether the port speaks TLS"
	}
	return ""
}

func remedyForCode(code int) string {
	switch code {
	case codeUnknownTable, codeUnknownDatabase, codeNoSuchColumn, codeColumnCount, codeUnknownIdentifier, codeTypeMismatch:
		return "run `winback migrate`"
	case codeUnknownUser, codeWrongPassword, codeRequiredPassword, codeAuthenticationFailed:
		return "check username and password"
	case codeAddressNotAllowed:
		return "the server does not let this user in from this address"
	case codeAccessDenied, codeReadonly:
		return "grant this user SELECT, INSERT, CREATE, ALTER and DROP on the database"
	case codeSyntax, codeUnknownSetting, codeSettingConstraint:
		return fmt.Sprintf("the server does not take what Winback asks for: it needs ClickHouse %d.%d or later, and a profile that lets settings be changed", minimumVersion[0], minimumVersion[1])
	}
	return ""
}

// explain puts the remedy behind an error, if there is one.
func (s *Sink) explain(err error) error {
	if err == nil {
		return nil
	}
	if remedy := remedyFor(err); remedy != "" {
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

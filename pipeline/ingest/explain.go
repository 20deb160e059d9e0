package ingest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go"
)

// permanent reports a fault that waiting does not mend while a service runs. A refused login is not among them: brokers that have just
// started may refuse an account that they will know a moment later.
func permanent(err error) bool {
	for _, fault := range [...]error{
		kafka.TopicAuthorizationFailed, kafka.GroupAuthorizationFailed, kafka.ClusterAuthorizationFailed, kafka.UnsupportedVersion,
		kafka.InvalidTopic, kafka.InvalidGroupId, kafka.InvalidSessionTimeout, kafka.InconsistentGroupProtocol,
		errOldFormat, errBeyond, errRemade, errTooLarge, errPacked,
	} {
		if errors.Is(err, fault) {
			return true
		}
	}
	return false
}

// misrouted reports an answer of a broker that is not, or not yet, in charge of what it was asked about.
func misrouted(err error) bool {
	return errors.Is(err, kafka.UnknownTopicOrPartition) || errors.Is(err, kafka.LeaderNotAvailable) ||
		errors.Is(err, kafka.NotLeaderForPartition) || errors.Is(err, kafka.BrokerNotAvailable)
}

// transient reports a fault that is worth a few more attempts even at the first contact: a broker just started, a topic just made, a pooled
// connection whose other end has gone. A topic that is unknown is not among them: it is an answer.
func transient(err error) bool {
	if code := kafka.Error(0); errors.As(err, &code) {
		return code != kafka.UnknownTopicOrPartition && (code.Temporary() || misrouted(code))
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// At the first contact a transient fault is retried for this long if a broker reports it, and this often if the connection just breaks.
const (
	retryFor   = 10 * time.Second
	retryBreak = 3
)

// retry makes attempts as long as the fault is transient, and explains the last one.
func (c *Connection) retry(ctx context.Context, attempt func(context.Context) error) error {
	began := time.Now()
	for broken := 0; ; {
		err := attempt(ctx)
		if err == nil {
			return nil
		}
		if code := kafka.Error(0); !errors.As(err, &code) {
			broken++
		}
		if !transient(err) || ctx.Err() != nil || time.Since(began) > retryFor || broken == retryBreak {
			return c.explain(err)
		}
		pause(ctx, backoffFirst)
	}
}

// explain puts cause and remedy before an error of a request.
func (c *Connection) explain(err error) error {
	if why := c.remedy(err); why != "" {
		return fmt.Errorf("%s: %w", why, err)
	}
	return err
}

func (c *Connection) remedy(err error) string {
	if why := codeRemedy(err); why != "" {
		return why
	}
	at := "kafka at " + strings.Join(c.brokers, ",")
	if errors.Is(err, errHandshake) {
		return at + ": " + tlsRemedy(err)
	}
	dns, dial := (*net.DNSError)(nil), (*net.OpError)(nil)
	switch {
	case errors.As(err, &dns):
		return at + ": the name " + dns.Name + " cannot be resolved: check brokers"
	case errors.Is(err, syscall.ECONNREFUSED):
		return at + ": nothing listens there: check brokers, and whether Kafka runs"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &dial) && dial.Timeout():
		return at + ": no answer in time: check brokers, the network and its firewalls"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return at + ": " + c.closedRemedy()
	}
	return ""
}

func codeRemedy(err error) string {
	switch {
	case errors.Is(err, kafka.SASLAuthenticationFailed):
		return "the login is refused: check sasl.mechanism, sasl.username and sasl.password"
	case errors.Is(err, kafka.UnsupportedSASLMechanism):
		return "the brokers do not offer this sasl.mechanism: choose one they do"
	case errors.Is(err, kafka.IllegalSASLState):
		return "the brokers did not expect a login: check sasl.mechanism"
	case errors.Is(err, kafka.TopicAuthorizationFailed):
		return "no permission for the topic: give this user READ and DESCRIBE (WRITE and CREATE for topics winback writes) on it"
	case errors.Is(err, kafka.GroupAuthorizationFailed):
		return "no permission for the consumer group: give this user READ on it"
	case errors.Is(err, kafka.ClusterAuthorizationFailed):
		return "no permission to make topics: make it by hand, or give this user CREATE"
	case errors.Is(err, kafka.UnknownTopicOrPartition):
		return "there is no such topic, or this user may not see it: check its name, make it, or give this user DESCRIBE on it"
	case errors.Is(err, kafka.InvalidReplicationFactor):
		return "the cluster cannot keep so many copies: lower replication"
	case errors.Is(err, kafka.InconsistentGroupProtocol):
		return "the consumer group is in use by consumers of another kind: choose another group"
	case errors.Is(err, kafka.InvalidSessionTimeout):
		return "the brokers do not allow this session_timeout (group.min.session.timeout.ms, group.max.session.timeout.ms)"
	case errors.Is(err, ErrCorrupt), errors.Is(err, errPacked):
		return "the stored data is damaged: repair the partition's replica, or delete its records past the damage (kafka-delete-records.sh) to go on without them"
	case errors.Is(err, errOldFormat):
		return "the topic holds messages in a format that is not read here: copy it with a current producer"
	case errors.Is(err, errBeyond), errors.Is(err, errRemade):
		return "the topic has been made anew or has lost its tail: stop all members, then read under another group, or reset the group's offsets (kafka-consumer-groups.sh --reset-offsets)"
	}
	return ""
}

func tlsRemedy(err error) string {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		alert     tls.AlertError
	)
	switch {
	case errors.As(err, &authority):
		return "its certificate is signed by an authority this machine does not trust: set tls.ca_file"
	case errors.As(err, &host):
		return "its certificate is for another name: set tls.server_name, or use the name in brokers"
	case errors.As(err, &invalid):
		return "its certificate is not valid: renew it, and check this machine's clock"
	case errors.As(err, &alert):
		return "it refused the TLS handshake: does it want a client certificate (tls.cert_file, tls.key_file)?"
	}
	return "it does not speak TLS on this port: use its TLS port, or set tls.enabled to false"
}

// closedRemedy guesses why a broker hangs up without a word.
func (c *Connection) closedRemedy() string {
	login := "does it want a login (sasl.mechanism)?"
	if c.transport.SASL != nil {
		login = "is the login right (sasl.mechanism, sasl.username, sasl.password)?"
	}
	if c.encrypted {
		return "it closed the connection: " + login
	}
	return "it closed the connection: does this port want TLS (tls.enabled)? " + login
}

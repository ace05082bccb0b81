package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"purvey"
	"purvey/internal/store"
)

// retryAfterMost bounds how far a receiver may put an attempt off.
const retryAfterMost = 24 * time.Hour

// Send is the job that makes one attempt at a delivery, the job's key, to the
// endpoint that is its lane. It gives what is to be recorded, and
// *purvey.JobSnooze while more attempts are to come. A delivery that is over is
// left alone, so a second run sends nothing. Serves BDD-44, BDD-45.
func (s *Service) Send(ctx context.Context, j purvey.Job) (record func(tx *store.Tx) error, err error) {
	durable := context.WithoutCancel(ctx)
	p, err := s.target(ctx, j.Lane)
	if errors.Is(err, purvey.NotFound) {
		return nil, nil // the endpoint was deleted
	}
	if err != nil {
		return nil, err
	}
	out, err := s.outgoing(ctx, j.Key, p.Dialect)
	if errors.Is(err, purvey.NotFound) {
		return nil, nil // the delivery was swept
	}
	if err != nil || out.State != purvey.DeliveryPending {
		return nil, err
	}
	if !p.Enabled {
		return func(tx *store.Tx) error { return tx.HoldDelivery(durable, out.ID) }, nil
	}
	dialect, ok := s.o.Dialects[p.Dialect]
	if !ok {
		return nil, fmt.Errorf("no dialect %q sends webhooks", p.Dialect)
	}
	fresh := len(out.Payload) == 0
	if fresh {
		if out.Payload, err = s.render(ctx, dialect, out.EventID); err != nil {
			return nil, err
		}
	}
	a := s.attempt(ctx, dialect, p, out.Payload, out.EventID)
	if ctx.Err() != nil {
		return nil, ctx.Err() // the server stops; nobody knows what the receiver got
	}
	judged, err := s.judge(durable, p, out, a)
	return func(tx *store.Tx) error {
		if fresh {
			if err := tx.KeepPayload(durable, out.EventID, p.Dialect, out.Payload); err != nil {
				return err
			}
		}
		return judged(tx)
	}, err
}

// Prepare reads what the sending of several deliveries to one endpoint needs
// at once.
func (s *Service) Prepare(ctx context.Context, jobs []purvey.Job) context.Context {
	p, err := s.target(ctx, jobs[0].Lane)
	if err != nil {
		return ctx // each run will see for itself
	}
	ids := make([]string, len(jobs))
	for i, j := range jobs {
		ids[i] = j.Key
	}
	all, err := s.db.OutgoingWebhooks(ctx, ids, p.Dialect)
	if err != nil {
		return ctx
	}
	ready := make(map[string]store.OutgoingWebhook, len(all))
	for _, o := range all {
		ready[o.ID] = o
	}
	return context.WithValue(ctx, preparedKey{}, ready)
}

type preparedKey struct{}

// outgoing gives a delivery as it was prepared, or reads it.
func (s *Service) outgoing(ctx context.Context, id, dialect string) (store.OutgoingWebhook, error) {
	ready, _ := ctx.Value(preparedKey{}).(map[string]store.OutgoingWebhook)
	if o, ok := ready[id]; ok {
		return o, nil
	}
	return s.db.OutgoingWebhook(ctx, id, dialect)
}

func (s *Service) render(ctx context.Context, dialect Dialect, eventID string) ([]byte, error) {
	e, err := s.db.EventByID(ctx, eventID)
	if err != nil {
		return nil, err
	}
	payload, err := dialect.Render(e)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", eventID, err)
	}
	return payload, nil
}

// target is an endpoint as it was a moment ago, ready to be sent to.
type target struct {
	purvey.Endpoint
	address *url.URL
	mark    string // of the secret
	unfit   string // why nothing can be sent to it; "" something can
	read    time.Time
}

// targetAge is how long an endpoint that was read is sent to. Changes made
// through this service are seen at once; those of another node after this
// time, which is less than an attempt under way may take.
const targetAge = 200 * time.Millisecond

func (s *Service) target(ctx context.Context, id string) (*target, error) {
	if known, ok := s.targets.Load(id); ok && time.Since(known.(*target).read) < targetAge {
		return known.(*target), nil
	}
	t := &target{read: time.Now()}
	var err error
	if t.Endpoint, err = s.db.EndpointByID(ctx, id); err != nil {
		s.targets.Delete(id)
		return nil, err
	}
	if why := s.guard.checkURL(t.URL); why != "" {
		t.unfit = "the receiver's URL " + why
	} else if t.address, err = url.Parse(t.URL); err != nil {
		t.unfit = "the receiver's URL is not valid"
	}
	if t.Secret, err = s.keys.Unseal(secretPurpose, t.Secret); err != nil {
		t.unfit = "the endpoint's secret can't be read with this server's key; delete the endpoint and create it anew"
	}
	t.mark = s.mark(t.Secret)
	s.targets.Store(id, t)
	return t, nil
}

// forget has an endpoint read anew once tx, which changes it, is committed.
func (s *Service) forget(tx *store.Tx, id string) { tx.OnCommit(func() { s.targets.Delete(id) }) }

// answer is what came of one attempt.
type answer struct {
	purvey.Attempt
	ok         bool
	gone       bool
	retryAfter time.Duration
}

// judge decides what follows from an attempt.
func (s *Service) judge(ctx context.Context, p *target, out store.OutgoingWebhook, a answer) (func(tx *store.Tx) error, error) {
	out.AttemptCount++
	if a.ok {
		out.State = purvey.DeliveryDelivered
		return func(tx *store.Tx) error {
			if err := tx.RecordAttempt(ctx, out, a.Attempt); err != nil {
				return err
			}
			if p.FailingSince.IsZero() {
				return nil // what another node saw meanwhile, Check sees through
			}
			s.forget(tx, p.ID)
			return tx.EndpointWorked(ctx, p.ID)
		}, nil
	}
	wait, more := s.delay(p.Dialect)(out.AttemptCount, rand.Float64())
	if a.gone || !more {
		out.State = purvey.DeliveryFailed
	} else {
		out.NextAttemptAt = s.db.Now().Add(max(wait, min(a.retryAfter, retryAfterMost)))
	}
	record := func(tx *store.Tx) error {
		if err := tx.RecordAttempt(ctx, out, a.Attempt); err != nil {
			return err
		}
		if a.gone {
			return s.switchOff(ctx, tx, p.ID, "the receiver answered 410 Gone")
		}
		if !p.FailingSince.IsZero() {
			return nil
		}
		s.forget(tx, p.ID)
		return tx.EndpointFailed(ctx, p.ID, a.At)
	}
	if out.State == purvey.DeliveryFailed {
		return record, nil
	}
	return record, &purvey.JobSnooze{Until: out.NextAttemptAt}
}

// attempt posts once. It takes at most purvey.WebhookTimeout in all.
func (s *Service) attempt(ctx context.Context, dialect Dialect, p *target, payload []byte, eventID string) (a answer) {
	a.Attempt = purvey.Attempt{At: s.db.Now(), URL: p.URL, Secret: p.mark}
	began := time.Now()
	defer func() { a.Duration = time.Since(began) }()
	if p.unfit != "" {
		a.Error = p.unfit
		return a
	}
	body, header, err := dialect.Seal(payload, eventID, p.Secret, a.At)
	if err != nil {
		a.Error = "the payload could not be signed"
		return a
	}
	bounded, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	req := (&http.Request{
		Method: http.MethodPost, URL: p.address, Host: p.address.Host, Header: header,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
	}).WithContext(bounded)
	// The transport itself, since a client would follow redirects.
	res, err := s.http.RoundTrip(req)
	if err != nil {
		a.Error = plain(err)
		return a
	}
	defer res.Body.Close()
	a.read(res)
	return a
}

// read takes in what the receiver answered.
func (a *answer) read(res *http.Response) {
	a.Status = res.StatusCode
	// More of the body is read than kept, so that the connection can be used
	// again; a receiver that sends without end loses it.
	var kept bytes.Buffer
	n, _ := io.CopyN(&kept, res.Body, purvey.WebhookResponseMax+1) // what came is kept, whatever ended it
	if n > purvey.WebhookResponseMax {
		kept.Truncate(purvey.WebhookResponseMax)
		_, _ = io.CopyN(io.Discard, res.Body, 64<<10) // for the connection's sake alone
	}
	a.Response = strings.ReplaceAll(strings.ToValidUTF8(kept.String(), "\uFFFD"), "\x00", "\uFFFD")
	switch {
	case a.Status >= 200 && a.Status <= 299:
		a.ok = true
	case a.Status >= 300 && a.Status <= 399:
		a.Error = "the receiver answered with a redirect, which is not followed"
	case a.Status == http.StatusGone:
		a.gone = true
		fallthrough
	default:
		a.Error = fmt.Sprintf("the receiver answered %d", a.Status)
	}
	if a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable {
		a.retryAfter = retryAfter(res.Header, a.At)
	}
}

// retryAfter reads the header in either of its forms; 0 is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.Atoi(text); err == nil {
		return time.Duration(max(0, min(n, int(retryAfterMost/time.Second)))) * time.Second
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}

// plain says what went wrong in words that hold nothing of the inside: no
// address that a name resolved to, and no answer of a refused one.
func plain(err error) string {
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var noTLS tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.Is(err, errRefused):
		return errRefused.Error()
	case errors.As(err, &dns) && dns.IsNotFound:
		return "the host name does not exist"
	case errors.Is(err, context.DeadlineExceeded) || isTimeout(err):
		return fmt.Sprintf("no answer within %d seconds", int(purvey.WebhookTimeout/time.Second))
	case errors.As(err, &dns):
		return "the host name could not be resolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "the host can't be reached"
	case errors.As(err, &unknown):
		return "TLS: the certificate is signed by an unknown authority"
	case errors.As(err, &name):
		return "TLS: the certificate is for another name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "TLS: the certificate has expired or is not yet valid"
	case errors.As(err, &invalid):
		return "TLS: the certificate is not valid"
	case errors.As(err, &noTLS):
		return "TLS: the receiver does not speak TLS"
	case errors.As(err, &alert):
		return "TLS: the receiver refused the handshake"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed before an answer came"
	}
	return "the request failed"
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

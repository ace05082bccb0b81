package mail

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"purvey"
	"purvey/internal/store"
)

// Service renders, hands over and records.
type Service struct {
	db     *store.DB
	render *Renderer
	smtp   *SMTP // nil: every message is kept
	log    *slog.Logger
}

// New makes the service; smtp nil keeps every message.
func New(db *store.DB, smtp *SMTP, log *slog.Logger) (*Service, error) {
	r, err := NewRenderer()
	if err != nil {
		return nil, err
	}
	return &Service{db: db, render: r, smtp: smtp, log: log}, nil
}

// Message gives one message, rendered, without the secrets of members' links.
func (s *Service) Message(ctx context.Context, scope purvey.Scope, id string) (purvey.Message, error) {
	m, err := s.db.Message(ctx, scope, id)
	if err != nil {
		return m, err
	}
	err = s.fill(ctx, &m)
	hide(ctx, &m)
	return m, err
}

// Messages lists messages as Message gives them.
func (s *Service) Messages(ctx context.Context, scope purvey.Scope, f store.MessageFilter, p purvey.Page) (purvey.Listed[purvey.Message], error) {
	out, err := s.db.Messages(ctx, scope, f, p)
	for i := range out.Items {
		if err := s.fill(ctx, &out.Items[i]); err != nil {
			return out, err
		}
		hide(ctx, &out.Items[i])
	}
	return out, err
}

// fill renders a message, unless it was, in the wording that its shop had when
// the message became due.
func (s *Service) fill(ctx context.Context, m *purvey.Message) error {
	if m.Text != "" {
		return nil
	}
	t, own, err := s.db.MailTemplateFor(ctx, m.ShopID, m.Kind, wordsOf(m.Locale).Lang, m.ID)
	if err != nil {
		return err
	}
	if own {
		return s.render.Render(m, &Wording{t.Subject, t.Intro, t.Outro})
	}
	return s.render.Render(m, nil)
}

// Retries of a message: 24 attempts, at most four hours apart, reach over
// three days of a dead server.
const (
	maxAttempts = 24
	maxWait     = 4 * time.Hour
)

// Deferred asks for the job to be run again after the wait. It does not count
// as a fault of the job.
type Deferred struct{ Wait time.Duration }

func (d *Deferred) Error() string { return "deferred" }

// Send hands one message over and records what came of it. A message that was
// sent, kept or refused for good is left alone, so a second run sends nothing.
// It gives *Deferred while the server refuses it for now.
func (s *Service) Send(ctx context.Context, id string) error {
	m, err := s.db.MessageByID(ctx, id)
	if err != nil {
		return err
	}
	if m.State != purvey.MessageQueued && m.State != purvey.MessageDeferred {
		return nil
	}
	if err := s.fill(ctx, &m); err != nil {
		return err
	}
	if s.smtp == nil {
		m.State = purvey.MessageKept
		return s.record(ctx, &m)
	}
	m.Attempts++
	sendErr := s.smtp.Send(ctx, &m)
	var wait time.Duration
	var refused *Refused
	switch {
	case sendErr == nil:
		m.State, m.SentAt, m.Error = purvey.MessageSent, s.db.Now(), ""
	case errors.As(sendErr, &refused) && refused.Permanent || m.Attempts >= maxAttempts:
		m.State, m.Error = purvey.MessageFailed, sendErr.Error()
	default:
		m.State, m.Error = purvey.MessageDeferred, sendErr.Error()
		wait = min(time.Duration(m.Attempts*m.Attempts)*15*time.Second, maxWait)
	}
	if sendErr != nil {
		s.log.Warn("mail not handed over", "message", m.ID, "state", m.State, "attempt", m.Attempts, "error", sendErr)
	}
	if err := s.record(ctx, &m); err != nil {
		return err
	}
	if wait > 0 {
		return &Deferred{Wait: wait}
	}
	return nil
}

func (s *Service) record(ctx context.Context, m *purvey.Message) error {
	return s.db.Tx(store.Later(ctx), func(tx *store.Tx) error { return tx.UpdateMessage(ctx, m) })
}

// Filter narrows a list of messages.
type Filter = store.MessageFilter

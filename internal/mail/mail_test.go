package mail_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"purvey"
	"purvey/internal/mail"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// server is a real SMTP server that answers as it is told.
type server struct {
	mu     sync.Mutex
	refuse *smtp.SMTPError
	taken  []string
}

func (s *server) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{s}, nil }

func (s *server) set(e *smtp.SMTPError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = e
}

func (s *server) messages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.taken...)
}

type session struct{ s *server }

func (x *session) Reset()                               {}
func (x *session) Logout() error                        { return nil }
func (x *session) Mail(string, *smtp.MailOptions) error { return nil }
func (x *session) Rcpt(string, *smtp.RcptOptions) error {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	if x.s.refuse != nil {
		return x.s.refuse
	}
	return nil
}

func (x *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.s.taken = append(x.s.taken, string(b))
	return err
}

func startServer(t *testing.T) (*server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	back := &server{}
	srv := smtp.NewServer(back)
	srv.Domain = "localhost"
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = srv.Serve(l)
	}()
	t.Cleanup(func() { _ = srv.Close(); <-ended })
	return back, "smtp://" + l.Addr().String() + "?tls=none"
}

func put(t *testing.T, db *store.DB, m purvey.Message) string {
	t.Helper()
	if err := db.Tx(context.Background(), func(tx *store.Tx) error { return tx.InsertMessage(context.Background(), &m) }); err != nil {
		t.Fatal(err)
	}
	return m.ID
}

func delivery() purvey.Message {
	return purvey.Message{
		ShopID: "s", Mode: purvey.Live, Kind: purvey.MailDelivery, State: purvey.MessageQueued, To: "ana@example.com", Locale: "es-AR",
		Data: purvey.MessageData{
			ShopName: "Casa <Núñez>\r\nBcc: evil@example.com", OrderName: "#1001", Name: "Ana", PageURL: "http://shop.example/d/abc?x=1&y=2",
			Lines: []purvey.MessageLine{{Product: "Bach & Söhne", Quantity: 2, Keys: []string{"AAAAA-BBBBB"}, KeysOwed: 1}},
		},
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestSendsOnceWhateverTheServerSays(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		ctx := context.Background()
		back, url := startServer(t)
		smtpTo, err := mail.NewSMTP(url, "Purvey <purvey@shop.example>")
		if err != nil {
			t.Fatal(err)
		}
		s, err := mail.New(db, smtpTo, quiet())
		if err != nil {
			t.Fatal(err)
		}
		id := put(t, db, delivery())

		back.set(&smtp.SMTPError{Code: 451, Message: "try later"})
		var deferred *mail.Deferred
		if err := s.Send(ctx, id); !errors.As(err, &deferred) || deferred.Wait <= 0 {
			t.Fatalf("a temporary refusal gives %v, want a wait", err)
		}
		if m, _ := db.MessageByID(ctx, id); m.State != purvey.MessageDeferred || !strings.Contains(m.Error, "451") {
			t.Fatalf("after 451 the message is %s with %q", m.State, m.Error)
		}

		back.set(nil)
		for range 2 {
			if err := s.Send(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		got := back.messages()
		if len(got) != 1 {
			t.Fatalf("the server was handed %d messages, want 1", len(got))
		}
		head, body, _ := strings.Cut(got[0], "\r\n\r\n")
		for _, want := range []string{"To: <ana@example.com>", "Message-ID: <" + id + "@shop.example>"} {
			if !strings.Contains(head, want) {
				t.Errorf("the head lacks %q:\n%s", want, head)
			}
		}
		if strings.Contains(head, "\nBcc:") {
			t.Error("a shop's name put a header into the message")
		}
		if !strings.Contains(body, "AAAAA-BBBBB") {
			t.Error("the body lacks the licence key")
		}
		if m, _ := db.MessageByID(ctx, id); m.State != purvey.MessageSent || m.SentAt.IsZero() || !strings.Contains(m.Subject, "Tu pedido #1001") {
			t.Errorf("after sending the message is %+v", m)
		}

		refused := put(t, db, delivery())
		back.set(&smtp.SMTPError{Code: 550, Message: "no such user"})
		if err := s.Send(ctx, refused); err != nil {
			t.Fatalf("a permanent refusal is recorded, not an error: %v", err)
		}
		if m, _ := db.MessageByID(ctx, refused); m.State != purvey.MessageFailed || !strings.Contains(m.Error, "550") {
			t.Errorf("after 550 the message is %s with %q", m.State, m.Error)
		}
	})
}

func TestServerDownDefersAndNamesNoSecret(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		l.Close()
		smtpTo, err := mail.NewSMTP("smtp://user:hushhush@"+address+"?tls=none", "a@b.example")
		if err != nil {
			t.Fatal(err)
		}
		s, err := mail.New(db, smtpTo, quiet())
		if err != nil {
			t.Fatal(err)
		}
		id := put(t, db, delivery())
		var deferred *mail.Deferred
		if err := s.Send(context.Background(), id); !errors.As(err, &deferred) {
			t.Fatalf("a dead server gives %v, want a wait", err)
		}
		m, _ := db.MessageByID(context.Background(), id)
		if m.State != purvey.MessageDeferred || strings.Contains(m.Error, "hushhush") {
			t.Errorf("the message is %s with %q", m.State, m.Error)
		}
	})
}

func TestKeptMessagesAreRenderedWhenRead(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		s, err := mail.New(db, nil, quiet())
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []purvey.MessageKind{
			purvey.MailDelivery, purvey.MailKeyFollows, purvey.MailFilesUpdated, purvey.MailLoginCode, purvey.MailOwnerWarning, purvey.MailDownloadRequest,
			purvey.MailDownloadsGranted, purvey.MailDownloadsDeclined, purvey.MailTest, purvey.MailPasswordReset, purvey.MailInvitation,
		} {
			for _, locale := range []string{"en", "es", "pt-BR", "de", "fr", "xx", ""} {
				m := delivery()
				m.Kind, m.Locale, m.State = kind, locale, purvey.MessageKept
				m.Data.Code, m.Data.Minutes, m.Data.Subject, m.Data.Body = "123456", 10, "An endpoint fails", "It has failed for three days."
				id := put(t, db, m)
				got, err := s.Message(context.Background(), purvey.Scope{ShopID: "s", Mode: purvey.Live}, id)
				if err != nil {
					t.Fatal(err)
				}
				if got.Subject == "" || got.Text == "" || got.HTML == "" || strings.Contains(got.HTML, "Casa <Núñez>") || strings.ContainsAny(got.Subject, "\r\n{") {
					t.Errorf("%s in %q: subject %q\n%s", kind, locale, got.Subject, got.HTML)
				}
			}
		}
	})
}

// A reply goes where the shop wants it, under the name that it chose; and a
// name or an address cannot put a header into the message.
func TestSenderAndReplies(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		back, url := startServer(t)
		smtpTo, err := mail.NewSMTP(url, "Purvey <purvey@shop.example>")
		if err != nil {
			t.Fatal(err)
		}
		s, err := mail.New(db, smtpTo, quiet())
		if err != nil {
			t.Fatal(err)
		}
		m := delivery()
		m.Data.ShopName, m.Data.FromName, m.Data.ReplyTo, m.Data.Support = "Casa", "Ana of Casa\r\nBcc: evil@example.com", "hola@casa.example", "help@casa.example"
		if err := s.Send(context.Background(), put(t, db, m)); err != nil {
			t.Fatal(err)
		}
		head, body, _ := strings.Cut(back.messages()[0], "\r\n\r\n")
		if !strings.Contains(head, "Reply-To: <hola@casa.example>") || !strings.Contains(head, "Ana of Casa") || strings.Contains(head, "\nBcc:") {
			t.Errorf("%s", head)
		}
		if !strings.Contains(body, "help@casa.example") {
			t.Error("the mail does not say whom to ask")
		}
	})
}

package mail

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"purvey"
)

// SMTP hands messages to one mail server. It opens a connection for each.
type SMTP struct {
	host    string
	options []gomail.Option
	from    mail.Address
}

// Refused is a server's answer to a message, in words without secrets.
type Refused struct {
	Permanent bool // it will not be taken later either
	Code      int  // SMTP code, 0 when the server was not reached
	Text      string
}

func (r *Refused) Error() string { return r.Text }

// smtpTimeout bounds each step of the talk with the server.
const smtpTimeout = 30 * time.Second

// NewSMTP reads smtp://user:pass@host:port (STARTTLS where offered, demanded
// when a password is set), smtps://… (TLS from the start), and the query
// tls=none for a server on the same machine that cannot do better. Errors do
// not repeat the URL.
func NewSMTP(rawURL, from string) (*SMTP, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return nil, errors.New("the SMTP URL must be smtp://user:pass@host:port or smtps://…")
	}
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, errors.New("the sender must be an address such as Shop <shop@example.com>")
	}
	s := &SMTP{host: u.Hostname(), from: *sender}
	port := 587
	if u.Scheme == "smtps" {
		port = 465
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, errors.New("the port of the SMTP URL is not a number")
		}
	}
	policy := gomail.TLSOpportunistic
	password, authenticated := "", u.User != nil
	if authenticated {
		password, _ = u.User.Password()
		policy = gomail.TLSMandatory
	}
	if u.Query().Get("tls") == "none" {
		policy = gomail.NoTLS
	}
	s.options = []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(smtpTimeout)}
	if u.Scheme == "smtps" {
		s.options = append(s.options, gomail.WithSSL())
	} else {
		s.options = append(s.options, gomail.WithTLSPolicy(policy))
	}
	if authenticated {
		s.options = append(s.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	return s, nil
}

// Check opens a connection and closes it.
func (s *SMTP) Check(ctx context.Context) error {
	c, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return err
	}
	if err := c.DialWithContext(ctx); err != nil {
		return refusal(err)
	}
	return c.Close()
}

// Send hands one rendered message over. The error, if any, is a *Refused.
func (s *SMTP) Send(ctx context.Context, m *purvey.Message) error {
	msg := gomail.NewMsg()
	name := m.Data.FromName
	if oneLine(name) == "" {
		name = m.Data.ShopName
	}
	if err := msg.FromFormat(cleanName(name, s.from.Name), s.from.Address); err != nil {
		return &Refused{Permanent: true, Text: "the sender's address was refused"}
	}
	if err := msg.To(m.To); err != nil {
		return &Refused{Permanent: true, Text: "the address cannot be written to"}
	}
	if m.Data.ReplyTo != "" && m.Data.ReplyTo != s.from.Address {
		if err := msg.ReplyTo(m.Data.ReplyTo); err != nil {
			return &Refused{Permanent: true, Text: "the address for replies was refused"}
		}
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID + "@" + domain(s.from.Address))
	msg.SetDateWithValue(m.CreatedAt)
	// Nobody wrote this by hand: who is away need not answer it.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "OOF, AutoReply")
	if to := answers(m.Data); to != "" && m.Kind == purvey.MailFilesUpdated {
		msg.SetGenHeader("List-Unsubscribe", "<mailto:"+to+"?subject="+url.PathEscape("unsubscribe "+oneLine(m.Data.OrderName))+">")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	c, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return &Refused{Text: "the mail server's settings cannot be used"}
	}
	return refusal(c.DialAndSendWithContext(ctx, msg))
}

// answers is where the shop reads mail; "" unknown.
func answers(d purvey.MessageData) string {
	if d.ReplyTo != "" {
		return d.ReplyTo
	}
	return d.Support
}

// refusal tells what a failed talk means.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	var se *gomail.SendError
	if errors.As(err, &se) {
		code := se.ErrorCode()
		return &Refused{Permanent: !se.IsTemp() && code >= 500, Code: code, Text: fmt.Sprintf("the server answered %d: %s", code, oneLine(se.Error()))}
	}
	return &Refused{Text: "the mail server could not be reached: " + oneLine(err.Error())}
}

// cleanName is the display name of the sender: the shop's, without control
// characters.
func cleanName(shop, fallback string) string {
	if n := oneLine(shop); n != "" && n != purvey.DefaultShop {
		return n
	}
	return fallback
}

func domain(address string) string {
	if i := strings.LastIndexByte(address, '@'); i >= 0 {
		return address[i+1:]
	}
	return "localhost"
}

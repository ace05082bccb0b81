package main_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// inbox is a mail server and a receiver of webhooks, which note what they get.
type inbox struct {
	mu     sync.Mutex
	mails  map[string]int            // by address
	events map[string]map[string]int // by type and order: event id → requests
}

func newInbox(t *testing.T) (in *inbox, smtpURL, hookURL string) {
	t.Helper()
	in = &inbox{mails: map[string]int{}, events: map[string]map[string]int{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := smtp.NewServer(in)
	srv.Domain = "localhost"
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = srv.Serve(l)
	}()
	hooks := httptest.NewServer(http.HandlerFunc(in.hook))
	t.Cleanup(func() { hooks.Close(); _ = srv.Close(); <-ended })
	return in, "smtp://" + l.Addr().String() + "?tls=none", hooks.URL
}

// NewSession implements smtp.Backend.
func (in *inbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &talk{in: in}, nil }

// talk is one connection of a sender of mail.
type talk struct{ in *inbox }

func (*talk) Reset()                               {}
func (*talk) Logout() error                        { return nil }
func (*talk) Mail(string, *smtp.MailOptions) error { return nil }
func (*talk) Rcpt(string, *smtp.RcptOptions) error { return nil }

// Data implements smtp.Session.
func (x *talk) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	to, err := m.Header.AddressList("To")
	if err != nil {
		return err
	}
	x.in.mu.Lock()
	defer x.in.mu.Unlock()
	x.in.mails[to[0].Address]++
	return nil
}

func (in *inbox) hook(_ http.ResponseWriter, r *http.Request) {
	var e struct {
		ID, Type string
		Data     struct {
			ID    string
			Order struct{ ID string }
		}
	}
	if json.NewDecoder(r.Body).Decode(&e) != nil {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	key := e.Type + " " + e.Data.ID + e.Data.Order.ID
	if in.events[key] == nil {
		in.events[key] = map[string]int{}
	}
	in.events[key][e.ID]++
}

// seen counts events of a type on an order, and their requests.
func (in *inbox) seen(kind, order string) (events, requests int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, n := range in.events[kind+" "+order] {
		events++
		requests += n
	}
	return events, requests
}

func (in *inbox) mailed(address string) int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.mails[address]
}

// eventually waits until something holds.
func eventually(t *testing.T, patience time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never came about: %s", what)
		}
	}
}

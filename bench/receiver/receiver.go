// Package receiver takes webhooks and verifies the signature of each, as a merchant's own server would.
package receiver

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"purvey/bench/probe"
)

// both is how many deliveries of a side are also verified by the rules of Standard Webhooks.
const both = 200

// Receiver listens on 127.0.0.1.
type Receiver struct {
	server *http.Server
	mux    *http.ServeMux
	origin string
	sides  int
}

// Start listens on a free port.
func Start() (*Receiver, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	r := &Receiver{server: &http.Server{Handler: mux}, mux: mux, origin: "http://" + l.Addr().String()}
	go func() { _ = r.server.Serve(l) }() // ends by Close
	return r, nil
}

// Close drops all connections.
func (r *Receiver) Close() error { return r.server.Shutdown(context.Background()) }

// Side is one sender as the receiver sees it.
type Side struct {
	url string

	mu      sync.Mutex
	secret  string
	count   int64
	bytes   int64
	bad     int64
	reason  string
	last    time.Time
	target  int64
	arrived chan struct{}
}

// Expect opens a path for a sender that signs with secret.
func (r *Receiver) Expect(secret string) *Side {
	r.sides++
	path := "/hook/" + strconv.Itoa(r.sides)
	s := &Side{url: r.origin + path, secret: secret}
	r.mux.Handle("POST "+path, s)
	return s
}

// URL is where the sender sends to.
func (s *Side) URL() string { return s.url }

// SetSecret replaces the secret.
func (s *Side) SetSecret(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secret = secret
}

func (s *Side) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	s.mu.Lock()
	secret, early := s.secret, s.count < both
	s.mu.Unlock()
	if err == nil {
		err = verify(secret, r.Header, body, early)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.bad++
		s.reason = err.Error()
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.count++
	s.bytes += int64(len(body))
	s.last = time.Now()
	if s.arrived != nil && s.count >= s.target {
		close(s.arrived)
		s.arrived = nil
	}
	w.WriteHeader(http.StatusNoContent)
}

// verify checks the vendor's signature and, where asked and sent, that of Standard Webhooks.
func verify(secret string, h http.Header, body []byte, standard bool) error {
	stamp := h.Get("X-Webhook-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("X-Webhook-Timestamp is %q", stamp)
	}
	if age := time.Since(time.Unix(seconds, 0)); age.Abs() > 5*time.Minute {
		return fmt.Errorf("the timestamp is %v off", age)
	}
	if !hmac.Equal([]byte(h.Get("X-Webhook-Signature")), []byte(probe.VendorSignature(secret, stamp, body))) {
		return fmt.Errorf("X-Webhook-Signature does not match")
	}
	sent := h.Get("Webhook-Signature")
	if !standard || sent == "" {
		return nil
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return fmt.Errorf("the secret is not whsec_ and base64: %w", err)
	}
	m := hmac.New(sha256.New, key)
	io.WriteString(m, h.Get("Webhook-Id")+"."+h.Get("Webhook-Timestamp")+".")
	m.Write(body)
	if !hmac.Equal([]byte(sent), []byte("v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))) {
		return fmt.Errorf("webhook-signature does not match")
	}
	return nil
}

// Count is how many deliveries were good so far.
func (s *Side) Count() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Last is when the last good delivery came.
func (s *Side) Last() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// MeanSize is the mean length of the bodies.
func (s *Side) MeanSize() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int(s.bytes / max(1, s.count))
}

// Fault tells of deliveries that were refused, empty when there were none.
func (s *Side) Fault() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bad == 0 {
		return ""
	}
	return fmt.Sprintf("%d deliveries refused: %s", s.bad, s.reason)
}

// After gives a channel that closes when n more good deliveries have come.
func (s *Side) After(n int64) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target = s.count + n
	s.arrived = make(chan struct{})
	return s.arrived
}

// Awaited is how many of those are still to come.
func (s *Side) Awaited() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, s.target-s.count)
}

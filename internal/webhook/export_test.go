package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"
)

// SetWait shortens how long an answer is waited for.
func (s *Service) SetWait(d time.Duration) { s.wait = d }

// Trust has the service take certificates of an authority.
func (s *Service) Trust(pool *x509.CertPool) { s.http.TLSClientConfig = &tls.Config{RootCAs: pool} }

// SetNames has the service look names up elsewhere.
func (s *Service) SetNames(r *net.Resolver) { s.http = newTransport(s.guard, r) }

// RoundTrip posts as the service does, past the check of the URL.
func (s *Service) RoundTrip(req *http.Request) (*http.Response, error) { return s.http.RoundTrip(req) }

// ErrRefused is the error of a refused dial.
var ErrRefused = errRefused

// CheckURL tells why an address is refused when it is stored.
func (s *Service) CheckURL(text string) string { return s.guard.checkURL(text) }

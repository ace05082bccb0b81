package main

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"purvey/internal/httpjson"
)

const (
	// checkTimeout bounds one look at a part of the system.
	checkTimeout = 5 * time.Second
	// checkEvery is how long an answer of readiness is good for: whoever asks
	// more often must not make work for the storage.
	checkEvery = 2 * time.Second
)

// part is something a server cannot work without.
type part struct {
	name  string
	check func(context.Context) error
}

// readiness tells whether the parts answer.
type readiness struct {
	parts []part
	log   *slog.Logger

	mu     sync.Mutex
	at     time.Time
	status int
	body   map[string]string
}

// register adds the two calls by which a supervisor looks after the process.
func (h *readiness) register(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		httpjson.Write(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		status, body := h.look(context.WithoutCancel(r.Context()))
		w.Header().Set("Cache-Control", "no-store")
		httpjson.Write(w, status, body)
	})
}

// look asks every part, or gives the last answer while it is fresh.
func (h *readiness) look(ctx context.Context) (int, map[string]string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.at.IsZero() && time.Since(h.at) < checkEvery {
		return h.status, h.body
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	h.status, h.body = http.StatusOK, map[string]string{"status": "ready"}
	for _, p := range h.parts {
		h.body[p.name] = "ok"
		if err := p.check(ctx); err != nil {
			h.log.ErrorContext(ctx, "not ready", "part", p.name, "error", err)
			h.status, h.body["status"], h.body[p.name] = http.StatusServiceUnavailable, "not ready", "fails"
		}
	}
	h.at = time.Now()
	return h.status, h.body
}

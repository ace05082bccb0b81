// Package peer starts and fills the servers that are compared: Purvey itself, PocketBase, nginx and PostgreSQL. Each
// start function makes a fresh server in a folder of its own on 127.0.0.1, and returns ErrAbsent (wrapped, saying what
// to install) where the program is not on this machine.
package peer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// ErrAbsent marks a peer that is not installed.
var ErrAbsent = errors.New("not installed")

// lookup finds a program on PATH or in one of the folders that pattern matches, the last of them first.
func lookup(name, pattern string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	found, _ := filepath.Glob(filepath.Join(pattern, name))
	slices.Sort(found)
	for _, p := range slices.Backward(found) {
		if info, err := os.Stat(p); err == nil && info.Mode()&0o111 != 0 {
			return p, nil
		}
	}
	return "", fmt.Errorf("%s is %w", name, ErrAbsent)
}

// client speaks JSON to one server.
type client struct {
	origin string
	auth   string // value of the Authorization header
}

// statusError is an answer outside 2xx.
type statusError struct {
	call   string
	Status int
	body   string
}

func (e *statusError) Error() string { return fmt.Sprintf("%s: %d %s", e.call, e.Status, e.body) }

// Refused reports whether err is an answer with one of the statuses.
func Refused(err error, status ...int) bool {
	var s *statusError
	return errors.As(err, &s) && slices.Contains(status, s.Status)
}

// json sends body (nil: none) and decodes the answer into into (nil: thrown away).
func (c client) json(ctx context.Context, method, path string, body, into any) error {
	var send io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		send = bytes.NewReader(text)
	}
	h := http.Header{}
	if body != nil {
		h.Set("Content-Type", "application/json")
	}
	_, text, err := c.raw(ctx, method, path, h, send)
	if err != nil || into == nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func (c client) raw(ctx context.Context, method, path string, h http.Header, body io.Reader) (http.Header, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.origin+path, body)
	if err != nil {
		return nil, nil, err
	}
	r.Header = h
	if c.auth != "" {
		r.Header.Set("Authorization", c.auth)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, nil, err
	}
	if answer.StatusCode/100 != 2 {
		return nil, nil, &statusError{method + " " + path, answer.StatusCode, string(text[:min(len(text), 300)])}
	}
	return answer.Header, text, nil
}

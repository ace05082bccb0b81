// Package jwt signs and reads JSON Web Tokens (RFC 7519) of one kind: signed
// with HMAC-SHA256 under a key that both sides have. Every other algorithm,
// "none" before all, is refused.
package jwt

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// MaxSize is the longest token that is read, in bytes.
const MaxSize = 8 << 10

// ErrInvalid is the error of a text that is no token of the key.
var ErrInvalid = errors.New("the token is not valid")

// header is that of every token made here.
const header = `{"alg":"HS256","typ":"JWT"}`

// Sign makes a token of the claims.
func Sign(key []byte, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := encode([]byte(header)) + "." + encode(payload)
	return text + "." + encode(sum(key, text)), nil
}

// Verify reads the claims of a token signed with the key into claims, a
// pointer. Times are left to the caller. An empty key verifies nothing.
func Verify(key []byte, token string, claims any) error {
	if len(key) == 0 || len(token) > MaxSize {
		return ErrInvalid
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ErrInvalid
	}
	var head struct {
		Alg  string   `json:"alg"`
		Crit []string `json:"crit"`
	}
	if err := decode(parts[0], &head); err != nil || head.Alg != "HS256" || len(head.Crit) > 0 {
		return ErrInvalid
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || !hmac.Equal(mac, sum(key, parts[0]+"."+parts[1])) {
		return ErrInvalid
	}
	return decode(parts[1], claims)
}

// Peek reads the claims of a token that nobody has verified, for callers that
// must know from them which key to ask for.
func Peek(token string, claims any) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > MaxSize {
		return ErrInvalid
	}
	return decode(parts[1], claims)
}

func decode(part string, v any) error {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil || !utf8.Valid(raw) {
		return ErrInvalid
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if dec.Decode(v) != nil || dec.More() {
		return ErrInvalid
	}
	return nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func sum(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

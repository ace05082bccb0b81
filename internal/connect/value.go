package connect

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"purvey"
)

// text is a value that stores write as a string or as a number; null is "".
// It holds no zero byte, which no column takes.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	switch {
	case bytes.Equal(b, []byte("null")):
		*t = ""
	case len(b) > 0 && b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = text(strings.ReplaceAll(s, "\x00", ""))
	case len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9'):
		*t = text(b)
	default:
		*t = "" // an object or a truth value where none is expected
	}
	return nil
}

func (t text) String() string { return strings.TrimSpace(string(t)) }

// amount reads a decimal number in the smallest unit of a currency; what is
// none is 0.
func (t text) amount(currency text) int64 {
	n, _ := purvey.ParseAmount(t.String(), currency.code())
	return n
}

// code is a currency in capitals.
func (t text) code() string { return strings.ToUpper(t.String()) }

// keysOf lists the keys of a line, without empty ones and zeros. Too long ones
// can have no mapping.
func keysOf(values ...text) []string {
	var out []string
	for _, v := range values {
		if k := v.String(); k != "" && k != "0" && len(k) <= purvey.MaxExternalKey {
			out = append(out, k)
		}
	}
	return out
}

// each is the price of one of n units that cost so much together, rounded.
func each(total int64, n int) int64 {
	if n < 1 {
		return total
	}
	return (total + int64(n)/2) / int64(n)
}

// clipped keeps a text within what an order takes.
func clipped(s string) string {
	const most = 255
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// instant reads a store's time; one without a zone is UTC. The zero time
// stands for none.
func instant(s text) time.Time {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(form, s.String()); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// decode reads a body that was kept.
func decode(body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return purvey.Errorf(purvey.Invalid, "the body is not what this store sends")
	}
	return nil
}

// parts are the members of an object, unread.
func parts(body []byte) (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	err := decode(body, &m)
	return m, err
}

// sum is the HMAC-SHA256 of a body.
func sum(secret string, pieces ...[]byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	for _, p := range pieces {
		h.Write(p)
	}
	return h.Sum(nil)
}

// signedBase64 tells whether signature is the base64 of the body's HMAC.
func signedBase64(secret, signature string, body []byte) bool {
	got, err := base64.StdEncoding.DecodeString(signature)
	return err == nil && hmac.Equal(got, sum(secret, body))
}

// signedHex tells whether signature is the hex of the pieces' HMAC.
func signedHex(secret, signature string, pieces ...[]byte) bool {
	got, err := hex.DecodeString(signature)
	return err == nil && hmac.Equal(got, sum(secret, pieces...))
}

// unix reads seconds of the Unix epoch; 0 is the zero time.
func unix(seconds int64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

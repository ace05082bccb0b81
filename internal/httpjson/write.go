package httpjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// Write answers with v as JSON in one piece, with its length. The characters
// <, > and & stand as they are: the answer is no part of an HTML page. It
// panics when v cannot be encoded, which no request can bring about. An error
// of the connection is left to the server, which sees it itself.
func Write(w http.ResponseWriter, status int, v any) {
	body := Encode(v)
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// Appender is a value that writes its own JSON, for answers so long that
// finding out what they are made of takes longer than writing them.
type Appender interface {
	// AppendJSON appends the value, as Encode would give it, to b.
	AppendJSON(b []byte) []byte
}

// Encode gives the bytes that Write would send. JSON that is ready, a
// json.RawMessage, stays as it is.
func Encode(v any) []byte {
	switch v := v.(type) {
	case Appender:
		return v.AppendJSON(nil)
	case json.RawMessage:
		if len(v) > 0 {
			return v
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("httpjson: %T cannot be encoded: %v", v, err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// AppendString appends a text as a JSON string.
func AppendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(b, Encode(s)...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

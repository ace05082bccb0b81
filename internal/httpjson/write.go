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

// Encode gives the bytes that Write would send.
func Encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("httpjson: %T cannot be encoded: %v", v, err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

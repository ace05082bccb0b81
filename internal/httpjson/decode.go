// Package httpjson reads JSON request bodies and writes JSON answers.
//
// Reading is strict about what a client can get wrong without noticing: the
// media type, the size, the type of every field, what stands after the value.
// It is lenient where clients differ with good reason: fields that the server
// does not know are ignored, and of a field that stands twice the last one
// counts. Every refusal is a *purvey.Error fit to be shown; the surfaces turn
// it into their own error shape.
package httpjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"purvey"
)

// Decode reads the body of r, at most max bytes, into v, a pointer. The errors
// are purvey.Unsupported (not application/json), purvey.TooLarge and
// purvey.Invalid (no body, not JSON, or a value of the wrong type, which is
// named by its path). After an error v may be partly filled.
func Decode(r *http.Request, v any, max int64) error {
	body, err := read(r, max)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return purvey.Errorf(purvey.Invalid, "the body must be JSON, and is empty")
	}
	return Parse(body, v)
}

// DecodeOptional is Decode for requests whose fields are all optional: an
// empty body, of whatever media type, leaves v as it is, as {} would.
func DecodeOptional(r *http.Request, v any, max int64) error {
	body, err := read(r, max)
	if err != nil || len(body) == 0 {
		return err
	}
	return Parse(body, v)
}

// Parse is Decode for a body that has been read, for callers that need the raw
// bytes too, say to check a signature.
func Parse(body []byte, v any) error {
	if !utf8.Valid(body) {
		return purvey.Errorf(purvey.Invalid, "the body is not UTF-8 text")
	}
	err := json.Unmarshal(body, v)
	if err == nil {
		// null leaves a struct untouched, so that every field would look absent.
		if k := reflect.Indirect(reflect.ValueOf(v)).Kind(); k == reflect.Struct && string(bytes.TrimSpace(body)) == "null" {
			return purvey.Errorf(purvey.Invalid, "the body must be an object, and is null")
		}
		return nil
	}
	var (
		own      *purvey.Error
		syntax   *json.SyntaxError
		mismatch *json.UnmarshalTypeError
	)
	switch {
	case errors.As(err, &own): // from a type's own UnmarshalJSON
		return own
	case errors.As(err, &syntax):
		return purvey.Errorf(purvey.Invalid, "the body is not valid JSON, at byte %d", syntax.Offset)
	case errors.As(err, &mismatch):
		must := "must be " + words(mismatch)
		if path := pathAt(body, mismatch.Offset); path != "" {
			return purvey.BadField(path, "%s", must)
		}
		return purvey.Errorf(purvey.Invalid, "the body %s", must)
	default:
		return &purvey.Error{Kind: purvey.Invalid, Detail: "the body holds a value of the wrong form", Cause: err}
	}
}

// read gives the body, which is empty or JSON of at most max bytes.
func read(r *http.Request, max int64) ([]byte, error) {
	tooLarge := purvey.Errorf(purvey.TooLarge, "the body must be at most %d bytes", max)
	if r.ContentLength > max {
		return nil, tooLarge
	}
	if r.Body == nil || r.ContentLength == 0 {
		return nil, nil
	}
	var buf bytes.Buffer
	if r.ContentLength > 0 {
		buf.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(io.LimitReader(r.Body, max+1))
	var limit *http.MaxBytesError
	switch {
	case errors.As(err, &limit):
		return nil, purvey.Errorf(purvey.TooLarge, "the body must be at most %d bytes", limit.Limit)
	case err != nil:
		return nil, &purvey.Error{Kind: purvey.Invalid, Detail: "the body ended early", Cause: err}
	case int64(buf.Len()) > max:
		return nil, tooLarge
	case buf.Len() > 0 && !isJSON(r.Header.Get("Content-Type")):
		return nil, purvey.Errorf(purvey.Unsupported, "the Content-Type must be application/json")
	}
	return buf.Bytes(), nil
}

// isJSON takes application/json and the types with the suffix +json, in UTF-8.
func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
		return false
	}
	return kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")
}

// words says what the target of a mismatch takes.
func words(m *json.UnmarshalTypeError) string {
	switch m.Type.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if digits, ok := strings.CutPrefix(m.Value, "number "); ok && strings.Trim(digits, "-0123456789") == "" {
			return "a whole number in range"
		}
		return "a whole number"
	case reflect.Slice, reflect.Array:
		if m.Type.Elem().Kind() == reflect.Uint8 {
			return "a string"
		}
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	default:
		return "of another type"
	}
}

// pathAt names the value of body that ends at or encloses the byte offset, as
// lines[0].quantity. It is empty for the whole body.
func pathAt(body []byte, offset int64) string {
	type level struct {
		key   string
		index int // of the current element, in an array
		array bool
		value bool // the next token is a value, not a key
	}
	var stack []level
	name := func() string {
		var b strings.Builder
		for _, l := range stack {
			switch {
			case l.array:
				fmt.Fprintf(&b, "[%d]", l.index)
			case l.key != "" && b.Len() > 0:
				b.WriteString("." + l.key)
			default:
				b.WriteString(l.key)
			}
		}
		return b.String()
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	for {
		token, err := dec.Token()
		if err != nil {
			return ""
		}
		top := len(stack) - 1
		if token == json.Delim('}') || token == json.Delim(']') {
			stack = stack[:top]
			continue
		}
		if top >= 0 && !stack[top].array && !stack[top].value {
			stack[top].key, stack[top].value = token.(string), true
			continue
		}
		if top >= 0 {
			stack[top].value = false
			if stack[top].array {
				stack[top].index++
			}
		}
		if dec.InputOffset() >= offset {
			return name()
		}
		switch token {
		case json.Delim('{'):
			stack = append(stack, level{})
		case json.Delim('['):
			stack = append(stack, level{array: true, index: -1})
		}
	}
}

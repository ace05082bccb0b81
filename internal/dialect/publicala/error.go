package publicala

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"purvey"
	"purvey/internal/httpjson"
)

// statusOf has the status of every kind of error. A conflict is 422 like every
// other refusal of what was asked: the wire knows no 409.
var statusOf = map[purvey.Kind]int{
	purvey.Invalid:         http.StatusUnprocessableEntity,
	purvey.Unauthenticated: http.StatusUnauthorized,
	purvey.Denied:          http.StatusForbidden,
	purvey.NotFound:        http.StatusNotFound,
	purvey.Gone:            http.StatusNotFound,
	purvey.Conflict:        http.StatusUnprocessableEntity,
	purvey.TooLarge:        http.StatusRequestEntityTooLarge,
	purvey.Unsupported:     http.StatusUnsupportedMediaType,
	purvey.Limited:         http.StatusTooManyRequests,
	purvey.Unavailable:     http.StatusServiceUnavailable,
	purvey.NoSpace:         http.StatusInsufficientStorage,
}

// errBody marks a body that could not be read as JSON: 400, where what it says
// is refused with 422.
type errBody struct{ error }

func (e errBody) Unwrap() error { return e.error }

// errItem marks a refusal that names the product's own fields, for the item
// of the request that was to make it.
type errItem struct {
	error
	item int
}

func (e errItem) Unwrap() error { return e.error }

// respond answers an error. Of one that is not the domain's the client hears
// nothing and the log everything. Serves PUB-18.
func (a *api) respond(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the client has gone
	}
	e, status := plain(err)
	if status >= http.StatusInternalServerError {
		a.Log.ErrorContext(r.Context(), "a call failed", "method", r.Method, "route", r.Pattern, "error", err)
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	writeError(w, r, status, e)
}

// plain gives what a client may know of an error, and its status.
func plain(err error) (*purvey.Error, int) {
	var e *purvey.Error
	var kind purvey.Kind
	if !errors.As(err, &e) && errors.As(err, &kind) {
		e = &purvey.Error{Kind: kind}
	}
	if e == nil {
		return &purvey.Error{Detail: "something went wrong here"}, http.StatusInternalServerError
	}
	status, known := statusOf[e.Kind]
	if !known {
		status = http.StatusInternalServerError
	}
	var body errBody
	if errors.As(err, &body) && e.Kind == purvey.Invalid && len(e.Fields) == 0 {
		status = http.StatusBadRequest
	}
	var item errItem
	if errors.As(err, &item) {
		e = item.named(e)
	}
	return e, status
}

// named moves the fields of an error into the item of the request.
func (e errItem) named(of *purvey.Error) *purvey.Error {
	out := *of
	out.Fields = nil
	prefix := "products." + strconv.Itoa(e.item) + "."
	for _, f := range of.Fields {
		name := f.Name
		switch name {
		case "external_id":
			name = "id"
		case "price_cents":
			name = "unit_price"
		}
		out.Fields = append(out.Fields, purvey.Field{Name: prefix + name, Message: f.Message})
	}
	if len(out.Fields) == 0 {
		out.Fields = []purvey.Field{{Name: prefix + "id", Message: of.Detail}}
	}
	return &out
}

// refusal is the body of every error of v1.
type refusal struct {
	Status  int      `json:"status"`
	Errors  []reason `json:"errors"`
	Message string   `json:"message,omitempty"`
}

type reason struct {
	Title   string   `json:"title"`
	Details []string `json:"details"`
}

func writeError(w http.ResponseWriter, r *http.Request, status int, e *purvey.Error) {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		writeErrorV3(w, status, e)
		return
	}
	out := refusal{Status: status}
	for _, f := range e.Fields {
		out.Errors = append(out.Errors, reasonOf(f, r.Method))
	}
	if len(e.Fields) == 0 {
		detail := e.Detail
		if detail == "" {
			detail = string(e.Kind)
		}
		out.Errors = []reason{{Title: titleOf(status), Details: []string{sentence(detail)}}}
	}
	if status == http.StatusUnauthorized {
		out.Message = unauthenticated
	}
	httpjson.Write(w, status, out)
}

const unauthenticated = "Unauthenticated."

// refusalV3 is the body of every error of v3.
type refusalV3 struct {
	Message string              `json:"message"`
	Errors  map[string][]string `json:"errors,omitempty"`
}

func writeErrorV3(w http.ResponseWriter, status int, e *purvey.Error) {
	httpjson.Write(w, status, refusalOf(status, e))
}

func refusalOf(status int, e *purvey.Error) refusalV3 {
	out := refusalV3{Message: sentence(e.Detail)}
	switch {
	case status == http.StatusUnauthorized:
		out.Message = unauthenticated
	case status == http.StatusNotFound:
		out.Message = "Not found."
	case e.Detail == "":
		out.Message = sentence(string(e.Kind))
	}
	for _, f := range e.Fields {
		if out.Errors == nil {
			out.Errors = map[string][]string{}
		}
		out.Errors[f.Name] = append(out.Errors[f.Name], told(f))
	}
	return out
}

// titleOf names an error that is not about one field.
func titleOf(status int) string {
	switch status {
	case http.StatusUnprocessableEntity:
		return "Unprocessable request"
	case http.StatusBadRequest:
		return "Incorrect JSON"
	case http.StatusInsufficientStorage:
		return "Insufficient storage"
	default:
		return http.StatusText(status)
	}
}

var indexes = regexp.MustCompile(`\.\d+\.`)

// reasonOf tells of one refused field. Two titles are the vendor's own, with
// the sentence it has for them.
func reasonOf(f purvey.Field, method string) reason {
	detail := told(f)
	failed := "Creation of the order"
	switch method {
	case http.MethodPut:
		failed = "Update"
	case http.MethodDelete:
		failed = "Cancellation"
	}
	plain := strings.Replace(indexes.ReplaceAllString(f.Name, "."), "products.", "product.", 1)
	words := strings.NewReplacer("_", " ", ".", " ").Replace(plain)
	switch {
	case f.Name == "user.id":
		return reason{"Incorrect User ID", []string{failed + " failed due to incorrect user id", detail}}
	case strings.HasSuffix(f.Name, "expiration_date"):
		return reason{"Incorrect expiration date format", []string{failed + " failed due to incorrect expiration date format", detail}}
	}
	return reason{"Incorrect " + words, []string{detail}}
}

// told is a sentence that begins with the path of the field.
func told(f purvey.Field) string { return f.Name + " " + strings.TrimSuffix(f.Message, ".") + "." }

// sentence begins a message with a capital, unless it begins with the name of
// a field, and ends it with a full stop.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	word, _, _ := strings.Cut(s, " ")
	if !strings.ContainsAny(word, "_.") && first != utf8.RuneError {
		s = string(unicode.ToUpper(first)) + s[size:]
	}
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

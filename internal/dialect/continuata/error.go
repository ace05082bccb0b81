package continuata

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"purvey"
	"purvey/internal/httpjson"
)

// row is how a kind of error is answered, and in what words when it has none
// of its own.
type row struct {
	status  int
	message string
}

// byKind has a row for every kind.
var byKind = map[purvey.Kind]row{
	purvey.Invalid:         {http.StatusBadRequest, "The request is malformed"},
	purvey.Unauthenticated: {http.StatusUnauthorized, "Not authorized"},
	purvey.Denied:          {http.StatusForbidden, "Forbidden"},
	purvey.NotFound:        {http.StatusNotFound, "Not found"},
	purvey.Gone:            {http.StatusNotFound, "Not found"},
	purvey.Conflict:        {http.StatusConflict, "Conflict"},
	purvey.TooLarge:        {http.StatusRequestEntityTooLarge, "The request is too large"},
	purvey.Unsupported:     {http.StatusUnsupportedMediaType, "The body must be application/json"},
	purvey.Limited:         {http.StatusTooManyRequests, "Rate limit exceeded"},
	purvey.Unavailable:     {http.StatusServiceUnavailable, "Try again later"},
	purvey.NoSpace:         {http.StatusInsufficientStorage, "The storage is full"},
}

// vendorsWords tells the kinds that are always answered in the vendor's words.
func vendorsWords(k purvey.Kind) bool { return k == purvey.Unauthenticated || k == purvey.Limited }

// respond answers an error. Of one that is not the domain's the client hears
// nothing and the log everything.
func (a *api) respond(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the client has gone
	}
	var e *purvey.Error
	var kind purvey.Kind
	if !errors.As(err, &e) && errors.As(err, &kind) {
		e = &purvey.Error{Kind: kind}
	}
	to, known := row{http.StatusInternalServerError, "Something went wrong here"}, false
	if e != nil {
		if to, known = byKind[e.Kind]; !known {
			to = row{http.StatusInternalServerError, "Something went wrong here"}
		}
	}
	if to.status >= http.StatusInternalServerError {
		a.Log.ErrorContext(r.Context(), "a call failed", "method", r.Method, "route", r.Pattern, "error", err)
	}
	if to.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if known && e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	if known && e.Detail != "" && !vendorsWords(e.Kind) {
		to.message = e.Detail
	}
	writeError(w, to.status, to.message)
}

// refusal is the body of every error.
type refusal struct {
	Error string `json:"error"`
}

func writeError(w http.ResponseWriter, status int, message string) {
	httpjson.Write(w, status, refusal{message})
}

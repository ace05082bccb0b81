package continuata

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"purvey"
)

// Every kind of error has a status, and no inner error's text gets out.
func TestEveryKindIsAnswered(t *testing.T) {
	t.Parallel()
	a := &api{Backend{Log: slog.New(slog.DiscardHandler)}}
	answer := func(err error) (int, string) {
		rec := httptest.NewRecorder()
		a.respond(rec, httptest.NewRequest("GET", "/api/x", nil), err)
		return rec.Code, strings.TrimSpace(rec.Body.String())
	}
	for kind, status := range map[purvey.Kind]int{
		purvey.Invalid: 400, purvey.Unauthenticated: 401, purvey.Denied: 403, purvey.NotFound: 404, purvey.Gone: 404, purvey.Conflict: 409,
		purvey.TooLarge: 413, purvey.Unsupported: 415, purvey.Limited: 429, purvey.Unavailable: 503, purvey.NoSpace: 507,
	} {
		if _, ok := byKind[kind]; !ok {
			t.Errorf("%s has no row", kind)
		}
		for _, err := range []error{kind, &purvey.Error{Kind: kind, Cause: errors.New("secret")}} {
			if got, body := answer(err); got != status || body == `{"error":""}` || strings.Contains(body, "secret") {
				t.Errorf("%s: %d %s", kind, got, body)
			}
		}
	}
	for _, err := range []error{errors.New("secret"), purvey.Kind("new"), &purvey.Error{Kind: "new", Detail: "x"}} {
		if got, body := answer(err); got != 500 || body != `{"error":"Something went wrong here"}` {
			t.Errorf("%v: %d %s", err, got, body)
		}
	}
	if got, body := answer(purvey.Errorf(purvey.Conflict, "taken")); got != 409 || body != `{"error":"taken"}` {
		t.Errorf("%d %s", got, body)
	}
}

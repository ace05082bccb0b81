package hlconnect

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/middleware"
	"purvey/internal/order"
)

// Backend is what this dialect needs of the domain.
type Backend struct {
	Auth   *auth.Service
	Orders *order.Service

	// DownloadURL and ViewURL make addresses for a line's goods that need no
	// login, last so long, and open nothing once the line is canceled. "" says
	// that the goods are of no kind that can be had so.
	DownloadURL func(ctx context.Context, r purvey.Right, life time.Duration) (string, error)
	ViewURL     func(ctx context.Context, r purvey.Right, life time.Duration) (string, error)

	Health []Component
	Log    *slog.Logger // takes the errors that clients are told nothing of; nil is slog.Default()
}

// Component is a part of the server whose health is told.
type Component struct {
	Name  string
	Check func(ctx context.Context) error
}

// dialect names this one for budgets of requests.
const dialect = "hlconnect"

// environmentHeader tells LIVE or SANDBOX on every answer to a known caller.
const environmentHeader = "X-Environment"

// Register puts the API on the mux.
func Register(mux *http.ServeMux, b Backend) {
	if b.Log == nil {
		b.Log = slog.Default()
	}
	a := &api{b}
	guard := middleware.Guard(b.Log, a.respond)
	allowed := map[string][]string{}
	for _, rt := range a.routes() {
		method, path, _ := strings.Cut(rt.pattern, " ")
		allowed[path] = append(allowed[path], method)
		mux.Handle(rt.pattern, guard(rt.handler))
	}
	for path, methods := range allowed {
		mux.Handle(path, guard(refuseMethod(methods)))
	}
	for _, prefix := range []string{"/purchase/", "/assets/"} {
		mux.Handle(prefix, guard(a.checked(func(http.ResponseWriter, *request) error {
			return purvey.Errorf(purvey.NotFound, "There is no such call.")
		})))
	}
}

// api holds the handlers.
type api struct{ Backend }

// route is one call.
type route struct {
	pattern string
	handler http.Handler
}

func (a *api) routes() []route {
	return []route{
		{"POST /purchase/validate-purchase-before-payment", a.checked(a.validate)},
		{"POST /purchase/register", a.checked(a.register)},
		{"GET /purchase/info", a.checked(a.info)},
		{"GET /purchase/download-url", a.checked(a.downloadURL)},
		{"GET /purchase/view-url", a.checked(a.viewURL)},
		{"DELETE /purchase/cancel", a.checked(a.cancel)},
		{"GET /assets/list", a.checked(a.assets)},
		{"GET /health", http.HandlerFunc(a.health)},
	}
}

// request is a call whose caller is known.
type request struct {
	*http.Request
	caller purvey.Caller
}

func (r *request) scope() purvey.Scope { return r.caller.Scope }

// handler answers a call. An error it gives must come before it has written
// anything.
type handler func(w http.ResponseWriter, r *request) error

// checked does what comes before every handler: 401, 403, 429.
func (a *api) checked(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx := req.Context()
		caller, err := a.Auth.Authenticate(ctx, auth.Bearer(req.Header.Get("Authorization")))
		if err == nil {
			w.Header().Set(environmentHeader, strings.ToUpper(string(caller.Mode)))
			_, err = a.Auth.Limit(ctx, caller, dialect)
		}
		if err == nil {
			req = middleware.ActingAs(req, purvey.Actor{Type: purvey.ActorToken, ID: caller.TokenID, Name: caller.Name})
			err = h(w, &request{Request: req, caller: caller})
		}
		if err != nil {
			a.respond(w, req, err)
		}
	})
}

// refuseMethod answers a method that a path does not take.
func refuseMethod(methods []string) http.Handler {
	allow := strings.Join(methods, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", allow)
		writeError(w, http.StatusMethodNotAllowed, 0, "This path takes "+allow+".")
	})
}

package continuata

import (
	"log/slog"
	"net/http"
	"strings"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/catalog"
	"purvey/internal/delivery"
	"purvey/internal/middleware"
	"purvey/internal/order"
)

// Backend is what this dialect needs of the domain.
type Backend struct {
	Auth     *auth.Service
	Catalog  *catalog.Service
	Orders   *order.Service
	Delivery *delivery.Service
	Log      *slog.Logger // takes the errors that clients are told nothing of; nil is slog.Default()
}

// dialect names this one for budgets of requests.
const dialect = "continuata"

// maxBody bounds a request's body, in bytes.
const maxBody = 256 << 10

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
		mux.Handle(rt.pattern, guard(a.checked(rt.role, rt.handler)))
	}
	for path, methods := range allowed {
		mux.Handle(path, guard(refuseMethod(methods)))
	}
	mux.Handle("/api/", guard(a.checked(anyRole, func(http.ResponseWriter, *request) error {
		return purvey.Errorf(purvey.NotFound, "Not found")
	})))
}

// api holds the handlers.
type api struct{ Backend }

// route is one call.
type route struct {
	pattern string
	role    access
	handler handler
}

// access says who may make a call.
type access int

const (
	anyRole access = iota
	adminOnly
)

func (a *api) routes() []route {
	return []route{
		{"POST /api/generate-download-url", adminOnly, a.mint},
		{"GET /api/purchases", anyRole, a.purchases},
		{"GET /api/reports/downloads", adminOnly, a.report},
		{"GET /api/products", anyRole, a.products},
		{"POST /api/products", anyRole, a.createProduct},
		{"PUT /api/products/{productId}", anyRole, a.updateProduct},
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

// checked does what comes before every handler, in this order: 401, 429, 403.
func (a *api) checked(role access, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx := req.Context()
		caller, err := a.Auth.Authenticate(ctx, auth.Bearer(req.Header.Get("Authorization")))
		if err == nil {
			_, err = a.Auth.Limit(ctx, caller, dialect)
		}
		if err == nil && role == adminOnly && caller.Role != purvey.Admin {
			err = purvey.Because(purvey.Denied, purvey.ReasonRole, "This needs the key of an admin")
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
		writeError(w, http.StatusMethodNotAllowed, "This path takes "+allow)
	})
}

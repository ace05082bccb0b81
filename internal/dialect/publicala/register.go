package publicala

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/catalog"
	"purvey/internal/checkout"
	"purvey/internal/middleware"
	"purvey/internal/order"
	"purvey/internal/shop"
)

// Backend is what this dialect needs of the domain.
type Backend struct {
	Auth     *auth.Service
	Shops    *shop.Service
	Catalog  *catalog.Service
	Orders   *order.Service
	Checkout *checkout.Service

	// ReaderURL makes an address at which a line's goods are read without a
	// login, for so long; "" for goods that cannot be read so.
	ReaderURL func(ctx context.Context, r purvey.Right, life time.Duration) (string, error)

	Log *slog.Logger // takes the errors that clients are told nothing of; nil is slog.Default()
}

// dialect names this one for budgets of requests.
const dialect = "publicala"

// The two generations of the API.
const (
	v1Path = "/integration-api/v1/orders"
	v3Path = "/api/v3/orders"
)

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
		mux.Handle(rt.pattern, guard(a.checked(rt.handler)))
	}
	delete(allowed, v3Path+"/bulk") // for other methods an id like any other
	for path, methods := range allowed {
		mux.Handle(path, guard(refuseMethod(methods)))
	}
	for _, rest := range []string{"/integration-api/", "/api/v3/"} {
		mux.Handle(rest, guard(a.checked(func(http.ResponseWriter, *request) error {
			return purvey.Errorf(purvey.NotFound, "there is no such call")
		})))
	}
}

// api holds the handlers.
type api struct{ Backend }

// route is one call.
type route struct {
	pattern string
	handler handler
}

func (a *api) routes() []route {
	return []route{
		{"POST " + v1Path, a.create},
		{"GET " + v1Path, a.list},
		{"GET " + v1Path + "/{id...}", a.get},
		{"PUT " + v1Path + "/{id...}", a.update},
		{"DELETE " + v1Path + "/{id...}", a.cancel},
		{"POST " + v3Path, a.createV3},
		{"POST " + v3Path + "/bulk", a.bulk},
		{"GET " + v3Path, a.listV3},
		{"GET " + v3Path + "/{id...}", a.getV3},
		{"PUT " + v3Path + "/{id...}", a.updateV3},
		{"DELETE " + v3Path + "/{id...}", a.cancelV3},
	}
}

// request is a call whose caller is known.
type request struct {
	*http.Request
	caller purvey.Caller
}

func (r *request) scope() purvey.Scope { return r.caller.Scope }

// zone is the time zone of the caller's shop.
func (r *request) zone() *time.Location {
	zone, err := time.LoadLocation(r.caller.Shop.Settings.Shop.Timezone)
	if err != nil {
		return time.UTC // settings are checked; this is for a zone that has gone since
	}
	return zone
}

// handler answers a call. An error it gives must come before it has written
// anything.
type handler func(w http.ResponseWriter, r *request) error

// checked does what comes before every handler: 401, 403, 429. Serves PUB-01,
// PUB-33.
func (a *api) checked(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Cache-Control", "no-store") // answers hold links that open a checkout
		caller, err := a.authenticate(req)
		if err == nil {
			err = a.limit(w, req, caller)
		}
		if err == nil {
			err = checkText(req)
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

// authenticate gives the caller of the header's token. At the host of a shop
// only that shop's tokens are good.
func (a *api) authenticate(req *http.Request) (purvey.Caller, error) {
	caller, err := a.Auth.Authenticate(req.Context(), strings.TrimSpace(req.Header.Get("X-User-Token")))
	if err != nil {
		return caller, err
	}
	own, err := a.Shops.ByHost(req.Context(), req.Host)
	switch {
	case errors.Is(err, purvey.NotFound):
		return caller, nil
	case err == nil && own.ID != caller.ShopID:
		err = purvey.Errorf(purvey.Unauthenticated, "a valid API token of this store is required")
	}
	return caller, err
}

// limit counts the request and tells of the budget.
func (a *api) limit(w http.ResponseWriter, req *http.Request, caller purvey.Caller) error {
	rate, err := a.Auth.Limit(req.Context(), caller, dialect)
	if rate.Limited() {
		h := w.Header()
		h.Set("X-RateLimit-Limit", strconv.Itoa(rate.Limit))
		h.Set("X-RateLimit-Remaining", strconv.Itoa(rate.Remaining))
		h.Set("X-RateLimit-Reset", strconv.FormatInt(rate.Reset.Add(time.Second-1).Unix(), 10))
	}
	return err
}

// checkText refuses texts that no column holds.
func checkText(req *http.Request) error {
	good := func(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
	if !good(req.URL.Path) {
		return purvey.Missing("order")
	}
	for name, values := range req.URL.Query() {
		for _, v := range values {
			if good(name) && !good(v) {
				return purvey.BadField(name, "must be UTF-8 text without zero bytes")
			}
		}
	}
	return nil
}

// refuseMethod answers a method that a path does not take.
func refuseMethod(methods []string) http.Handler {
	allow := strings.Join(methods, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		writeError(w, r, http.StatusMethodNotAllowed, &purvey.Error{Detail: "this path takes " + allow})
	})
}

package bigdd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/catalog"
	"purvey/internal/checkout"
	"purvey/internal/delivery"
	"purvey/internal/httpjson"
	"purvey/internal/idempotency"
	"purvey/internal/license"
	"purvey/internal/mail"
	"purvey/internal/middleware"
	"purvey/internal/order"
	"purvey/internal/overview"
	"purvey/internal/report"
	"purvey/internal/shop"
	"purvey/internal/webhook"
)

// Backend is what this dialect needs of the domain.
type Backend struct {
	Auth        *auth.Service
	Shops       *shop.Service
	Idempotency *idempotency.Service
	Catalog     *catalog.Service
	Delivery    *delivery.Service
	Orders      *order.Service
	Licenses    *license.Service
	Mail        *mail.Service
	Webhooks    *webhook.Service
	Reports     *report.Service
	Overview    *overview.Service
	Checkout    *checkout.Service

	// Origin is where the server is reached, as in https://shop.example. It
	// begins the links into the back office.
	Origin string
	// Log takes the errors that clients are told nothing of; nil is
	// slog.Default().
	Log *slog.Logger
}

// prefix is where every call lies.
const prefix = "/public-api/v1/"

// dialect names this one for budgets of requests.
const dialect = "bigdd"

// Register puts the API on the mux.
func Register(mux *http.ServeMux, b Backend) {
	a := newAPI(b)
	guard := middleware.Guard(a.Log, a.respond)
	for _, rt := range a.routes {
		mux.Handle(rt.pattern, guard(rt.handler))
	}
	a.publish(mux, guard)
	mux.Handle(prefix, guard(a.checked(anyRole, a.fallback)))
	mux.Handle("/public-api/", guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.respond(w, r, errNoCall())
	})))
}

// newAPI makes the API with its routes; each file of handlers adds its own.
func newAPI(b Backend) *api {
	if b.Log == nil {
		b.Log = slog.Default()
	}
	a := &api{Backend: b, sameOrigin: middleware.SameOrigin(b.Origin)}
	a.routesTokens()
	a.routesMembers()
	a.routesProducts()
	a.routesVersions()
	a.routesFiles()
	a.routesUploads()
	a.routesOrders()
	a.routesLicenses()
	a.routesKeyTags()
	a.routesMessages()
	a.routesLinks()
	a.routesStats()
	a.routesOverview()
	a.routesChecklist()
	a.routesCustomers()
	a.routesPreview()
	a.routesReports()
	a.routesRenewals()
	a.routesAssignments()
	a.routesEndpoints()
	a.routesSettings()
	a.routesShop()
	a.routesAudit()
	a.routesMappings()
	a.routesStoreEvents()
	a.routesRequests()
	a.routesMailTemplates()
	a.known = http.NewServeMux()
	for _, rt := range a.routes {
		a.known.Handle(rt.pattern, http.NotFoundHandler())
	}
	return a
}

// api holds the handlers.
type api struct {
	Backend
	routes     []route
	known      *http.ServeMux // the patterns alone, to tell 405 from 404
	sameOrigin func(*http.Request) error
}

// route is one call.
type route struct {
	pattern string // "GET /public-api/v1/orders"
	role    access
	handler http.Handler
}

// access says who may make a call.
type access int

const (
	anyRole access = iota
	adminOnly
)

// request is a call whose caller is known.
type request struct {
	*http.Request
	Caller purvey.Caller
	Body   []byte // of a write: empty, or JSON that was not decoded yet
}

// Scope is the shop and mode the call acts in.
func (r *request) Scope() purvey.Scope { return r.Caller.Scope }

// decode reads the body into v, a pointer; an empty body is refused.
func (r *request) decode(v any) error {
	if len(r.Body) == 0 {
		return purvey.Errorf(purvey.Invalid, "the body must be JSON, and is empty")
	}
	return httpjson.Parse(r.Body, v)
}

// decodeOptional is decode for calls whose fields are all optional: an empty
// body leaves v as it is.
func (r *request) decodeOptional(v any) error {
	if len(r.Body) == 0 {
		return nil
	}
	return httpjson.Parse(r.Body, v)
}

// handler is the innermost part of a call. An error it gives is answered in
// the dialect's shape.
type handler func(w http.ResponseWriter, r *request) error

// read adds a call that changes nothing. What fn gives is answered as data; a
// list with its pagination.
func (a *api) read(pattern string, role access, fn func(r *request) (any, error)) {
	a.add(pattern, role, func(w http.ResponseWriter, r *request) error {
		data, err := fn(r)
		if err != nil {
			return err
		}
		httpjson.Write(w, http.StatusOK, envelope(data))
		return nil
	})
}

// write adds a call that changes something. The body must be JSON of at most
// maxBody bytes, or empty; with maxBody 0 it is not read. A POST, PUT or PATCH
// with an Idempotency-Key runs fn inside one transaction, which its ctx
// carries, and never again: repeats get the kept answer. Without a key fn's
// services open their own transactions.
func (a *api) write(pattern string, role access, maxBody int64, fn func(ctx context.Context, r *request) (status int, data any, err error)) {
	method, path, _ := strings.Cut(pattern, " ")
	a.add(pattern, role, func(w http.ResponseWriter, r *request) error {
		if maxBody > 0 {
			var body json.RawMessage
			if err := httpjson.DecodeOptional(r.Request, &body, maxBody); err != nil {
				return err
			}
			if why := badEscape(body); why != "" {
				return purvey.Errorf(purvey.Invalid, "the body %s", why)
			}
			r.Body = body
		}
		key := r.Header.Get("Idempotency-Key")
		if key == "" || method == http.MethodDelete {
			status, data, err := fn(r.Context(), r)
			switch {
			case err != nil:
				return err
			case status == http.StatusNoContent:
				w.WriteHeader(status)
			default:
				httpjson.Write(w, status, envelope(data))
			}
			return nil
		}
		// One key belongs to one shop, mode and route, so that two nodes and two
		// tokens of a shop agree on what was done.
		scope := r.Caller.ShopID + " " + string(r.Caller.Mode) + " " + method + " " + path
		status, body, replayed, err := a.Idempotency.Do(r.Context(), scope, key, fingerprint(r), func(ctx context.Context) (int, []byte, error) {
			status, data, err := fn(ctx, r)
			if err != nil {
				return 0, nil, err
			}
			return status, httpjson.Encode(envelope(data)), nil
		})
		if err != nil {
			return err
		}
		if replayed {
			w.Header().Set("Idempotency-Replayed", "true")
		}
		httpjson.Write(w, status, json.RawMessage(body))
		return nil
	})
}

// fingerprint tells two requests of one route apart.
func fingerprint(r *request) string {
	h := sha256.New()
	for _, part := range []string{r.URL.EscapedPath(), r.URL.RawQuery, string(r.Body)} {
		h.Write([]byte(strconv.Itoa(len(part)) + " "))
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// raw adds a call that reads its body or writes its answer by itself. An error
// it gives must come before it has written anything.
func (a *api) raw(pattern string, role access, fn func(w http.ResponseWriter, r *request) error) {
	a.add(pattern, role, fn)
}

func (a *api) add(pattern string, role access, h handler) {
	a.routes = append(a.routes, route{pattern, role, a.checked(role, h)})
}

// checked does what comes before every handler: 401, 403, 429.
func (a *api) checked(role access, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx, reads := req.Context(), req.Method == http.MethodGet
		if reads {
			ctx = a.Auth.Observe(ctx)
			req = req.WithContext(ctx)
		}
		caller, err := a.caller(req)
		if err != nil {
			a.respond(w, req, err)
			return
		}
		if !reads || caller.MemberID != "" {
			ctx = purvey.WithActor(ctx, actorOf(req, caller))
			req = req.WithContext(ctx)
		}
		// A refused role uses the budget up too, and is told first.
		rate, err := a.Auth.Limit(ctx, caller, dialect)
		rateHeaders(w.Header(), rate)
		if role == adminOnly && caller.Role != purvey.Admin {
			err = purvey.Because(purvey.Denied, purvey.ReasonRole, "this call needs the role admin")
		}
		// Who closed the shop goes on seeing it, and can open it.
		if err == nil && caller.Shop.State == purvey.ShopClosed && !reads && !strings.HasPrefix(req.URL.Path, shopPath) {
			err = purvey.Because(purvey.Denied, purvey.ReasonShopDisabled, "the shop is closed; its owner can open it in the settings")
		}
		if err == nil {
			err = sound(req)
		}
		if err == nil {
			err = h(w, &request{Request: req, Caller: caller})
		}
		if err != nil {
			a.respond(w, req, err)
		}
	})
}

// rateHeaders tells the budget: what may be sent in a minute, what would be
// taken now, and the Unix second at which the whole burst is there again.
func rateHeaders(h http.Header, r auth.Rate) {
	if !r.Limited() {
		return
	}
	h.Set("X-RateLimit-Limit", strconv.Itoa(r.Limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(r.Remaining))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(r.Reset.Add(time.Second-1).Unix(), 10))
}

// fallback answers what no call matches: 405 when the path is one of another
// method's, else 404.
func (a *api) fallback(w http.ResponseWriter, r *request) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions} {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := a.known.Handler(probe); pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return errNoCall()
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	writeError(w, http.StatusMethodNotAllowed, "method_not_allowed", "this path takes "+strings.Join(allowed, ", "), nil)
	return nil
}

func errNoCall() error { return purvey.Errorf(purvey.NotFound, "there is no such call") }

// Package checkout is what customers and gateways meet while a sale is paid:
//
//	GET, POST /auth/token              a token: of a link to a payment, or of the shop's sign-on
//	GET       /checkout/{id}           to the gateway; in sandbox mode the built-in one's page
//	POST      /checkout/{id}           that page's answer: outcome = approve, decline or pending
//	GET       /checkout/{id}/return    back from a gateway, on to the shop
//	POST      /gateways/{shop}/{name}  a gateway's notification, signed
//
// The address of a checkout page is signed, so it needs no cookie; it opens
// one order and nothing else.
package checkout

import (
	"context"
	"embed"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"

	"purvey"
	"purvey/internal/checkout"
	"purvey/internal/middleware"
	"purvey/internal/web/page"
)

//go:embed template
var templates embed.FS

// Backend is what these pages need of the domain.
type Backend struct {
	Checkout *checkout.Service
	// SignIn begins the session of a customer that the shop vouches for, and
	// SetSession gives it to the browser for the path of the library. nil begins
	// none.
	SignIn     func(ctx context.Context, shopID, email, userAgent string) (session string, err error)
	SetSession func(w http.ResponseWriter, r *http.Request, base, session string)
	Log        *slog.Logger // nil is slog.Default()
}

// handlers answer the paths of this package.
type handlers struct {
	Backend
	pages *page.Set
}

// Bounds of bodies, in bytes.
const (
	maxForm   = 16 << 10
	maxNotice = 1 << 20
)

// Register puts the pages on the mux.
func Register(mux *http.ServeMux, b Backend) {
	if b.Log == nil {
		b.Log = slog.Default()
	}
	h := &handlers{Backend: b, pages: page.New(templates, "template/*.html")}
	guard := middleware.Guard(b.Log, h.refuse)
	for pattern, fn := range map[string]func(w http.ResponseWriter, r *http.Request) error{
		"GET /auth/token":           h.token,
		"POST /auth/token":          h.token,
		"GET /checkout/{id}":        h.page,
		"POST /checkout/{id}":       h.decide,
		"GET /checkout/{id}/return": h.back,
	} {
		limit := middleware.BodyLimit(maxForm, h.refuse)
		mux.Handle(pattern, guard(limit(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = middleware.ActingAs(r, purvey.Actor{Type: purvey.ActorBuyer})
			if err := fn(w, r); err != nil {
				h.refuse(w, r, err)
			}
		}))))
	}
	mux.Handle("POST /gateways/{shop}/{name}", guard(http.HandlerFunc(h.notice)))
}

// token takes a token from the query, a header or a cookie, and of a POST from
// its form. Serves PUB-14, PUB-40.
func (h *handlers) token(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodHead {
		return nil // whoever only looks must not use a token up
	}
	text := r.URL.Query().Get(checkout.TokenParam)
	if text == "" {
		text = r.Header.Get(checkout.TokenParam)
	}
	if c, err := r.Cookie(checkout.TokenParam); text == "" && err == nil {
		text = c.Value
	}
	if text == "" && r.Method == http.MethodPost {
		text = r.PostFormValue(checkout.TokenParam)
	}
	a, err := h.Checkout.Arrive(r.Context(), r.Host, text)
	var refused *checkout.Refused
	if errors.As(err, &refused) && refused.URL != "" {
		redirect(w, r, http.StatusFound, refused.URL)
		return nil
	}
	if err != nil {
		return err
	}
	if a.Email != "" && h.SignIn != nil {
		session, err := h.SignIn(r.Context(), a.Shop.ID, a.Email, r.UserAgent())
		if err != nil {
			return err
		}
		h.SetSession(w, r, a.Library, session)
	}
	redirect(w, r, http.StatusFound, a.URL)
	return nil
}

// redirect leads on without telling where from: addresses here hold tokens.
func redirect(w http.ResponseWriter, r *http.Request, status int, to string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, status)
}

func (h *handlers) sale(r *http.Request) (checkout.Sale, error) {
	x, err := h.Checkout.Open(r.Context(), r.PathValue("id"), r.URL.Query().Get("session"))
	return x, of(x.Shop, err)
}

// inShop is an error that is told in the name of a shop.
type inShop struct {
	error
	shop purvey.Shop
}

func (e inShop) Unwrap() error { return e.error }

// of marks an error as one that a shop tells.
func of(shop purvey.Shop, err error) error {
	if err == nil || shop.ID == "" {
		return err
	}
	return inShop{err, shop}
}

// row is one product on the page of the built-in gateway.
type row struct {
	Name     string
	Quantity int
	Price    string // "" it is not told
}

// rows has prices where they add up to what is paid: the caller's price of the
// whole order counts, whatever those of its products are.
func rows(l page.Language, o purvey.Order) []row {
	out, sum := make([]row, len(o.Lines)), int64(0)
	for i, line := range o.Lines {
		cents := line.PriceCents * int64(line.Quantity)
		out[i] = row{line.ProductName, line.Quantity, page.Money(l, cents, o.Currency)}
		sum += cents
	}
	if sum != o.TotalCents {
		for i := range out {
			out[i].Price = ""
		}
	}
	return out
}

// page leads to the gateway, or is the built-in one.
func (h *handlers) page(w http.ResponseWriter, r *http.Request) error {
	x, err := h.sale(r)
	if err != nil {
		return err
	}
	if !x.Pending() {
		redirect(w, r, http.StatusSeeOther, h.Checkout.ReturnURL(x))
		return nil
	}
	if x.Order.Mode == purvey.Live && r.Method == http.MethodHead {
		return nil // nor begin a payment
	}
	if x.Order.Mode == purvey.Live {
		to, err := h.Checkout.Begin(r.Context(), x)
		if err != nil {
			return of(x.Shop, err)
		}
		redirect(w, r, http.StatusSeeOther, to)
		return nil
	}
	words := wordsOf(page.Choose(r.Header.Get("Accept-Language"), x.Shop.Settings.Shop.Locale, x.Order.Customer.Locale))
	v := h.view(r, x.Shop, x.Order.Customer.Locale, words.Title)
	v.Data = struct {
		W      phrases
		Order  string
		Amount string
		Rows   []row
		Action string
	}{words, x.Order.Name, page.Money(v.Lang, x.Order.TotalCents, x.Order.Currency), rows(v.Lang, x.Order), "?" + url.Values{"session": {r.URL.Query().Get("session")}}.Encode()}
	return h.pages.Write(w, r, http.StatusOK, "pay.html", v)
}

func (h *handlers) view(r *http.Request, shop purvey.Shop, locale, title string) page.View {
	return page.Of(shop, page.Choose(r.Header.Get("Accept-Language"), shop.Settings.Shop.Locale, locale), title)
}

// decide takes the built-in gateway's answer.
func (h *handlers) decide(w http.ResponseWriter, r *http.Request) error {
	x, err := h.sale(r)
	if err != nil {
		return err
	}
	outcome, ok := map[string]purvey.PaymentState{
		"approve": purvey.PaymentPaid, "decline": purvey.PaymentDeclined, "pending": purvey.PaymentPending,
	}[r.PostFormValue("outcome")]
	if !ok {
		return purvey.BadField("outcome", "must be approve, decline or pending")
	}
	if x.Order.Mode != purvey.Sandbox {
		return purvey.Errorf(purvey.Denied, "only a sandbox sale is paid here")
	}
	to, err := h.Checkout.Decide(r.Context(), x, outcome)
	if err != nil {
		return of(x.Shop, err)
	}
	redirect(w, r, http.StatusSeeOther, to)
	return nil
}

// back is the customer coming from a gateway. Serves PUB-15.
func (h *handlers) back(w http.ResponseWriter, r *http.Request) error {
	x, err := h.sale(r)
	if err != nil {
		return err
	}
	to, err := h.Checkout.Return(r.Context(), x, r.URL.Query().Get("canceled") != "")
	if err != nil {
		return of(x.Shop, err)
	}
	redirect(w, r, http.StatusSeeOther, to)
	return nil
}

// notice takes a gateway's notification: 200 when it was dealt with, and else
// what makes the gateway send it again.
func (h *handlers) notice(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotice))
	if err != nil {
		http.Error(w, "the body is too large or ended early", http.StatusBadRequest)
		return
	}
	r = middleware.ActingAs(r, purvey.Actor{Type: purvey.ActorGateway, ID: r.PathValue("name"), Name: r.PathValue("name")})
	n := checkout.Notification{Header: r.Header, Query: r.URL.Query(), Body: body}
	err = h.Checkout.Notify(r.Context(), r.PathValue("shop"), r.PathValue("name"), n)
	switch {
	case err == nil:
		w.WriteHeader(http.StatusOK)
	case errors.Is(err, purvey.Unauthenticated):
		http.Error(w, "the signature is missing or wrong", http.StatusUnauthorized)
	case errors.Is(err, purvey.NotFound):
		http.Error(w, "not found", http.StatusNotFound)
	default:
		h.Log.ErrorContext(r.Context(), "a gateway's notification could not be dealt with", "gateway", r.PathValue("name"), "error", err)
		http.Error(w, "try again", http.StatusServiceUnavailable)
	}
}

// refuse explains an error.
func (h *handlers) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, why := http.StatusInternalServerError, func(w phrases) string { return w.Trouble }
	var refused *checkout.Refused
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &refused), errors.Is(err, purvey.Denied):
		status, why = http.StatusForbidden, func(w phrases) string { return w.Over }
	case errors.Is(err, purvey.NotFound):
		status, why = http.StatusNotFound, func(w phrases) string { return w.Unknown }
	case errors.Is(err, purvey.Invalid), errors.Is(err, purvey.TooLarge), errors.As(err, &tooLarge):
		status, why = http.StatusUnprocessableEntity, func(w phrases) string { return w.Unknown }
	case errors.Is(err, purvey.Unavailable):
		status, why = http.StatusServiceUnavailable, func(w phrases) string { return w.Unavailable }
		w.Header().Set("Retry-After", "30")
	}
	if status >= http.StatusInternalServerError {
		h.Log.ErrorContext(r.Context(), "a checkout failed", "path", r.URL.Path, "error", err)
	}
	var told inShop
	errors.As(err, &told)
	if refused != nil {
		told.shop = refused.Shop
	}
	words := wordsOf(page.Choose(r.Header.Get("Accept-Language"), told.shop.Settings.Shop.Locale))
	v := h.view(r, told.shop, "", words.Title)
	data := struct{ Title, Why, Again string }{Title: words.Stopped, Why: why(words)}
	if status >= http.StatusInternalServerError && r.Method == http.MethodGet {
		data.Again = words.Again
	}
	v.Data = data
	if err := h.pages.Write(w, r, status, "stopped.html", v); err != nil {
		h.Log.ErrorContext(r.Context(), "a page cannot be made", "error", err)
		http.Error(w, words.Stopped, status)
	}
}

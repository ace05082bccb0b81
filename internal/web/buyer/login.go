package buyer

import (
	_ "embed"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/delivery"
	"purvey/internal/middleware"
	"purvey/internal/order"
	"purvey/internal/shop"
	"purvey/internal/web/page"
)

// copyScript puts a button beside each licence key that copies it. Without
// scripts the key is there all the same, and a touch selects it whole.
//
//go:embed copy.js
var copyScript string

// LibraryBackend is what a customer's library needs of the domain.
type LibraryBackend struct {
	Auth     *auth.Service
	Shops    *shop.Service
	Orders   *order.Service
	Delivery *delivery.Service
	Log      *slog.Logger // nil is slog.Default()
}

// libraryHandlers answer the paths of the library.
type libraryHandlers struct {
	handlers
	auth   *auth.Service
	shops  *shop.Service
	orders *order.Service
}

// RegisterLibrary puts the library on the mux: at /my for the shop of the
// request's host, or the default one, and at /s/{slug}/my for any. A customer
// signs in with a code of six digits that is mailed to the address.
func RegisterLibrary(mux *http.ServeMux, b LibraryBackend) {
	if b.Log == nil {
		b.Log = slog.Default()
	}
	h := &libraryHandlers{auth: b.Auth, shops: b.Shops, orders: b.Orders}
	h.handlers = handlers{Backend: Backend{Delivery: b.Delivery, Log: b.Log}, pages: page.New(templates, "template/*.html")}
	refuse := func(w http.ResponseWriter, r *http.Request, err error) { h.refuse(w, r, err) }
	guard, limit := middleware.Guard(b.Log, refuse), middleware.BodyLimit(maxForm, refuse)
	foreign := http.NewCrossOriginProtection()
	for pattern, fn := range map[string]handler{
		"GET {base}":                 h.show,
		"POST {base}":                h.askCode,
		"GET {base}/code":            h.codeForm,
		"POST {base}/code":           h.enterCode,
		"POST {base}/find":           h.find,
		"POST {base}/leave":          h.leave,
		"POST {base}/leave-for-good": h.leaveEverywhere,
		"POST {base}/devices/{id}":   h.leaveDevice,
		"{base}/":                    h.nowhere,
	} {
		handler := guard(limit(h.answer(func(w http.ResponseWriter, r *http.Request) error {
			// Another site's page may not sign anybody in or out.
			if foreign.Check(r) != nil {
				return purvey.Errorf(purvey.Unsupported, "a form of another site")
			}
			return fn(w, r)
		})))
		for _, base := range []string{"/my", "/s/{slug}/my"} {
			mux.Handle(strings.Replace(pattern, "{base}", base, 1), handler)
		}
	}
}

// visit is what a request to the library is about.
type visit struct {
	shop    purvey.Shop
	base    string
	lang    page.Language
	words   words
	library libraryWords
}

// visit finds the shop of a request, which must be open, and its language.
func (h *libraryHandlers) visit(r *http.Request) (visit, error) {
	ctx := r.Context()
	v := visit{base: "/my"}
	var err error
	if slug := r.PathValue("slug"); slug != "" {
		v.base = "/s/" + slug + "/my"
		if !purvey.ValidSlug(slug) {
			return v, purvey.Missing("shop")
		}
		v.shop, err = h.shops.BySlug(ctx, slug)
	} else if v.shop, err = h.shops.ByHost(ctx, r.Host); errors.Is(err, purvey.NotFound) {
		v.shop, err = h.shops.BySlug(ctx, purvey.DefaultShop)
	}
	if err == nil && v.shop.State != purvey.ShopActive {
		err = purvey.Because(purvey.Denied, purvey.ReasonShopDisabled, "the shop is closed")
	}
	if err != nil {
		return v, problem{error: err, shop: v.shop}
	}
	v.lang = page.Choose(r.Header.Get("Accept-Language"), v.shop.Settings.Shop.Locale)
	v.words, v.library = wordsOf(v.lang), libraryWordsOf(v.lang)
	return v, nil
}

// The cookies of a library. Each holds for its path alone, so the libraries of
// two shops know nothing of each other.
const (
	cookieSession   = "purvey_my"
	cookieChallenge = "purvey_my_code"    // of a code that was asked for
	cookieVisitor   = "purvey_my_visitor" // tells this browser from others, for limits
	cookieDevice    = "purvey_my_device"  // says that this browser signed in before
)

const deviceLife = 365 * 24 * time.Hour

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie sets a cookie for so long; 0 is until the browser ends, and less
// takes it away.
func (v visit) setCookie(w http.ResponseWriter, r *http.Request, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: v.base, MaxAge: int(life / time.Second), HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: r.TLS != nil || middleware.Scheme(r.Context()) == "https",
	})
}

// signInView is what the template of the way in speaks of.
type signInView struct {
	W        words
	L        libraryWords
	Base     string
	Intro    string
	Email    string // as it was entered
	Problem  string
	Found    string // what became of a search for one order
	FindFail string
}

func (h *libraryHandlers) signInPage(w http.ResponseWriter, r *http.Request, v visit, data signInView, status int) error {
	if !h.auth.ValidVisitor(cookie(r, cookieVisitor)) {
		v.setCookie(w, r, cookieVisitor, h.auth.NewVisitor(), 0)
	}
	frame := h.view(v.shop, v.lang, v.library.SignInTitle)
	data.W, data.L, data.Base = v.words, v.library, v.base
	data.Intro = fill(v.library.SignInIntro, "shop", frame.ShopName)
	if r.URL.Query().Has("sent") && data.Found == "" {
		data.Found = v.library.FindSent
	}
	frame.Data = data
	return h.pages.Write(w, r, status, "signin.html", frame)
}

func address(r *http.Request) string { return client(r).IP }

// askCode takes the address and always answers with the form for the code.
func (h *libraryHandlers) askCode(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	email := strings.TrimSpace(r.PostFormValue("email"))
	challenge, err := h.auth.SendCode(r.Context(), auth.CodeRequest{
		Shop: v.shop, Email: email, Locale: string(v.lang), Visitor: cookie(r, cookieVisitor), Device: cookie(r, cookieDevice), IP: address(r),
	})
	if err != nil {
		view := signInView{Email: email}
		status, text, ok := v.refusedForm(w, err)
		if !ok {
			return problem{error: err, shop: v.shop}
		}
		view.Problem = text
		return h.signInPage(w, r, v, view, status)
	}
	life := time.Duration(v.shop.Settings.Lifetimes.LoginCode) * time.Second
	v.setCookie(w, r, cookieChallenge, challenge, max(life, time.Minute))
	see(w, v.base+"/code")
	return nil
}

// refusedForm words what is wrong with a form; ok is false for other errors.
func (v visit) refusedForm(w http.ResponseWriter, err error) (status int, text string, ok bool) {
	var e *purvey.Error
	switch {
	case !errors.As(err, &e):
		return 0, "", false
	case e.Kind == purvey.Invalid:
		return http.StatusUnprocessableEntity, v.library.WrongEmail, true
	case e.Kind == purvey.Limited:
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
		return http.StatusTooManyRequests, fill(v.library.TooMany, "minutes", number((e.RetryAfter+59)/60)), true
	}
	return 0, "", false
}

// see leads from a form to a page.
func see(w http.ResponseWriter, path string) {
	w.Header().Set("Location", path)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
}

// codeView is what the template of the form for the code speaks of.
type codeView struct {
	L       libraryWords
	Base    string
	Intro   string
	Problem string
}

// codeForm shows the form for the code. Looking at it changes nothing.
func (h *libraryHandlers) codeForm(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	if cookie(r, cookieChallenge) == "" {
		see(w, v.base)
		return nil
	}
	return h.codePage(w, r, v, "", http.StatusOK)
}

func (h *libraryHandlers) codePage(w http.ResponseWriter, r *http.Request, v visit, wrong string, status int) error {
	frame := h.view(v.shop, v.lang, v.library.CodeTitle)
	minutes := max(v.shop.Settings.Lifetimes.LoginCode/60, 1)
	frame.Data = codeView{
		L: v.library, Base: v.base, Problem: wrong, Intro: fill(v.library.CodeIntro, "shop", frame.ShopName, "minutes", number(minutes)),
	}
	return h.pages.Write(w, r, status, "code.html", frame)
}

// enterCode takes the code. A wrong one is answered the same whatever is wrong
// with it.
func (h *libraryHandlers) enterCode(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	in, err := h.auth.EnterCode(r.Context(), v.shop.ID, cookie(r, cookieChallenge), r.PostFormValue("code"), r.UserAgent())
	if errors.Is(err, purvey.Unauthenticated) {
		return h.codePage(w, r, v, v.library.WrongCode, http.StatusForbidden)
	}
	if err != nil {
		return problem{error: err, shop: v.shop}
	}
	v.setCookie(w, r, cookieSession, in.Session, purvey.SessionLife)
	v.setCookie(w, r, cookieDevice, in.Device, deviceLife)
	v.setCookie(w, r, cookieChallenge, "", -time.Second)
	see(w, v.base)
	return nil
}

// find has a fresh link to one order sent, and never tells whether there is
// such an order.
func (h *libraryHandlers) find(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	begun := time.Now()
	email := strings.TrimSpace(r.PostFormValue("email"))
	if err = h.auth.MayAsk(cookie(r, cookieVisitor), address(r)); err == nil {
		err = h.orders.SendPage(r.Context(), v.shop.ID, strings.TrimSpace(r.PostFormValue("order")), email)
		h.auth.Hold(r.Context(), begun)
	}
	if err != nil {
		status, text, ok := v.refusedForm(w, err)
		if !ok {
			return problem{error: err, shop: v.shop}
		}
		return h.signInPage(w, r, v, signInView{FindFail: text}, status)
	}
	see(w, v.base+"?sent")
	return nil
}

// leave signs this browser out.
func (h *libraryHandlers) leave(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err == nil {
		err = h.auth.SignOut(r.Context(), v.shop.ID, cookie(r, cookieSession))
	}
	if err != nil {
		return problem{error: err, shop: v.shop}
	}
	v.setCookie(w, r, cookieSession, "", -time.Second)
	see(w, v.base)
	return nil
}

// leaveEverywhere signs the customer out of every browser.
func (h *libraryHandlers) leaveEverywhere(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	session, err := h.auth.Session(r.Context(), v.shop.ID, cookie(r, cookieSession))
	if err == nil {
		err = h.auth.SignOutEverywhere(r.Context(), session)
	}
	if err != nil && !errors.Is(err, purvey.Unauthenticated) {
		return problem{error: err, shop: v.shop}
	}
	v.setCookie(w, r, cookieSession, "", -time.Second)
	see(w, v.base)
	return nil
}

// leaveDevice signs the customer out of one browser. The answer is the list of
// those that are left, or the way in if it was this one.
func (h *libraryHandlers) leaveDevice(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	session, err := h.auth.Session(r.Context(), v.shop.ID, cookie(r, cookieSession))
	if err == nil {
		err = h.auth.SignOutDevice(r.Context(), session, r.PathValue("id"))
	}
	if err != nil && !errors.Is(err, purvey.Unauthenticated) {
		return problem{error: err, shop: v.shop}
	}
	see(w, v.base+"?tab="+tabDevices)
	return nil
}

// Package admin serves the back office: an application of one page (app.go),
// which works on the native API, and under /admin the few calls that are about
// the person who uses it: signing in and out, sessions, password, the second
// proof, and the links of mails (session.go, account.go).
//
// A person's session is a cookie. The calls here speak JSON in the shapes of
// the native API, take no tokens, and refuse what a page of another site sends.
//
// setup.go is the page behind the owner link, which a server without members
// prints when it starts: a form that makes the first owner.
package admin

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/httpjson"
	"purvey/internal/middleware"
)

// Backend is what the back office needs of the domain.
type Backend struct {
	Auth    *auth.Service
	Origin  string // where the server is reached, as in https://shop.example
	Version string
	Mail    bool         // a mail server is set
	Log     *slog.Logger // nil is slog.Default()
}

//go:embed template
var files embed.FS

// maxBody bounds a form or a JSON body, in bytes.
const maxBody = 16 << 10

type pages struct {
	Backend
	setup *template.Template
}

// Register puts the back office on the mux.
func Register(mux *http.ServeMux, b Backend) {
	if b.Log == nil {
		b.Log = slog.Default()
	}
	p := &pages{Backend: b, setup: template.Must(template.ParseFS(files, "template/setup.html"))}
	p.routesSetup(mux)
	p.routesApp(mux)

	same := middleware.SameOrigin(b.Origin)
	guard := middleware.Guard(b.Log, p.respond)
	open := func(pattern string, fn func(http.ResponseWriter, *http.Request) error) {
		mux.Handle(pattern, guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-store")
			err := same(r)
			if err == nil {
				err = fn(w, r.WithContext(purvey.WithActor(r.Context(), p.actor(r))))
			}
			if err != nil {
				p.respond(w, r, err)
			}
		})))
	}
	signedIn := func(pattern string, fn func(http.ResponseWriter, *http.Request, auth.Member) error) {
		open(pattern, func(w http.ResponseWriter, r *http.Request) error {
			m, err := p.Auth.MemberSession(r.Context(), cookie(r, cookieName))
			if err != nil {
				return err
			}
			actor := p.actor(r)
			actor.Type, actor.ID, actor.Name = purvey.ActorMember, m.ID, m.DisplayName()
			return fn(w, r.WithContext(purvey.WithActor(r.Context(), actor)), m)
		})
	}
	open("GET /admin/session", p.session)
	open("POST /admin/session", p.signIn)
	open("DELETE /admin/session", p.signOut)
	signedIn("GET /admin/sessions", p.sessions)
	signedIn("DELETE /admin/sessions", p.endOthers)
	signedIn("DELETE /admin/sessions/{id}", p.endSession)
	signedIn("PATCH /admin/account", p.changeAccount)
	signedIn("POST /admin/account/password", p.changePassword)
	signedIn("POST /admin/account/totp", p.newTOTP)
	signedIn("POST /admin/account/totp/confirm", p.confirmTOTP)
	signedIn("DELETE /admin/account/totp", p.removeTOTP)
	open("POST /admin/password-resets", p.askReset)
	open("POST /admin/password-resets/confirm", p.reset)
	open("GET /admin/invitations/{token}", p.invitation)
	open("POST /admin/invitations/{token}", p.accept)
}

// actor is somebody who has not signed in yet.
func (p *pages) actor(r *http.Request) purvey.Actor {
	return purvey.Actor{Type: purvey.ActorMember, IP: clientIP(r), RequestID: middleware.RequestID(r.Context())}
}

// clientIP is the address of the client, "" when it is unknown.
func clientIP(r *http.Request) string {
	if a := middleware.ClientAddr(r.Context()); a.IsValid() {
		return a.String()
	}
	return ""
}

func decode(r *http.Request, v any) error { return httpjson.Decode(r, v, maxBody) }

// answer writes data in the envelope of the native API; nothing with 204.
func answer(w http.ResponseWriter, status int, data any) error {
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return nil
	}
	httpjson.Write(w, status, map[string]any{"data": data})
	return nil
}

// byKind is how each kind of error is answered here.
var byKind = map[purvey.Kind]struct {
	status int
	code   string
}{
	purvey.Invalid:         {http.StatusBadRequest, "validation_error"},
	purvey.Unauthenticated: {http.StatusUnauthorized, "unauthorized"},
	purvey.Denied:          {http.StatusForbidden, "forbidden"},
	purvey.NotFound:        {http.StatusNotFound, "not_found"},
	purvey.Gone:            {http.StatusNotFound, "not_found"},
	purvey.Conflict:        {http.StatusConflict, "conflict"},
	purvey.TooLarge:        {http.StatusRequestEntityTooLarge, "payload_too_large"},
	purvey.Unsupported:     {http.StatusUnsupportedMediaType, "unsupported_media_type"},
	purvey.Limited:         {http.StatusTooManyRequests, "rate_limited"},
}

type wireDetail struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// respond answers an error in the shape of the native API. Of one that is not
// the domain's the client hears nothing and the log everything.
func (p *pages) respond(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the client has gone
	}
	var e *purvey.Error
	to, known := byKind[""], false
	if errors.As(err, &e) {
		to, known = byKind[e.Kind]
	}
	if !known {
		p.Log.ErrorContext(r.Context(), "a call failed", "method", r.Method, "route", r.Pattern, "error", err)
		httpjson.Write(w, http.StatusInternalServerError,
			map[string]any{"error": map[string]any{"code": "internal_error", "message": "something went wrong here"}})
		return
	}
	inner := map[string]any{"code": to.code, "message": e.Detail}
	if e.Detail == "" {
		inner["message"] = string(e.Kind)
	}
	if len(e.Fields) > 0 || to.status == http.StatusBadRequest {
		details := make([]wireDetail, 0, len(e.Fields))
		for _, f := range e.Fields {
			details = append(details, wireDetail{f.Name, f.Message})
		}
		inner["details"] = details
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	httpjson.Write(w, to.status, map[string]any{"error": inner})
}

// Package admin is the way into the back office. So far it holds the page
// behind the owner link, which a server without members prints when it starts:
// a form that makes the first owner, and is gone from then on.
package admin

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/middleware"
)

// Backend is what the pages need of the domain.
type Backend struct {
	Auth *auth.Service
	Log  *slog.Logger // nil is slog.Default()
}

//go:embed template/setup.html
var files embed.FS

// setupPath is where the owner link leads.
const setupPath = "/admin/setup"

// maxForm bounds a form, in bytes.
const maxForm = 16 << 10

type pages struct {
	Backend
	setup *template.Template
}

// setupView is what the page shows.
type setupView struct {
	Token, Email string
	Problems     []string
	Done         bool
	MinPassword  int
}

// Register puts the pages on the mux.
func Register(mux *http.ServeMux, b Backend) {
	if b.Log == nil {
		b.Log = slog.Default()
	}
	p := &pages{Backend: b, setup: template.Must(template.ParseFS(files, "template/setup.html"))}
	headers := middleware.PageHeaders(middleware.PagePolicy)
	guard := middleware.Guard(b.Log, p.refuse)
	mux.Handle("GET "+setupPath, guard(headers(http.HandlerFunc(p.form))))
	mux.Handle("POST "+setupPath, guard(headers(http.HandlerFunc(p.makeOwner))))
}

// form shows the form to whoever has the link's token.
func (p *pages) form(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	if err := p.Auth.CheckSetup(r.Context(), token); err != nil {
		p.refuse(w, r, err)
		return
	}
	p.show(w, http.StatusOK, setupView{Token: token})
}

// makeOwner takes the form. The token in it is as good as a password, so no
// foreign page can send it.
func (p *pages) makeOwner(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	view := setupView{Token: r.PostFormValue("token"), Email: r.PostFormValue("email")}
	err := p.Auth.Setup(r.Context(), view.Token, view.Email, r.PostFormValue("password"))
	var e *purvey.Error
	switch {
	case err == nil:
		p.show(w, http.StatusOK, setupView{Email: view.Email, Done: true})
	case errors.As(err, &e) && e.Kind == purvey.Invalid:
		for _, f := range e.Fields {
			view.Problems = append(view.Problems, f.Name+" "+f.Message)
		}
		p.show(w, http.StatusUnprocessableEntity, view)
	default:
		p.refuse(w, r, err)
	}
}

func (p *pages) show(w http.ResponseWriter, status int, v setupView) {
	v.MinPassword = auth.MinPassword
	var b bytes.Buffer
	if err := p.setup.Execute(&b, v); err != nil {
		panic(err) // a template that fits its view does not fail
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the server sees a broken connection itself
}

// refuse answers in plain words: the page is not there, or something failed.
func (p *pages) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, purvey.NotFound) {
		http.Error(w, "There is no such page.", http.StatusNotFound)
		return
	}
	p.Log.ErrorContext(r.Context(), "a page failed", "error", err)
	http.Error(w, "Something went wrong here.", http.StatusInternalServerError)
}

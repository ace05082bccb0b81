package admin

import (
	"bytes"
	"errors"
	"net/http"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/middleware"
)

// setupPath is where the owner link leads.
const setupPath = "/admin/setup"

// setupView is what the page shows.
type setupView struct {
	Token, Email string
	Problems     []string
	MinPassword  int
}

func (p *pages) routesSetup(mux *http.ServeMux) {
	headers := middleware.PageHeaders(middleware.PagePolicy)
	guard := middleware.Guard(p.Log, p.refuse)
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
	p.showSetup(w, http.StatusOK, setupView{Token: token})
}

// makeOwner takes the form, signs the new owner in and leads them to the back
// office. The token in the form is as good as a password, so no foreign page
// can send it.
func (p *pages) makeOwner(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	view := setupView{Token: r.PostFormValue("token"), Email: r.PostFormValue("email")}
	password := r.PostFormValue("password")
	err := p.Auth.Setup(r.Context(), view.Token, view.Email, password)
	if err == nil {
		_, err = p.enter(w, r, view.Email, password, "")
	}
	var e *purvey.Error
	switch {
	case err == nil:
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, "/admin", http.StatusSeeOther)
	case errors.As(err, &e) && e.Kind == purvey.Invalid:
		for _, f := range e.Fields {
			view.Problems = append(view.Problems, f.Name+" "+f.Message)
		}
		p.showSetup(w, http.StatusUnprocessableEntity, view)
	default:
		p.refuse(w, r, err)
	}
}

func (p *pages) showSetup(w http.ResponseWriter, status int, v setupView) {
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

package admin

import (
	"errors"
	"net/http"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/middleware"
)

// cookieName is that of the session's cookie. The native API takes it, too.
const cookieName = auth.MemberCookie

// deviceCookie marks a browser that has signed in before, so that strangers
// who guess at an address cannot lock its owner out.
const deviceCookie = "purvey_admin_device"

// deviceLife is how long a browser remembers that.
const deviceLife = 365 * 24 * time.Hour

// timeForm is that of the native API: UTC with milliseconds.
const timeForm = "2006-01-02T15:04:05.000Z"

func wireTime(t time.Time) string { return t.UTC().Format(timeForm) }

type wireMember struct {
	ID        string `json:"id"`
	Email     string `json:"email"`
	Name      string `json:"name"`
	TOTP      bool   `json:"totp"`
	CreatedAt string `json:"created_at"`
}

type wireShop struct {
	ID   string      `json:"id"`
	Slug string      `json:"slug"`
	Name string      `json:"name"`
	Role purvey.Role `json:"role"`
	// Of the shop's settings, which members without the role may not read.
	Currency string `json:"currency"`
	Timezone string `json:"timezone"`
	Locale   string `json:"locale"`
}

type wireServer struct {
	Version   string `json:"version"`
	PublicURL string `json:"public_url"`
	Mail      string `json:"mail"`
}

type wireSession struct {
	Member    wireMember `json:"member"`
	Shops     []wireShop `json:"shops"`
	SessionID string     `json:"session_id"`
	ExpiresAt string     `json:"expires_at"`
	Server    wireServer `json:"server"`
}

func (p *pages) show(m auth.Member) wireSession {
	out := wireSession{
		Member:    wireMember{m.ID, m.Email, m.Name, m.TOTP, wireTime(m.CreatedAt)},
		SessionID: m.Session.ID, ExpiresAt: wireTime(m.Session.ExpiresAt()),
		Server: wireServer{p.Version, p.Origin, "kept"},
	}
	if p.Mail {
		out.Server.Mail = "smtp"
	}
	for _, s := range m.Shops {
		out.Shops = append(out.Shops, wireShop{s.ShopID, s.Slug, s.Name, s.Role, s.Currency, s.Timezone, s.Locale})
	}
	return out
}

// setCookie tells the browser a cookie; an empty value takes it away.
func setCookie(w http.ResponseWriter, r *http.Request, name, value, path string, life time.Duration) {
	age := int(life / time.Second)
	if value == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: path, MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: middleware.Scheme(r.Context()) == "https",
	})
}

func setSession(w http.ResponseWriter, r *http.Request, text string) {
	setCookie(w, r, cookieName, text, "/", purvey.MemberCookieLife)
}

// cookie gives the text of the session's cookie; "" without one.
func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// signIn begins a session.
func (p *pages) signIn(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Email    string `json:"email"`
		Password string `json:"password"`
		Code     string `json:"code"`
	}
	if err := decode(r, &in); err != nil {
		return err
	}
	m, err := p.enter(w, r, in.Email, in.Password, in.Code)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, p.show(m))
}

// enter signs a person in and sets the cookies.
func (p *pages) enter(w http.ResponseWriter, r *http.Request, email, password, code string) (auth.Member, error) {
	m, text, device, err := p.Auth.SignInMember(r.Context(), auth.MemberSignIn{
		Email: email, Password: password, Code: code, Device: cookie(r, deviceCookie), IP: clientIP(r), UserAgent: r.UserAgent(),
	})
	if err != nil {
		return m, err
	}
	setSession(w, r, text)
	setCookie(w, r, deviceCookie, device, "/admin", deviceLife)
	return m, nil
}

// session tells who is signed in, and has the browser keep its cookie longer.
func (p *pages) session(w http.ResponseWriter, r *http.Request) error {
	text := cookie(r, cookieName)
	m, err := p.Auth.MemberSession(r.Context(), text)
	if err != nil {
		if text != "" && errors.Is(err, purvey.Unauthenticated) {
			setCookie(w, r, cookieName, "", "/", 0) // of a session that has ended
		}
		return err
	}
	setSession(w, r, text)
	return answer(w, http.StatusOK, p.show(m))
}

func (p *pages) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := p.Auth.EndMemberSession(r.Context(), cookie(r, cookieName)); err != nil {
		return err
	}
	setCookie(w, r, cookieName, "", "/", 0)
	return answer(w, http.StatusNoContent, nil)
}

type wireOther struct {
	ID         string `json:"id"`
	Current    bool   `json:"current"`
	IP         string `json:"ip"`
	UserAgent  string `json:"user_agent"`
	CreatedAt  string `json:"created_at"`
	LastSeenAt string `json:"last_seen_at"`
	ExpiresAt  string `json:"expires_at"`
}

func (p *pages) sessions(w http.ResponseWriter, r *http.Request, m auth.Member) error {
	all, err := p.Auth.MemberSessions(r.Context(), m.ID)
	if err != nil {
		return err
	}
	out := make([]wireOther, 0, len(all))
	for _, s := range all {
		out = append(out, wireOther{
			s.ID, s.ID == m.Session.ID, s.IP, s.UserAgent, wireTime(s.CreatedAt), wireTime(s.LastSeenAt), wireTime(s.ExpiresAt()),
		})
	}
	return answer(w, http.StatusOK, out)
}

func (p *pages) endSession(w http.ResponseWriter, r *http.Request, m auth.Member) error {
	if err := p.Auth.EndSession(r.Context(), m.ID, r.PathValue("id")); err != nil {
		return err
	}
	return answer(w, http.StatusNoContent, nil)
}

func (p *pages) endOthers(w http.ResponseWriter, r *http.Request, m auth.Member) error {
	if err := p.Auth.EndSessions(r.Context(), m.ID, m.Session.ID); err != nil {
		return err
	}
	return answer(w, http.StatusNoContent, nil)
}

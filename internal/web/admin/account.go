package admin

import (
	"fmt"
	"net/http"
	"strings"

	"rsc.io/qr"

	"purvey"
	"purvey/internal/auth"
)

func (p *pages) changeAccount(w http.ResponseWriter, r *http.Request, m auth.Member) error {
	var in struct {
		Name     *string `json:"name"`
		Email    *string `json:"email"`
		Password string  `json:"password"`
	}
	if err := decode(r, &in); err != nil {
		return err
	}
	if err := p.Auth.ChangeAccount(r.Context(), m.ID, auth.AccountPatch{Name: in.Name, Email: in.Email, Password: in.Password}); err != nil {
		return err
	}
	m, err := p.Auth.MemberSession(r.Context(), cookie(r, cookieName))
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, p.show(m))
}

func (p *pages) changePassword(w http.ResponseWriter, r *http.Request, m auth.Member) error {
	var in struct {
		Current string `json:"current"`
		New     string `json:"new"`
	}
	if err := decode(r, &in); err != nil {
		return err
	}
	if err := p.Auth.ChangePassword(r.Context(), m.ID, m.Session.ID, in.Current, in.New); err != nil {
		return err
	}
	return answer(w, http.StatusNoContent, nil)
}

// proof is a password that is asked for once more.
type proof struct {
	Password string `json:"password"`
}

func (p *pages) newTOTP(w http.ResponseWriter, r *http.Request, m auth.Member) error {
	var in proof
	if err := decode(r, &in); err != nil {
		return err
	}
	t, err := p.Auth.NewTOTP(r.Context(), m.ID, in.Password)
	if err != nil {
		return err
	}
	svg, err := drawQR(t.URI)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, map[string]string{"secret": t.Secret, "uri": t.URI, "qr_svg": svg})
}

// quiet is the empty border of a QR code, in its squares, as the norm wants it.
const quiet = 4

// drawQR draws a QR code, black on white in any dress of the page.
func drawQR(text string) (string, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("drawing a QR code: %w", err)
	}
	side := code.Size + 2*quiet
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img" aria-label="QR code">`, side, side)
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="`, side, side)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
				x += run
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}

func (p *pages) confirmTOTP(w http.ResponseWriter, r *http.Request, m auth.Member) error {
	var in struct {
		Code string `json:"code"`
	}
	if err := decode(r, &in); err != nil {
		return err
	}
	codes, err := p.Auth.ConfirmTOTP(r.Context(), m.ID, in.Code)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, map[string]any{"recovery_codes": codes})
}

func (p *pages) removeTOTP(w http.ResponseWriter, r *http.Request, m auth.Member) error {
	var in proof
	if err := decode(r, &in); err != nil {
		return err
	}
	if err := p.Auth.RemoveTOTP(r.Context(), m.ID, in.Password); err != nil {
		return err
	}
	return answer(w, http.StatusNoContent, nil)
}

func (p *pages) askReset(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Email string `json:"email"`
	}
	if err := decode(r, &in); err != nil {
		return err
	}
	if err := p.Auth.AskPasswordReset(r.Context(), in.Email, clientIP(r), p.Origin); err != nil {
		return err
	}
	return answer(w, http.StatusAccepted, map[string]any{})
}

func (p *pages) reset(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Token    string `json:"token"`
		Password string `json:"password"`
	}
	if err := decode(r, &in); err != nil {
		return err
	}
	if err := p.Auth.ResetPassword(r.Context(), in.Token, in.Password); err != nil {
		return err
	}
	return answer(w, http.StatusNoContent, nil)
}

// wireInvitation is what an invitation tells. Account says that the address has
// an account, whose password, and code, must be given to accept.
type wireInvitation struct {
	Email    string      `json:"email"`
	ShopName string      `json:"shop_name"`
	Role     purvey.Role `json:"role"`
	Account  bool        `json:"account"`
}

func (p *pages) invitation(w http.ResponseWriter, r *http.Request) error {
	is, err := p.Auth.Invitation(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, wireInvitation{is.Email, is.ShopName, is.Role, is.Account})
}

func (p *pages) accept(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Name     string `json:"name"`
		Password string `json:"password"`
		Code     string `json:"code"`
	}
	if err := decode(r, &in); err != nil {
		return err
	}
	m, text, device, err := p.Auth.Accept(r.Context(), r.PathValue("token"), in.Name, auth.MemberSignIn{
		Password: in.Password, Code: in.Code, Device: cookie(r, deviceCookie), IP: clientIP(r), UserAgent: r.UserAgent(),
	})
	if err != nil {
		return err
	}
	setSession(w, r, text)
	setCookie(w, r, deviceCookie, device, "/admin", deviceLife)
	return answer(w, http.StatusOK, p.show(m))
}

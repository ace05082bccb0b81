package bigdd

import (
	"context"
	"net/http"
	"time"

	"purvey"
	"purvey/internal/auth"
)

func (a *api) routesTokens() {
	a.read("GET /public-api/v1/api-tokens", adminOnly, a.tokens)
	a.write("POST /public-api/v1/api-tokens", adminOnly, 16<<10, a.createToken)
	a.write("DELETE /public-api/v1/api-tokens/{id}", adminOnly, 0, a.revokeToken)
}

type wireToken struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	Role       string  `json:"role"`
	Mode       string  `json:"mode"`
	Last4      string  `json:"last4"`
	CreatedAt  string  `json:"created_at"`
	LastUsedAt *string `json:"last_used_at"`
	Token      string  `json:"token,omitempty"` // only in the answer that made it
}

func showToken(t purvey.Token) wireToken {
	return wireToken{
		ID: t.ID, Name: t.Name, Role: string(t.Role), Mode: string(t.Mode), Last4: t.Last4,
		CreatedAt: wireTime(t.CreatedAt), LastUsedAt: nullTime(t.LastUsedAt),
	}
}

func (a *api) tokens(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	l, err := a.Auth.Tokens(r.Context(), r.Caller.ShopID, p)
	if err != nil {
		return nil, err
	}
	return listOf(p, l, showToken, func(t purvey.Token) (string, time.Time) { return t.ID, t.CreatedAt }), nil
}

// createToken makes a token of the caller's mode unless another is named. A
// sandbox token cannot make a live one: trying things out must not open the
// real business. A person can, who is in the one mode or the other at will.
func (a *api) createToken(ctx context.Context, r *request) (int, any, error) {
	var in struct {
		Name string      `json:"name"`
		Role purvey.Role `json:"role"`
		Mode purvey.Mode `json:"mode"`
	}
	if err := r.decode(&in); err != nil {
		return 0, nil, err
	}
	if in.Mode == "" {
		in.Mode = r.Caller.Mode
	}
	if in.Mode == purvey.Live && r.Caller.Mode == purvey.Sandbox && r.Caller.MemberID == "" {
		return 0, nil, purvey.Errorf(purvey.Denied, "a sandbox token makes sandbox tokens only")
	}
	t, text, err := a.Auth.CreateToken(ctx, r.Caller.ShopID, auth.TokenRequest{Name: in.Name, Role: in.Role, Mode: in.Mode})
	if err != nil {
		return 0, nil, err
	}
	out := showToken(t)
	out.Token = text
	return http.StatusCreated, out, nil
}

func (a *api) revokeToken(ctx context.Context, r *request) (int, any, error) {
	id := r.PathValue("id")
	if err := a.Auth.Revoke(ctx, r.Caller.ShopID, id); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, deleted{id, true}, nil
}

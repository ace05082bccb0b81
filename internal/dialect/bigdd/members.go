package bigdd

import (
	"context"
	"net/http"
	"time"

	"purvey"
	"purvey/internal/auth"
)

func (a *api) routesMembers() {
	a.read("GET /public-api/v1/members", adminOnly, a.listMembers)
	a.write("POST /public-api/v1/members", adminOnly, 16<<10, a.inviteMember)
	a.write("PATCH /public-api/v1/members/{id}", adminOnly, 16<<10, a.changeMember)
	a.write("DELETE /public-api/v1/members/{id}", adminOnly, 0, a.removeMember)
}

type wireMember struct {
	ID            string  `json:"id"`
	Email         string  `json:"email"`
	Name          string  `json:"name"`
	Role          string  `json:"role"`
	State         string  `json:"state"`
	TOTP          bool    `json:"totp"`
	LastSeenAt    *string `json:"last_seen_at"`
	CreatedAt     string  `json:"created_at"`
	InvitationURL string  `json:"invitation_url,omitempty"` // only in the answer that made it
}

func showMember(t purvey.Teammate) wireMember {
	return wireMember{
		ID: t.ID, Email: t.Email, Name: t.Name, Role: string(t.Role), State: string(t.State), TOTP: t.TOTP,
		LastSeenAt: nullTime(t.LastSeenAt), CreatedAt: wireTime(t.CreatedAt),
	}
}

func (a *api) listMembers(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	l, err := a.Auth.Team(r.Context(), r.Caller.ShopID, p)
	if err != nil {
		return nil, err
	}
	return listOf(p, l, showMember, func(t purvey.Teammate) (string, time.Time) { return t.ID, t.CreatedAt }), nil
}

func (a *api) inviteMember(ctx context.Context, r *request) (int, any, error) {
	var in struct {
		Email string      `json:"email"`
		Name  string      `json:"name"`
		Role  purvey.Role `json:"role"`
	}
	if err := r.decode(&in); err != nil {
		return 0, nil, err
	}
	t, link, err := a.Auth.Invite(ctx, r.Caller, auth.MemberRequest{Email: in.Email, Name: in.Name, Role: in.Role}, a.Origin)
	if err != nil {
		return 0, nil, err
	}
	out := showMember(t)
	out.InvitationURL = link
	return http.StatusCreated, out, nil
}

func (a *api) changeMember(ctx context.Context, r *request) (int, any, error) {
	var in struct {
		Role  *purvey.Role        `json:"role"`
		State *purvey.MemberState `json:"state"`
	}
	if err := r.decode(&in); err != nil {
		return 0, nil, err
	}
	t, err := a.Auth.ChangeMember(ctx, r.Caller, r.PathValue("id"), auth.MemberPatch{Role: in.Role, State: in.State})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, showMember(t), nil
}

func (a *api) removeMember(ctx context.Context, r *request) (int, any, error) {
	return http.StatusNoContent, nil, a.Auth.RemoveMember(ctx, r.Caller, r.PathValue("id"))
}

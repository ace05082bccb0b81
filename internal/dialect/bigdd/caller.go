package bigdd

import (
	"net/http"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/middleware"
)

// caller tells who makes a call: the holder of the token in Authorization, or
// without that header the person whose session the back office's cookie names.
//
// A person says in headers which of their shops they mean, and which mode. What
// a browser opens by itself, such as a download, has no headers of ours, so a
// GET may say so in the query. What changes something must come from the server's own
// pages: the cookie alone would let any page on the web act for them.
func (a *api) caller(req *http.Request) (purvey.Caller, error) {
	ctx := req.Context()
	if len(req.Header["Authorization"]) > 0 {
		return a.Auth.Authenticate(ctx, auth.Bearer(req.Header.Get("Authorization")))
	}
	c, err := req.Cookie(auth.MemberCookie)
	if err != nil {
		return a.Auth.Authenticate(ctx, "")
	}
	if err := a.sameOrigin(req); err != nil {
		return purvey.Caller{}, err
	}
	slug, mode := req.Header.Get("Purvey-Shop"), req.Header.Get("Purvey-Mode")
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		q := req.URL.Query()
		if slug == "" {
			slug = q.Get("purvey_shop")
		}
		if mode == "" {
			mode = q.Get("purvey_mode")
		}
	}
	return a.Auth.MemberCaller(ctx, c.Value, slug, purvey.Mode(mode))
}

// actorOf is who the audit log names for what a call changes.
func actorOf(req *http.Request, c purvey.Caller) purvey.Actor {
	out := purvey.Actor{Type: purvey.ActorToken, ID: c.TokenID, Name: c.Name, RequestID: middleware.RequestID(req.Context()), Owner: c.Owner}
	if c.MemberID != "" {
		out.Type, out.ID = purvey.ActorMember, c.MemberID
	}
	if ip := middleware.ClientAddr(req.Context()); ip.IsValid() {
		out.IP = ip.String()
	}
	return out
}

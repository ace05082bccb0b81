package middleware

import (
	"net/http"

	"purvey"
)

// ActingAs gives the request on whose behalf an actor acts, for the audit log:
// its context names the actor, the client's address and the request's id.
func ActingAs(r *http.Request, a purvey.Actor) *http.Request {
	ctx := r.Context()
	a.RequestID = RequestID(ctx)
	if ip := ClientAddr(ctx); ip.IsValid() {
		a.IP = ip.String()
	}
	return r.WithContext(purvey.WithActor(ctx, a))
}

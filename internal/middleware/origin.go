package middleware

import (
	"net/http"

	"purvey"
)

// SameOrigin gives the check for requests that a browser's cookie vouches for:
// one that changes something and that a page of another site sent is
// purvey.Denied. Pages of the server itself and of origin, where it is reached
// from outside, may send everything, and so may programs that are no browser.
// Browsers say where a request comes from in Sec-Fetch-Site or Origin.
func SameOrigin(origin string) func(*http.Request) error {
	guard := http.NewCrossOriginProtection()
	if origin != "" {
		// An origin that is none, such as one with a path, adds nothing to trust.
		_ = guard.AddTrustedOrigin(origin)
	}
	return func(r *http.Request) error {
		if err := guard.Check(r); err != nil {
			return &purvey.Error{Kind: purvey.Denied, Detail: "this request came from another site", Cause: err}
		}
		return nil
	}
}

// Package middleware holds what every request passes before it reaches a
// surface: who is calling and under which id, the access log, the guard that
// turns a panic into an answer, the limit of the body, and the headers of
// pages for people.
//
// The usual order, outermost first, is Identify, AccessLog, Guard, and then the
// router. Each surface may add a Guard and a BodyLimit of its own, so that
// their answers have its vendor's shape.
//
// Nothing here hides what the standard library needs to send a file without
// copying it: see Recorder.
package middleware

import "net/http"

// Middleware wraps a handler.
type Middleware func(http.Handler) http.Handler

// Chain wraps h in the middlewares, the first one outermost.
func Chain(h http.Handler, list ...Middleware) http.Handler {
	for i := len(list) - 1; i >= 0; i-- {
		h = list[i](h)
	}
	return h
}

// Package bigdd speaks the public API of Big Digital Downloads and, in the
// same style, Purvey's native API. All of it lies under /public-api/v1.
//
// The vendor's are these 21 calls: digital-products (list, read, limits),
// orders (list, read, access, reset-downloads, resend-email, files of a line),
// license-keys (list, validate, add, assign, unassign, delete), files (list,
// upload, delete), download-links (create), downloads/stats and a customer's
// downloads. Everything else is native: what the vendor leaves to its
// administration pages, and what it lacks.
//
// register.go is the frame: every call passes the same checks in the same
// order (token, shop and role, rate, route, media type and size, form, object)
// before it reaches its handler. Handlers are methods of api in a file for
// each noun; the file's routes function lists them. error.go holds the shape
// of every refusal, wire.go how values are written, page.go how lists are cut
// and how query parameters are read.
//
// openapi/ describes every call. It is served as one document, with a page to
// read and try it, and the tests of this package check each exchange against
// it: a call that is added or changed fails them until the document says so.
package bigdd

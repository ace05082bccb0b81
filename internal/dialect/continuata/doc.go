// Package continuata speaks Continuata's Custom API: a merchant's server mints
// download tokens after a payment, lists purchases, fetches a report of
// downloads, and keeps products. The calls:
//
//	POST /api/generate-download-url   a token for one version, for a day
//	GET  /api/purchases               every purchase, a bare array
//	GET  /api/reports/downloads       CSV: from, to, productId, status, limit
//	GET  /api/products                pairs of a product and its active version
//	POST /api/products                a draft
//	PUT  /api/products/{productId}
//
// An organisation is a shop and its orgId the shop's slug; a product is known
// by its slug; a purchase is an order line, whatever it came by; a session is
// one copy of one file. Answers are the resource itself, without an envelope,
// and lists are whole, so they are written while they are read.
//
// A refusal is {"error": "…"} with its status, also where the answer would
// have been CSV. README.md walks through the calls with curl. Webhooks from
// stores, which this vendor keeps under /webhooks, are in internal/connect,
// and the page behind a token in internal/web/buyer.
package continuata

// Package publicala speaks the Orders API of Publica.la: permissions, sales
// that were paid elsewhere, and sales that are paid at a gateway. The calls of
// the first generation:
//
//	POST   /integration-api/v1/orders        201, the order in "data" and flat
//	GET    /integration-api/v1/orders        filters, page, per_page
//	GET    /integration-api/v1/orders/{id}   id_type=internal or external
//	PUT    /integration-api/v1/orders/{id}   201; product_id with product_type
//	DELETE /integration-api/v1/orders/{id}   reason, expiration_date
//
// and of the third, over the same orders:
//
//	GET    /api/v3/orders                    cursor, include, fields, sort, filter
//	GET    /api/v3/orders/{id}
//	POST   /api/v3/orders
//	POST   /api/v3/orders/bulk               1 to 100, each for itself
//	PUT    /api/v3/orders/{id}               200
//	DELETE /api/v3/orders/{id}
//
// The token goes into X-User-Token. A product is known by its external id,
// else by its slug; a user by the caller's id or the e-mail address. Orders
// made by other dialects are read here too, with the type "internal".
//
// A refusal of v1 is {"status", "errors": [{"title", "details"}]}, one of v3
// {"message", "errors": {field: [...]}}; what is wrong with a request is 422,
// a taken reference and an impossible change included. README.md walks through
// the calls with curl.
package publicala

// Package hlconnect speaks the Purchase API of HL Connect: a vendor's server
// validates a sale before payment, registers it after, polls until it is
// fulfilled, hands download and view URLs to its customer, and may cancel.
// The calls:
//
//	POST   /purchase/validate-purchase-before-payment   a one-time token
//	POST   /purchase/register                           201, empty
//	GET    /purchase/info          order_id             202, 200 or 502
//	GET    /purchase/download-url  order_id, order_line_id
//	GET    /purchase/view-url      order_id, order_line_id
//	DELETE /purchase/cancel        order_id, order_line_id
//	GET    /assets/list            page_size, last_id
//	GET    /health                 without a token
//
// An asset is a product, known by its number; order_id is the vendor's own
// order_number. Registered lines are made ready by a job, so that every answer
// comes at once; there is no webhook, the vendor polls. Orders that came by
// another dialect are read and canceled here by their number.
//
// Refusals have the four fields name, message, code and status; error.go has
// the codes. README.md walks through the calls with curl.
package hlconnect

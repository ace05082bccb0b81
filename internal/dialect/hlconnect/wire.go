package hlconnect

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"strconv"

	"purvey"
	"purvey/internal/httpjson"
	"purvey/internal/order"
)

// maxBody bounds a request's body; 200 parts take some 10 kB.
const maxBody = 1 << 20

// validateBody is the body of a validation. Fields that are absent or null
// stay nil.
type validateBody struct {
	AssetID    *int64  `json:"asset_id"`
	CustomerIP *string `json:"customer_ip"`
	Quantity   *int    `json:"quantity"`
}

func (b validateBody) request() (order.QuoteRequest, error) {
	var c purvey.Checker
	c.Require(b.AssetID != nil, "asset_id", "is required")
	c.Require(b.CustomerIP != nil, "customer_ip", "is required")
	c.Require(b.Quantity != nil, "quantity", "is required")
	if err := c.Err(); err != nil {
		return order.QuoteRequest{}, err
	}
	c.Require(inRange(*b.AssetID), "asset_id", "must be between 1 and %d", int64(order.MaxNumber))
	c.Require(*b.Quantity >= 1, "quantity", "must be 1 or more")
	ip, err := netip.ParseAddr(*b.CustomerIP)
	c.Require(err == nil && ip.Zone() == "", "customer_ip", "must be an IP address")
	return order.QuoteRequest{AssetID: *b.AssetID, IP: ip, Quantity: *b.Quantity}, c.Err()
}

// registerBody is the body of a registration.
type registerBody struct {
	Token         *string         `json:"token"`
	OrderNumber   *int64          `json:"order_number"`
	OrderLineID   *int64          `json:"order_line_id"`
	LineItemPrice json.RawMessage `json:"line_item_price"`
	UnitPrice     json.RawMessage `json:"unit_price"`
	Customer      *string         `json:"customer"`
	Parts         []partBody      `json:"parts"`

	old oldBody // only without a token
}

// oldBody is what a registration of the older API says beside the rest.
type oldBody struct {
	AssetID     *int64  `json:"asset_id"`
	CountryCode *string `json:"country_code"`
	Quantity    *int    `json:"quantity"`
}

type partBody struct {
	AssetID     *int64 `json:"asset_id"`
	OrderLineID *int64 `json:"order_line_id"`
}

func (b registerBody) registration() (order.Registration, error) {
	var c purvey.Checker
	terms := b.old.terms()
	c.Require(b.Token != nil || terms != nil, "token", "is required")
	c.Require(b.OrderNumber != nil, "order_number", "is required")
	c.Require(b.OrderLineID != nil, "order_line_id", "is required")
	linePrice := price(&c, "line_item_price", b.LineItemPrice)
	unitPrice := price(&c, "unit_price", b.UnitPrice)
	c.Require(b.Customer != nil, "customer", "is required")
	for i, p := range b.Parts {
		c.Require(p.AssetID != nil && inRange(*p.AssetID), "parts["+strconv.Itoa(i)+"].asset_id", "must be an asset's number")
		c.Require(p.OrderLineID != nil, "parts["+strconv.Itoa(i)+"].order_line_id", "is required")
	}
	if err := c.Err(); err != nil {
		return order.Registration{}, err
	}
	r := order.Registration{
		OrderNumber: *b.OrderNumber, LineNumber: *b.OrderLineID, UnitPrice: unitPrice, LinePrice: linePrice,
		Customer: *b.Customer, Terms: terms,
	}
	if b.Token != nil {
		if *b.Token == "" {
			return r, purvey.BadField("token", "must not be empty")
		}
		r.Token = *b.Token
	}
	for _, p := range b.Parts {
		r.Parts = append(r.Parts, order.RegisteredPart{AssetID: *p.AssetID, LineNumber: *p.OrderLineID})
	}
	return r, nil
}

// price reads a JSON number as it was sent; a number in a string is none.
func price(c *purvey.Checker, name string, raw json.RawMessage) json.Number {
	if len(raw) == 0 || string(raw) == "null" {
		c.Require(false, name, "is required")
		return ""
	}
	c.Require(raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9', name, "must be a number")
	return json.Number(raw)
}

// terms are what a quote would have settled; nil when they are not all there.
func (b oldBody) terms() *order.Terms {
	if b.AssetID == nil || b.CountryCode == nil || b.Quantity == nil || !inRange(*b.AssetID) || !isCountry(*b.CountryCode) {
		return nil
	}
	return &order.Terms{AssetID: *b.AssetID, Country: *b.CountryCode, Quantity: *b.Quantity}
}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

func inRange(n int64) bool { return n >= 1 && n <= order.MaxNumber }

// idParam reads a number from the query.
func idParam(q url.Values, name string) (int64, error) {
	text := q.Get(name)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !inRange(n) || strconv.FormatInt(n, 10) != text {
		return 0, errQuery{purvey.BadField(name, "must be an integer between 1 and %d", int64(order.MaxNumber))}
	}
	return n, nil
}

// The states of a line and of an order, in the vendor's words.
const (
	processing = "PROCESSING"
	completed  = "COMPLETED"
	failed     = "FAILED"
	canceled   = "CANCELED"
)

// statusOf is a line's state in the vendor's words. A paused line is complete
// and has no URLs.
func statusOf(l purvey.Line) string {
	switch l.Status {
	case purvey.LineActive, purvey.LinePaused:
		return completed
	case purvey.LineFailed:
		return failed
	case purvey.LineCanceled, purvey.LineRefunded:
		return canceled
	default:
		return processing
	}
}

// state is the answer about an order that is not there yet, or never will be.
type state struct {
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}

// item is one line of an order.
type item struct {
	OrderID       int64       `json:"order_id"`
	OrderLineID   int64       `json:"order_line_id"`
	AssetID       *int64      `json:"asset_id"`
	Customer      string      `json:"customer"`
	UnitPrice     json.Number `json:"unit_price"`
	LineItemPrice json.Number `json:"line_item_price"`
	Quantity      int         `json:"quantity"`
	CountryCode   *string     `json:"country_code"`
	DownloadURL   *string     `json:"download_url"`
	ViewURL       *string     `json:"view_url"`
	Status        string      `json:"status"`
}

// itemOf writes a line. Prices of a registered one stand as they were sent;
// those of other sources are computed.
func itemOf(number int64, r purvey.Right) item {
	l, notes := r.Line, r.Line.Notes()
	out := item{
		OrderID: number, OrderLineID: l.Number, Customer: r.Buyer(), UnitPrice: notes.UnitPrice, LineItemPrice: notes.LinePrice,
		Quantity: l.Quantity, CountryCode: orNull(l.Country), Status: statusOf(l),
	}
	if r.Product.AssetID != 0 {
		out.AssetID = &r.Product.AssetID
	}
	if out.UnitPrice == "" {
		out.UnitPrice = json.Number(purvey.FormatCents(l.PriceCents))
	}
	if out.LineItemPrice == "" {
		out.LineItemPrice = json.Number(purvey.FormatCents(l.PriceCents * int64(l.Quantity)))
	}
	return out
}

// orNull is null for "".
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// decode reads a body into v, a pointer.
func (r *request) decode(v any) error {
	return httpjson.Decode(r.Request, v, maxBody)
}

package continuata

import (
	"encoding/json"
	"net/http"
	"unicode/utf8"

	"purvey"
	"purvey/internal/httpjson"
	"purvey/internal/order"
)

// mintBody is the body of a call for a token. The vendor documents the first
// two fields; with the others the purchase is put on record, so that its
// customer finds it in the library.
type mintBody struct {
	ProductID     *string `json:"productId"`
	Version       *string `json:"version"`
	CustomerEmail *string `json:"customerEmail"`
	CustomerName  *string `json:"customerName"`
	OrderID       idText  `json:"orderId"`
}

// idText is an id that callers write as a string or as a number.
type idText string

// UnmarshalJSON implements json.Unmarshaler.
func (t *idText) UnmarshalJSON(b []byte) error {
	var n json.Number
	if len(b) > 0 && b[0] != '"' && json.Unmarshal(b, &n) == nil {
		*t = idText(n)
		return nil
	}
	return json.Unmarshal(b, (*string)(t))
}

type mintWire struct {
	Success       bool   `json:"success"`
	ProductID     string `json:"productId"`
	Version       string `json:"version"`
	DownloadToken string `json:"downloadToken"`
	DownloadURL   string `json:"downloadUrl"`
	ExpiresAt     string `json:"expiresAt"`
}

// maxText is the longest name or order id, in characters.
const maxText = 255

// mint serves CONT-01 and CONT-33.
func (a *api) mint(w http.ResponseWriter, r *request) error {
	var b mintBody
	if err := httpjson.Decode(r.Request, &b, maxBody); err != nil {
		return err
	}
	var bad purvey.Checker
	bad.Require(b.ProductID != nil && *b.ProductID != "", "productId", "is required")
	email, name := orEmpty(b.CustomerEmail), orEmpty(b.CustomerName)
	bad.Require(email == "" || purvey.ValidEmail(email), "customerEmail", "must be an e-mail address")
	bad.Require(utf8.RuneCountInString(name) <= maxText && sound(name), "customerName", "must be at most %d characters", maxText)
	bad.Require(utf8.RuneCountInString(string(b.OrderID)) <= maxText && sound(string(b.OrderID)), "orderId", "must be at most %d characters", maxText)
	if err := bad.Err(); err != nil {
		return err
	}
	if number := orEmpty(b.Version); !sound(*b.ProductID) || !sound(number) {
		return purvey.Errorf(purvey.NotFound, "No active manifest for that product")
	}
	ctx, scope := r.Context(), r.scope()
	p, v, err := a.Delivery.Mintable(ctx, scope, *b.ProductID, orEmpty(b.Version))
	if err != nil {
		return err
	}
	var line purvey.Line
	if email != "" {
		line, err = a.Orders.RecordPurchase(ctx, scope, order.Purchase{Product: p, Email: email, Name: name, Reference: string(b.OrderID)})
		if err != nil {
			return err
		}
	}
	m, err := a.Delivery.Mint(ctx, scope, p, v, line)
	if err != nil {
		return err
	}
	httpjson.Write(w, http.StatusOK, mintWire{
		Success: true, ProductID: p.Slug, Version: v.Version, DownloadToken: m.Text, DownloadURL: m.URL, ExpiresAt: wireTime(m.ExpiresAt),
	})
	return nil
}

// sound tells whether a text column can hold s.
func sound(s string) bool {
	for i := range len(s) {
		if s[i] == 0 {
			return false
		}
	}
	return utf8.ValidString(s)
}

// orEmpty is "" for null.
func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

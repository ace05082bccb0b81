package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/store"
)

// Registration tells of a sale that the caller has been paid for.
type Registration struct {
	Token       string      // of a quote
	Terms       *Terms      // what was sold, for callers without a quote; only if the shop's policy allows it
	OrderNumber int64       // the caller's own; several registrations may share one
	LineNumber  int64       // within the order
	UnitPrice   json.Number // both are kept as sent
	LinePrice   json.Number
	Customer    string // the buyer's name
	Parts       []RegisteredPart
}

// Terms is what a quote would have settled.
type Terms struct {
	AssetID  int64
	Country  string // ISO alpha-2
	Quantity int
}

// RegisteredPart is one member of an ensemble, sold on a line of its own.
type RegisteredPart struct {
	AssetID    int64
	LineNumber int64
}

// MaxParts is how many parts a registration may have.
const MaxParts = 200

// maxTotal bounds price times quantity, in hundredths.
const maxTotal = 1 << 53

// Register turns a quote into order lines that are made ready by a job: a new
// order with the number, or more lines of the one that is there. The quote is
// spent only if it succeeds, and of any number of registrations with one
// quote, or of one line, exactly one does. Refused in this order: form and
// quote (Invalid, by reason; Conflict when this quote made this very line),
// an asset gone (NotFound), parts that do not fit (Invalid), a line that is
// there (Conflict). Serves HL-10 to HL-18.
func (s *Service) Register(ctx context.Context, scope purvey.Scope, r Registration) (purvey.Order, error) {
	if err := r.check(); err != nil {
		return purvey.Order{}, err
	}
	var out purvey.Order
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, "order number "+scope.ShopID+"/"+string(scope.Mode)+"/"+strconv.FormatInt(r.OrderNumber, 10)); err != nil {
			return err
		}
		o, err := tx.OrderByNumber(ctx, scope, r.OrderNumber)
		found := err == nil
		if err != nil && !errors.Is(err, purvey.NotFound) {
			return err
		}
		q, p, err := s.sold(ctx, tx, scope, r, &o)
		if err != nil {
			return err
		}
		lines, err := s.registered(ctx, tx, scope, r, q, p)
		if err != nil {
			return err
		}
		if found {
			out, err = s.appendLines(ctx, tx, scope, o, lines)
		} else {
			out, err = s.placeRegistered(ctx, tx, scope, r, lines)
		}
		if err != nil || q.ID == "" {
			return err
		}
		l, _ := lineNumbered(&out, r.LineNumber)
		ok, err := tx.UseQuote(ctx, q.ID, out.ID, l.ID)
		if err == nil && !ok {
			err = quoteUsed()
		}
		return err
	})
	return out, err
}

// sold gives what is sold: by the quote, or by the terms where those are
// allowed. o is the order with the number, if there is one.
func (s *Service) sold(ctx context.Context, tx *store.Tx, scope purvey.Scope, r Registration, o *purvey.Order) (purvey.Quote, purvey.Product, error) {
	if r.Token == "" {
		p, err := s.soldByTerms(ctx, tx, scope, r.Terms)
		if err != nil {
			return purvey.Quote{}, p, err
		}
		return purvey.Quote{ProductID: p.ID, Quantity: r.Terms.Quantity, Country: r.Terms.Country}, p, nil
	}
	q, err := tx.LockQuote(ctx, purvey.HashToken(r.Token))
	switch {
	case errors.Is(err, purvey.NotFound):
		return q, purvey.Product{}, purvey.Because(purvey.Invalid, purvey.ReasonQuoteUnknown, quoteUnknown)
	case err != nil:
		return q, purvey.Product{}, err
	case q.ShopID != scope.ShopID || q.Mode != scope.Mode:
		return q, purvey.Product{}, purvey.Because(purvey.Invalid, purvey.ReasonQuoteForeign, quoteUnknown)
	case !q.UsedAt.IsZero():
		if l, ok := lineNumbered(o, r.LineNumber); ok && l.ID == q.LineID {
			return q, purvey.Product{}, lineTaken(r.LineNumber)
		}
		return q, purvey.Product{}, quoteUsed()
	case !tx.Now().Before(q.ExpiresAt):
		return q, purvey.Product{}, purvey.Because(purvey.Invalid, purvey.ReasonQuoteExpired, "The validation token expired at %s.", q.ExpiresAt.Format(time.RFC3339))
	}
	products, err := tx.ProductsByID(ctx, scope.ShopID, []string{q.ProductID})
	if err != nil {
		return q, purvey.Product{}, err
	}
	p, ok := products[q.ProductID]
	if !ok || !onSale(p) {
		return q, p, assetGone()
	}
	return q, p, nil
}

func (s *Service) soldByTerms(ctx context.Context, tx *store.Tx, scope purvey.Scope, t *Terms) (purvey.Product, error) {
	shop, err := tx.Shop(ctx, scope.ShopID)
	if err != nil {
		return purvey.Product{}, err
	}
	if t == nil || !shop.Settings.Policies.RegisterWithoutValidation {
		return purvey.Product{}, purvey.BadField("token", "is required")
	}
	return s.sellable(ctx, tx.Queries, scope, t.AssetID, t.Country, t.Quantity)
}

// registered gives the lines of a registration. Each part has its own; so has
// the whole, unless a part was given its number.
func (s *Service) registered(ctx context.Context, tx *store.Tx, scope purvey.Scope, r Registration, q purvey.Quote, p purvey.Product) ([]LineRequest, error) {
	price, _ := purvey.ParseCents(r.UnitPrice.String())
	if price > maxTotal/int64(q.Quantity) {
		return nil, purvey.BadField("unit_price", "is too large")
	}
	main := LineRequest{
		ProductID: p.ID, Quantity: q.Quantity, PriceCents: &price, Number: r.LineNumber, Country: q.Country, Fulfil: true,
		Extra: encode(purvey.LineNotes{Customer: r.Customer, UnitPrice: r.UnitPrice, LinePrice: r.LinePrice}),
	}
	if len(r.Parts) == 0 {
		return []LineRequest{main}, nil
	}
	goods, err := partsOf(ctx, tx, scope, r, p)
	if err != nil {
		return nil, err
	}
	free, whole := int64(0), true
	for _, part := range r.Parts {
		whole = whole && part.LineNumber != r.LineNumber
	}
	var lines []LineRequest
	if whole {
		lines = append(lines, main)
	}
	for i, part := range r.Parts {
		l := main
		l.ProductID, l.Number = goods[i].ID, part.LineNumber
		if part.LineNumber != r.LineNumber {
			// The price stands once, on the line the caller named.
			notes := purvey.LineNotes{Customer: r.Customer, UnitPrice: "0", LinePrice: "0"}
			if whole {
				notes.PartOf = r.LineNumber
			}
			l.PriceCents, l.Extra = &free, encode(notes)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// partsOf gives the products of a registration's parts, in their order.
func partsOf(ctx context.Context, tx *store.Tx, scope purvey.Scope, r Registration, p purvey.Product) ([]purvey.Product, error) {
	member := map[string]bool{}
	for _, part := range p.Parts {
		member[part.ProductID] = true
	}
	goods := make([]purvey.Product, len(r.Parts))
	for i, part := range r.Parts {
		g, err := asset(ctx, tx.Queries, scope, part.AssetID)
		switch {
		case err != nil:
			return nil, err
		case !onSale(g):
			return nil, assetGone()
		case !p.Partable || !member[g.ID]:
			return nil, partsRefused(i, "asset_id", "is not a part that asset %d is sold in", p.AssetID)
		}
		goods[i] = g
	}
	return goods, nil
}

func (s *Service) placeRegistered(ctx context.Context, tx *store.Tx, scope purvey.Scope, r Registration, lines []LineRequest) (purvey.Order, error) {
	shop, err := tx.Shop(ctx, scope.ShopID)
	if err != nil {
		return purvey.Order{}, err
	}
	first := min(len(lines), maxLines)
	o, err := s.PlaceIn(ctx, tx, scope, Request{
		Source: purvey.SourceHLConnect, Number: r.OrderNumber, Currency: shop.Settings.Shop.Currency,
		Customer: purvey.Customer{Firstname: r.Customer}, Lines: lines[:first],
	})
	if err != nil || first == len(lines) {
		return o, err
	}
	return s.appendLines(ctx, tx, scope, o, lines[first:])
}

// appendLines adds registered lines to the order that has their number.
func (s *Service) appendLines(ctx context.Context, tx *store.Tx, scope purvey.Scope, o purvey.Order, lines []LineRequest) (purvey.Order, error) {
	o, err := tx.LockOrder(ctx, scope, o.ID)
	if err != nil {
		return o, err
	}
	if o.Source != purvey.SourceHLConnect {
		return o, purvey.Because(purvey.Conflict, purvey.ReasonDuplicate, "Order number %d belongs to an order from elsewhere.", o.Number)
	}
	for _, lr := range lines {
		if _, taken := lineNumbered(&o, lr.Number); taken {
			return o, lineTaken(lr.Number)
		}
	}
	return s.addLines(ctx, tx, o, lines, false)
}

func (r *Registration) check() error {
	r.Customer = strings.TrimSpace(r.Customer)
	var c purvey.Checker
	c.Require(r.Token != "" || r.Terms != nil, "token", "is required")
	c.Require(r.OrderNumber >= 1 && r.OrderNumber <= MaxNumber, "order_number", "must be between 1 and %d", int64(MaxNumber))
	c.Require(r.LineNumber >= 1 && r.LineNumber <= MaxNumber, "order_line_id", "must be between 1 and %d", int64(MaxNumber))
	for name, n := range map[string]json.Number{"unit_price": r.UnitPrice, "line_item_price": r.LinePrice} {
		cents, ok := purvey.ParseCents(n.String())
		c.Require(ok && cents >= 0 && !strings.HasPrefix(n.String(), "-"), name, "must be 0 or more")
	}
	n := utf8.RuneCountInString(r.Customer)
	c.Require(n >= 1 && n <= maxText && utf8.ValidString(r.Customer) && !strings.ContainsRune(r.Customer, 0), "customer", "must be 1 to %d characters", maxText)
	c.Require(len(r.Parts) <= MaxParts, "parts", "must hold at most %d parts", MaxParts)
	if err := c.Err(); err != nil {
		return err
	}
	if r.Token != "" && !purvey.ValidQuoteText(r.Token) {
		return purvey.Because(purvey.Invalid, purvey.ReasonQuoteUnknown, quoteUnknown)
	}
	seen := map[int64]bool{}
	for i, p := range r.Parts {
		if p.LineNumber < 1 || p.LineNumber > MaxNumber {
			return partsRefused(i, "order_line_id", "must be between 1 and %d", int64(MaxNumber))
		}
		if seen[p.LineNumber] {
			return partsRefused(i, "order_line_id", "is given twice")
		}
		seen[p.LineNumber] = true
	}
	return nil
}

// MaxNumber is the largest number of an order or a line: what JavaScript can
// hold exactly.
const MaxNumber = 1<<53 - 1

func encode(n purvey.LineNotes) []byte {
	b, err := json.Marshal(n)
	if err != nil {
		return nil // only a number that is none can do this; check has seen them
	}
	return b
}

func lineNumbered(o *purvey.Order, number int64) (*purvey.Line, bool) {
	for i := range o.Lines {
		if o.Lines[i].Number == number {
			return &o.Lines[i], true
		}
	}
	return nil, false
}

// quoteUnknown is said of foreign quotes too, so that nobody learns that
// there is one.
const quoteUnknown = "The validation token is unknown."

func quoteUsed() error {
	return purvey.Because(purvey.Invalid, purvey.ReasonQuoteUsed, "The validation token was used already.")
}

func lineTaken(number int64) error {
	return purvey.Because(purvey.Conflict, purvey.ReasonDuplicate, "Line %d of this order is registered already.", number)
}

func assetGone() error {
	return purvey.Errorf(purvey.NotFound, "The asset is not on sale any more.")
}

func partsRefused(i int, field, format string, args ...any) error {
	name, m := fmt.Sprintf("parts[%d].%s", i, field), fmt.Sprintf(format, args...)
	return &purvey.Error{Kind: purvey.Invalid, Reason: purvey.ReasonParts, Detail: name + " " + m, Fields: []purvey.Field{{Name: name, Message: m}}}
}

package order

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"purvey"
	"purvey/internal/store"
)

// Request asks for an order. Zero values take the defaults named.
type Request struct {
	Source            purvey.Source // native
	Type              string
	Number            int64  // the shop's next free number
	Name              string // "#" and the number
	ExternalReference string
	GID               string
	Currency          string                 // USD
	Financial         purvey.FinancialStatus // PAID
	Risk              purvey.Risk
	Imported          bool
	CreatedAt         time.Time // now; only with Imported
	TotalCents        *int64    // the sum of the lines
	Customer          purvey.Customer
	NeedEmail         bool // refuse a customer without an address
	SendEmail         bool
	Lines             []LineRequest
	Extra             []byte
}

// LineRequest asks for one line.
type LineRequest struct {
	ProductID  string
	Quantity   int    // 1
	PriceCents *int64 // of one unit; the product's own
	Number     int64  // 1, 2, … in the order given
	GID        string
	Country    string
	VersionID  string // pins a version; "" follows the active one
	ExpiresAt  time.Time
	Fulfil     bool // made ready by a job; processing until then
	Extra      []byte
}

// Bounds of an order.
const (
	maxLines    = 200
	maxQuantity = 100_000
	maxPrice    = 1 << 50 // cents per unit
	maxText     = 255
	firstNumber = 1001
)

// Place takes an order: wholly, once, and durable when it answers. A paid
// order's goods are released in the same transaction unless something holds
// them back. Refused with Invalid when a field is, NotFound when a product is
// unknown, Conflict when number, name or reference is taken. Serves BDD-50.
func (s *Service) Place(ctx context.Context, scope purvey.Scope, r Request) (purvey.Order, error) {
	if err := r.check(); err != nil {
		return purvey.Order{}, err
	}
	var placed purvey.Order
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		placed, err = s.PlaceIn(ctx, tx, scope, r)
		return err
	})
	return placed, err
}

// PlaceIn is Place inside a running transaction, for callers with more to
// write together with the order.
func (s *Service) PlaceIn(ctx context.Context, tx *store.Tx, scope purvey.Scope, r Request) (purvey.Order, error) {
	if err := r.check(); err != nil {
		return purvey.Order{}, err
	}
	products, err := s.products(ctx, tx, scope, r.Lines)
	if err != nil {
		return purvey.Order{}, err
	}
	now := tx.Now()
	o := purvey.Order{
		ID: tx.NewID(), ShopID: scope.ShopID, Mode: scope.Mode, Number: r.Number, Name: r.Name,
		ExternalReference: r.ExternalReference, GID: r.GID, Source: r.Source, Type: r.Type, Currency: r.Currency, Financial: r.Financial,
		Risk: r.Risk, Imported: r.Imported, Customer: r.Customer, CreatedAt: now, UpdatedAt: now, Extra: r.Extra,
	}
	o.UUID = purvey.UUIDOf(o.ID)
	if r.Imported && !r.CreatedAt.IsZero() {
		o.CreatedAt = r.CreatedAt
	}
	if err := tx.TakeCustomer(ctx, scope, &o.Customer); err != nil {
		return purvey.Order{}, err
	}
	for i, lr := range r.Lines {
		o.Lines = append(o.Lines, lr.line(tx, &o, products[lr.ProductID], int64(i+1)))
	}
	if o.TotalCents, err = total(&o, r.TotalCents); err != nil {
		return purvey.Order{}, err
	}
	if o.Financial.WasPaid() {
		o.PaidAt = o.CreatedAt
	}
	if err := weighRisk(ctx, tx, &o); err != nil {
		return purvey.Order{}, err
	}
	if err := s.insert(ctx, tx, scope, &o); err != nil {
		return purvey.Order{}, err
	}
	for i := range o.Lines {
		switch o.Financial {
		case purvey.Refunded:
			o.Lines[i].RefundedQuantity, o.Lines[i].Status = o.Lines[i].Quantity, purvey.LineRefunded
		case purvey.Voided, purvey.FinancialExpired:
			o.Lines[i].Status = purvey.LineCanceled
		}
	}
	if purvey.ActorOf(ctx).Type == purvey.ActorMember {
		with := purvey.AuditFields{"customer.email": o.Customer.Email, "financial_status": o.Financial, "total_cents": o.TotalCents}
		if err := auditAct(ctx, tx, actionPlaced, with, &o); err != nil {
			return purvey.Order{}, err
		}
	}
	// Keys are bound to lines below, so the lines are written after them; the
	// event of the purchase is told before that of the delivery.
	out := release{s: s, tx: tx, order: &o, products: products, silent: r.Imported && !r.SendEmail, noMail: !r.SendEmail, fresh: true}
	return o, out.run(ctx, r.Lines)
}

// addLines adds lines to a locked order and releases them if it is paid. It
// tells of no purchase: the order itself was told when it was placed.
func (s *Service) addLines(ctx context.Context, tx *store.Tx, o purvey.Order, lines []LineRequest, mail bool) (purvey.Order, error) {
	products, err := s.products(ctx, tx, scopeOf(&o), lines)
	if err != nil {
		return o, err
	}
	added := o
	added.Lines = nil
	for _, lr := range lines {
		l := lr.line(tx, &o, products[lr.ProductID], lr.Number)
		o.TotalCents += l.PriceCents * int64(l.Quantity)
		added.Lines = append(added.Lines, l)
	}
	if o.Financial == purvey.Refunded { // something is paid for again
		o.Financial, added.Financial = purvey.PartiallyRefunded, purvey.PartiallyRefunded
	}
	if err := tx.UpdateOrder(ctx, &o); err != nil {
		return o, err
	}
	out := release{s: s, tx: tx, order: &added, products: products, silent: true, noMail: !mail, fresh: true}
	if err := out.run(ctx, lines); err != nil {
		return o, err
	}
	o.Lines = append(o.Lines, added.Lines...)
	return o, nil
}

// products reads the products of the lines; an unknown one is NotFound.
func (s *Service) products(ctx context.Context, tx *store.Tx, scope purvey.Scope, lines []LineRequest) (map[string]purvey.Product, error) {
	ids := make([]string, len(lines))
	for i, l := range lines {
		ids[i] = l.ProductID
	}
	products, err := tx.SoldProducts(ctx, scope.ShopID, ids)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		if _, ok := products[id]; !ok {
			e := purvey.Missing("digital product")
			e.Fields = []purvey.Field{{Name: fmt.Sprintf("lines.%d.digital_product_id", i), Message: "is unknown"}}
			return nil, e
		}
	}
	return products, nil
}

// insert writes the order under its number and name: those that were given,
// else the next free number and its name. What is taken is looked for only
// when the row was refused.
func (s *Service) insert(ctx context.Context, tx *store.Tx, scope purvey.Scope, o *purvey.Order) error {
	given, named := o.Number != 0, o.Name != ""
	for {
		if !given {
			n, err := tx.NextNumber(ctx, scope.ShopID, "order/"+string(scope.Mode), firstNumber-1)
			if err != nil {
				return err
			}
			o.Number = n
		}
		if !named {
			o.Name = "#" + strconv.FormatInt(o.Number, 10)
		}
		if written, err := tx.InsertOrder(ctx, o); err != nil || written {
			return err
		}
		if _, err := tx.OrderByReference(ctx, scope, o.ExternalReference); err == nil {
			return purvey.Because(purvey.Conflict, purvey.ReasonReferenceUsed, "an order with this external_reference exists already")
		}
		if named {
			if _, err := tx.OrderByName(ctx, scope, o.Name); err == nil {
				return purvey.Because(purvey.Conflict, purvey.ReasonDuplicate, "an order with this name exists already")
			}
		}
		if given {
			return purvey.Because(purvey.Conflict, purvey.ReasonDuplicate, "an order with this number or name exists already")
		}
	}
}

func (lr LineRequest) line(tx *store.Tx, o *purvey.Order, p purvey.Product, number int64) purvey.Line {
	l := purvey.Line{
		ID: tx.NewID(), OrderID: o.ID, Number: number, ProductID: p.ID, ProductName: p.Name, Delivering: p.Delivering, Access: p.Access,
		Quantity: max(lr.Quantity, 1), PriceCents: p.PriceCents, GID: lr.GID, Status: purvey.LineUnpaid, ExpiresAt: lr.ExpiresAt,
		Country: lr.Country, VersionID: lr.VersionID, Extra: lr.Extra, CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
	}
	if lr.Number != 0 {
		l.Number = lr.Number
	}
	if lr.PriceCents != nil {
		l.PriceCents = *lr.PriceCents
	}
	return l
}

func total(o *purvey.Order, given *int64) (int64, error) {
	if given != nil {
		return *given, nil
	}
	var sum int64
	for _, l := range o.Lines {
		if l.PriceCents > (purvey.MaxCents-sum)/int64(l.Quantity) { // the product might overflow
			return 0, purvey.BadField("lines", "must cost at most %d cents in all", int64(purvey.MaxCents))
		}
		sum += l.PriceCents * int64(l.Quantity)
	}
	return sum, nil
}

func (r *Request) check() error {
	if r.Source == "" {
		r.Source = purvey.SourceNative
	}
	if r.Currency == "" {
		r.Currency = "USD"
	}
	if r.Financial == "" {
		r.Financial = purvey.Paid
	}
	var c purvey.Checker
	if r.NeedEmail || r.Customer.Email != "" {
		c.Require(purvey.ValidEmail(r.Customer.Email), "customer.email", "must be an e-mail address")
	}
	c.Require(r.Name == "" || purvey.Fold(strings.TrimPrefix(r.Name, "#")) != "" && !strings.ContainsFunc(r.Name, unicode.IsControl), "name", "must not be blank or hold control characters")
	for name, text := range map[string]string{
		"customer.firstname": r.Customer.Firstname, "customer.lastname": r.Customer.Lastname, "customer.locale": r.Customer.Locale,
		"customer.gid": r.Customer.GID, "name": r.Name, "gid": r.GID, "external_reference": r.ExternalReference,
	} {
		c.Require(utf8.RuneCountInString(text) <= maxText && utf8.ValidString(text), name, "must be at most %d characters", maxText)
	}
	c.Require(purvey.ValidCurrency(r.Currency), "currency", "must be an ISO 4217 code such as USD")
	c.Require(known(r.Financial, purvey.FinancialStatuses()), "financial_status", "is not a known status")
	c.Require(r.Risk == "" || known(r.Risk, []purvey.Risk{purvey.RiskLow, purvey.RiskMedium, purvey.RiskHigh}), "risk_level", "must be LOW, MEDIUM or HIGH")
	c.Require(r.Imported || r.CreatedAt.IsZero(), "created_at", "may be given only with is_imported")
	c.Require(len(r.Lines) >= 1 && len(r.Lines) <= maxLines, "lines", "must hold 1 to %d lines", maxLines)
	for i, l := range r.Lines {
		at := fmt.Sprintf("lines.%d.", i)
		c.Require(l.ProductID != "", at+"digital_product_id", "is required")
		c.Require(l.Quantity >= 0 && l.Quantity <= maxQuantity, at+"quantity", "must be between 1 and %d", maxQuantity)
		c.Require(l.PriceCents == nil || (*l.PriceCents >= 0 && *l.PriceCents <= maxPrice), at+"price_cents", "must be between 0 and %d", int64(maxPrice))
		c.Require(utf8.RuneCountInString(l.GID) <= maxText, at+"gid", "must be at most %d characters", maxText)
	}
	return c.Err()
}

func known[T comparable](v T, all []T) bool {
	for _, x := range all {
		if x == v {
			return true
		}
	}
	return false
}

package order

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"purvey"
	"purvey/internal/store"
)

// Publication asks for an order as Publica.la's wire does.
type Publication struct {
	Type      string // purvey.TypePermission, TypeReport or TypeSale
	Reference string // the caller's own id
	ReturnURL string // where a checkout leads back to
	Price     *int64 // of the order, in hundredths; nil: none was given
	Currency  string // "": none was given
	UserID    string // the caller's id of the user
	UserEmail string
	Items     []PublishedItem
}

// PublishedItem is one product of a publication.
type PublishedItem struct {
	Price     *int64
	Currency  string
	ExpiresAt time.Time // access ends; zero: never by itself
}

// Publish places an order: paid and released at once, but a sale, which waits
// for its payment. product gives the product of an item and may make it; its
// ctx carries the transaction of the order, so that user, product and order
// are there together or not at all. It may be called again.
//
// The user is the customer with the id, else the one with the address, who
// takes the id; one whose id is another is refused (ReasonUserMismatch). A
// known user keeps the address the shop has. A reference that is taken is
// Conflict (ReasonReferenceUsed).
func (s *Service) Publish(ctx context.Context, scope purvey.Scope, p Publication, product func(ctx context.Context, item int) (purvey.Product, error)) (purvey.Order, error) {
	var placed purvey.Order
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		customer, err := s.user(ctx, tx, scope, p.UserID, p.UserEmail)
		if err != nil {
			return err
		}
		r, err := p.request(tx.With(ctx), customer, product)
		if err != nil {
			return err
		}
		placed, err = s.PlaceIn(ctx, tx, scope, r)
		return err
	})
	return placed, err
}

func (p Publication) request(ctx context.Context, customer purvey.Customer, product func(ctx context.Context, item int) (purvey.Product, error)) (Request, error) {
	notes, err := json.Marshal(purvey.PublicationNotes{ReturnURL: p.ReturnURL, Priced: p.Price != nil, Currency: p.Currency != ""})
	if err != nil {
		return Request{}, err
	}
	r := Request{
		Source: purvey.SourcePublicala, Type: p.Type, ExternalReference: p.Reference, Currency: p.Currency, Financial: purvey.Paid,
		TotalCents: p.Price, Customer: customer, SendEmail: true, Extra: notes,
	}
	if p.Type == purvey.TypeSale {
		r.Financial = purvey.Pending
	}
	var free int64
	if r.TotalCents == nil {
		r.TotalCents = &free // what was given away brought nothing in
	}
	for i, item := range p.Items {
		goods, err := product(ctx, i)
		if err != nil {
			return r, err
		}
		price, err := json.Marshal(purvey.PublishedPrice{Unpriced: item.Price == nil, Currency: item.Currency})
		if err != nil {
			return r, err
		}
		l := LineRequest{ProductID: goods.ID, PriceCents: item.Price, ExpiresAt: item.ExpiresAt, Extra: price}
		if l.PriceCents == nil {
			l.PriceCents = &free
		}
		r.Lines = append(r.Lines, l)
	}
	return r, nil
}

// user gives the customer that an id and an address mean, known or not.
func (s *Service) user(ctx context.Context, tx *store.Tx, scope purvey.Scope, id, email string) (purvey.Customer, error) {
	c := purvey.Customer{ExternalID: id, Email: email}
	locks := []string{"id " + id, "email " + purvey.Fold(email)}
	for _, name := range slices.Sorted(slices.Values(locks)) { // in one order everywhere, so that no two wait for each other
		if err := tx.Lock(ctx, "user "+scope.ShopID+"/"+string(scope.Mode)+"/"+name); err != nil {
			return c, err
		}
	}
	found, err := tx.CustomerByExternalID(ctx, scope, id)
	if errors.Is(err, purvey.NotFound) {
		found, err = tx.CustomerByEmail(ctx, scope, email)
		if err == nil && id != "" && found.ExternalID != "" {
			e := purvey.Because(purvey.Invalid, purvey.ReasonUserMismatch, "another user id belongs to this e-mail address")
			e.Fields = []purvey.Field{{Name: "user.id", Message: "is not the one that belongs to user.email"}}
			return c, e
		}
	}
	switch {
	case errors.Is(err, purvey.NotFound):
		return c, nil
	case err != nil:
		return c, err
	}
	if found.Email == "" && email != "" {
		if found.Email, err = s.address(ctx, tx, scope, found.ID, email); err != nil {
			return c, err
		}
	}
	if id != "" {
		found.ExternalID = id
	}
	return found, nil
}

// address gives a customer without an address the one that is now told, unless
// it is another's.
func (s *Service) address(ctx context.Context, tx *store.Tx, scope purvey.Scope, customerID, email string) (string, error) {
	_, err := tx.CustomerByEmail(ctx, scope, email)
	if !errors.Is(err, purvey.NotFound) {
		return "", err
	}
	return email, tx.SetCustomerEmail(ctx, customerID, email)
}

// User makes sure of the customer with the id, for one who signs in, and gives
// them. It is refused like a publication.
func (s *Service) User(ctx context.Context, scope purvey.Scope, id, email string) (purvey.Customer, error) {
	var c purvey.Customer
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if c, err = s.user(ctx, tx, scope, id, email); err != nil {
			return err
		}
		return tx.TakeCustomer(ctx, scope, &c)
	})
	return c, err
}

// OrdersAt lists whole orders, newest first, from an offset on, and counts
// all that the filter leaves.
func (s *Service) OrdersAt(ctx context.Context, scope purvey.Scope, f Filter, offset, limit int) ([]purvey.Order, int, error) {
	return s.db.OrdersAt(ctx, scope, f, offset, limit)
}

// Cursor is a place in a list of orders that is sorted by time.
type Cursor = store.OrderCursor

// OrdersFrom lists whole orders from a place on, or up to it.
func (s *Service) OrdersFrom(ctx context.Context, scope purvey.Scope, f Filter, c Cursor, limit int) (purvey.Listed[purvey.Order], error) {
	return s.db.OrdersFrom(ctx, scope, f, c, limit)
}

// CustomerByExternalID gives the customer with the caller's user id.
func (s *Service) CustomerByExternalID(ctx context.Context, scope purvey.Scope, id string) (purvey.Customer, error) {
	return s.db.CustomerByExternalID(ctx, scope, id)
}

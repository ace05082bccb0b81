package order

import (
	"context"
	"errors"

	"purvey"
	"purvey/internal/store"
)

// Purchase asks for a sale of one product to be on record.
type Purchase struct {
	Product   purvey.Product
	Email     string // required
	Name      string
	Reference string // the caller's order id; "" none
}

// RecordPurchase gives the order line of a purchase, which it places, paid and
// without a mail, unless it is on record: the line of the product in the order
// with the reference or, without one, in an order of that address that has
// none. A purchase that has ended (refunded, canceled) is a Conflict where it
// is named by a reference; else it is a new one. Serves CONT-33.
func (s *Service) RecordPurchase(ctx context.Context, scope purvey.Scope, p Purchase) (purvey.Line, error) {
	if !purvey.ValidEmail(p.Email) {
		return purvey.Line{}, purvey.BadField("customerEmail", "must be an e-mail address")
	}
	var line purvey.Line
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		name := "reference " + p.Reference
		if p.Reference == "" {
			name = "email " + purvey.Fold(p.Email)
		}
		if err := tx.Lock(ctx, "purchase "+scope.ShopID+"/"+string(scope.Mode)+"/"+name); err != nil {
			return err
		}
		line, err = s.recordPurchase(ctx, tx, scope, p)
		return err
	})
	return line, err
}

func (s *Service) recordPurchase(ctx context.Context, tx *store.Tx, scope purvey.Scope, p Purchase) (purvey.Line, error) {
	if p.Reference == "" {
		l, err := standing(ctx, tx, scope, p)
		if err != nil || l.ID != "" {
			return l, err
		}
		return s.placePurchase(ctx, tx, scope, p)
	}
	o, err := tx.OrderByReference(ctx, scope, p.Reference)
	if errors.Is(err, purvey.NotFound) {
		return s.placePurchase(ctx, tx, scope, p)
	}
	if err == nil {
		o, err = tx.LockOrder(ctx, scope, o.ID)
	}
	if err != nil {
		return purvey.Line{}, err
	}
	if purvey.Fold(o.Customer.Email) != purvey.Fold(p.Email) {
		return purvey.Line{}, purvey.Because(purvey.Conflict, purvey.ReasonReferenceUsed, "the order %s is another customer's", p.Reference)
	}
	var number int64
	for _, l := range o.Lines {
		number = max(number, l.Number)
		switch {
		case l.ProductID != p.Product.ID:
		case over(l):
			return purvey.Line{}, purvey.Because(purvey.Conflict, purvey.ReasonRefunded, "the purchase of %s in the order %s was refunded or canceled", p.Product.Slug, p.Reference)
		default:
			return l, nil
		}
	}
	if o.Source != purvey.SourceContinuata || !o.Releasable() {
		return purvey.Line{}, purvey.Because(purvey.Conflict, purvey.ReasonReferenceUsed, "the order %s has no purchase of %s", p.Reference, p.Product.Slug)
	}
	o, err = s.addLines(ctx, tx, o, []LineRequest{{ProductID: p.Product.ID, Number: number + 1}}, false)
	if err != nil {
		return purvey.Line{}, err
	}
	return o.Lines[len(o.Lines)-1], nil
}

// standing finds a purchase without a reference that has not ended.
func standing(ctx context.Context, tx *store.Tx, scope purvey.Scope, p Purchase) (purvey.Line, error) {
	f := store.OrderFilter{Email: p.Email, Source: string(purvey.SourceContinuata), Products: []string{p.Product.ID}}
	page := purvey.Page{Limit: 100}
	for {
		found, err := tx.Orders(ctx, scope, f, page)
		if err != nil {
			return purvey.Line{}, err
		}
		for _, o := range found.Items {
			page.AfterID = o.ID
			for _, l := range o.Lines {
				if o.ExternalReference == "" && l.ProductID == p.Product.ID && !over(l) {
					return l, nil
				}
			}
		}
		if !found.HasMore {
			return purvey.Line{}, nil
		}
	}
}

func over(l purvey.Line) bool {
	return l.Status == purvey.LineRefunded || l.Status == purvey.LineCanceled
}

func (s *Service) placePurchase(ctx context.Context, tx *store.Tx, scope purvey.Scope, p Purchase) (purvey.Line, error) {
	c := purvey.Customer{Email: p.Email}
	c.Firstname, c.Lastname = purvey.SplitName(p.Name)
	o, err := s.PlaceIn(ctx, tx, scope, Request{
		Source: purvey.SourceContinuata, ExternalReference: p.Reference, Currency: p.Product.Currency, Customer: c, NeedEmail: true,
		Lines: []LineRequest{{ProductID: p.Product.ID}},
	})
	if err != nil {
		return purvey.Line{}, err
	}
	return o.Lines[0], nil
}

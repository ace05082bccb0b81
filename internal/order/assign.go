package order

import (
	"context"
	"errors"
	"strings"
	"time"

	"purvey"
	"purvey/internal/store"
)

// MaxAssignments bounds the rows of one assignment.
const MaxAssignments = 5000

// Assignment gives one product to one person.
type Assignment struct {
	Customer  purvey.Customer
	ProductID string
	ExpiresAt time.Time     // access ends; zero: never by itself
	Refused   *purvey.Error // what the caller has found wrong already
}

// Assigned is what became of one assignment.
type Assigned struct {
	OrderID string
	Err     *purvey.Error // why there is no order; nil when there is one
}

// Assign gives products to people by hand: each row is an approved permission
// order of its own, which is no sale and passes no gateway. What is wrong with
// one row stops none of the others; only trouble of ours does, as the error.
// Then rows that were done stay done, unless ctx carries a transaction. Serves
// PUB-42.
func (s *Service) Assign(ctx context.Context, scope purvey.Scope, rows []Assignment, mail bool) ([]Assigned, error) {
	out := make([]Assigned, len(rows))
	ids := make([]string, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, r.ProductID)
	}
	products := map[string]purvey.Product{}
	const piece = 100
	for len(ids) > 0 {
		n := min(len(ids), piece)
		found, err := s.db.ProductsByID(ctx, scope.ShopID, ids[:n])
		if err != nil {
			return nil, err
		}
		for id, p := range found {
			products[id] = p
		}
		ids = ids[n:]
	}
	for first := 0; first < len(rows); first += piece {
		last := min(first+piece, len(rows))
		err := s.db.Tx(store.Later(ctx), func(tx *store.Tx) error {
			for i := first; i < last; i++ {
				id, err := s.assign(ctx, tx, scope, rows[i], products, mail)
				var refused *purvey.Error
				if errors.As(err, &refused) && refused.Kind != purvey.Unavailable && refused.Kind != purvey.NoSpace && refused.Cause == nil {
					out[i] = Assigned{Err: refused}
				} else if err != nil {
					return err
				} else {
					out[i] = Assigned{OrderID: id}
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// assign makes one order. All that may be refused is refused before anything
// is written.
func (s *Service) assign(ctx context.Context, tx *store.Tx, scope purvey.Scope, a Assignment, products map[string]purvey.Product, mail bool) (string, error) {
	a.Customer.Email = strings.TrimSpace(a.Customer.Email)
	r := Request{
		Source: purvey.SourceNative, Type: purvey.TypePermission, Customer: a.Customer, NeedEmail: true, SendEmail: mail, TotalCents: new(int64),
		Lines: []LineRequest{{ProductID: a.ProductID, PriceCents: new(int64), ExpiresAt: a.ExpiresAt}},
	}
	switch p, known := products[a.ProductID]; {
	case a.Refused != nil:
		return "", a.Refused
	case a.ProductID == "":
		return "", purvey.BadField("digital_product_id", "is required")
	case !known || p.IsArchived:
		e := purvey.Missing("digital product")
		e.Fields = []purvey.Field{{Name: "digital_product_id", Message: "is unknown"}}
		return "", e
	}
	if err := r.check(); err != nil {
		return "", err
	}
	o, err := s.PlaceIn(ctx, tx, scope, r)
	return o.ID, err
}

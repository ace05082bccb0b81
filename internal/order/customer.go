package order

import (
	"context"
	"time"

	"purvey"
	"purvey/internal/store"
)

// Customer is a customer with what they bought.
type Customer struct {
	purvey.Customer
	Totals store.CustomerTotals
}

// Customers lists customers, those that a text names if it is not "": a whole
// address or external id, or a part of the address or name of one of the newest
// 50,000.
func (s *Service) Customers(ctx context.Context, scope purvey.Scope, text string, p purvey.Page) (purvey.Listed[Customer], error) {
	var page purvey.Listed[purvey.Customer]
	var err error
	if text == "" {
		page, err = s.db.Customers(ctx, scope, "", p)
	} else {
		page, err = s.db.FindCustomers(ctx, scope, text, p)
	}
	if err != nil {
		return purvey.Listed[Customer]{}, err
	}
	ids := make([]string, len(page.Items))
	for i, c := range page.Items {
		ids[i] = c.ID
	}
	totals, err := s.db.CustomerTotals(ctx, ids)
	out := purvey.Listed[Customer]{HasMore: page.HasMore}
	for _, c := range page.Items {
		out.Items = append(out.Items, Customer{c, totals[c.ID]})
	}
	return out, err
}

// Customer gives a customer and their sessions in the library, newest first. A
// library belongs to the shop's live mode, and sessions to an address.
func (s *Service) Customer(ctx context.Context, scope purvey.Scope, id string) (Customer, []purvey.Session, error) {
	c, err := s.db.Customer(ctx, scope, id)
	if err != nil {
		return Customer{}, nil, err
	}
	totals, err := s.db.CustomerTotals(ctx, []string{id})
	if err != nil {
		return Customer{}, nil, err
	}
	var sessions []purvey.Session
	if c.Email != "" && scope.Mode == purvey.Live {
		sessions, err = s.db.SessionsOf(ctx, scope.ShopID, c.Email, s.db.Now())
	}
	return Customer{c, totals[id]}, sessions, err
}

// SignOutCustomer ends every session of a customer in the library. It is safe
// to run twice.
func (s *Service) SignOutCustomer(ctx context.Context, scope purvey.Scope, id string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		c, err := tx.Customer(ctx, scope, id)
		if err != nil || c.Email == "" || scope.Mode != purvey.Live {
			return err
		}
		if err := tx.DeleteSessionsOf(ctx, scope.ShopID, purvey.Fold(c.Email)); err != nil {
			return err
		}
		return tx.Audit(ctx, purvey.AuditEntry{
			ShopID: scope.ShopID, Mode: scope.Mode, Action: "customer.signed_out", Object: purvey.AuditObject{Type: "customer", ID: c.ID, Name: c.Email},
		})
	})
}

// SignOutDevice ends one session of a customer in the library, named by its id.
// One that is not theirs, or has ended, ends nothing.
func (s *Service) SignOutDevice(ctx context.Context, scope purvey.Scope, id, sessionID string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		c, err := tx.Customer(ctx, scope, id)
		if err != nil || c.Email == "" || scope.Mode != purvey.Live {
			return err
		}
		if ended, err := tx.DeleteSessionOf(ctx, scope.ShopID, purvey.Fold(c.Email), sessionID); err != nil || !ended {
			return err
		}
		return tx.Audit(ctx, purvey.AuditEntry{
			ShopID: scope.ShopID, Mode: scope.Mode, Action: "customer.signed_out", Object: purvey.AuditObject{Type: "customer", ID: c.ID, Name: c.Email},
		})
	})
}

// DeactivateCustomer keeps a customer out, or lets them in again: who is
// deactivated is signed out of the library and cannot sign in, and none of
// their orders gives its goods; nothing else of the orders changes, and new
// ones are taken as ever. Safe to run again.
func (s *Service) DeactivateCustomer(ctx context.Context, scope purvey.Scope, id string, off bool) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		c, err := tx.Customer(ctx, scope, id)
		if err != nil || off != c.DeactivatedAt.IsZero() {
			return err
		}
		var since time.Time
		action, before, after := "customer.reactivated", "deactivated", "active"
		if off {
			since, action, before, after = tx.Now(), "customer.deactivated", after, before
		}
		if err := tx.DeactivateCustomer(ctx, c.ID, since); err != nil {
			return err
		}
		if off && c.Email != "" && scope.Mode == purvey.Live {
			if err := tx.DeleteSessionsOf(ctx, scope.ShopID, purvey.Fold(c.Email)); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, purvey.AuditEntry{
			ShopID: scope.ShopID, Mode: scope.Mode, Action: action, Object: purvey.AuditObject{Type: "customer", ID: c.ID, Name: c.Email},
			Before: purvey.AuditFields{"state": before}, After: purvey.AuditFields{"state": after},
		})
	})
}

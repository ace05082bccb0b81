// Package overview is what a merchant sees first: what needs a hand, how the
// shop does, what is still to be set up, and one search over everything.
//
// Figures are summed from kept counts of quarters of an hour and days, which a
// job makes of orders, downloads and keys that change no more; what is younger,
// or was changed since, is counted from the rows themselves. Either way the
// answer is what counting all rows would give.
package overview

import (
	"context"
	"time"

	"purvey"
	"purvey/internal/store"
)

// Service works on one database.
type Service struct {
	db      *store.DB
	mail    bool
	storage func(context.Context) error
}

// Options say what the service needs beside the database.
type Options struct {
	Mail    bool                        // a mail server is set; otherwise every message is kept
	Storage func(context.Context) error // a round trip through the storage; nil always succeeds
}

// New makes the service.
func New(db *store.DB, o Options) *Service {
	return &Service{db: db, mail: o.Mail, storage: o.Storage}
}

// Now is the clock that periods are taken from.
func (s *Service) Now() time.Time { return s.db.Now() }

// Hit is something that a search found.
type Hit = store.Hit

// Found is what a search found, at most five of each sort.
type Found struct {
	Orders, Customers, Products, Files, LicenseKeys []Hit
}

const hitsShown = 5

// Search looks for a text of at least two characters. Orders are found by their
// whole name, number, address or reference however old they are, and by any
// part of these if they are among the newest 100,000; customers likewise by
// address and name among the newest 50,000; products and files by a part of
// the name among the newest 20,000; licence keys by how they begin.
func (s *Service) Search(ctx context.Context, scope purvey.Scope, text string) (Found, error) {
	var f Found
	var err error
	if f.Orders, err = s.db.SearchOrders(ctx, scope, text, hitsShown); err != nil {
		return f, err
	}
	customers, err := s.db.FindCustomers(ctx, scope, text, purvey.Page{Limit: hitsShown})
	if err != nil {
		return f, err
	}
	for _, c := range customers.Items {
		h := Hit{ID: c.ID, Title: c.Email, Sub: c.FullName()}
		if h.Title == "" {
			h.Title, h.Sub = h.Sub, ""
		}
		f.Customers = append(f.Customers, h)
	}
	if f.Products, err = s.db.SearchProducts(ctx, scope.ShopID, text, hitsShown); err != nil {
		return f, err
	}
	if f.Files, err = s.db.SearchFiles(ctx, scope.ShopID, text, hitsShown); err != nil {
		return f, err
	}
	f.LicenseKeys, err = s.db.SearchKeys(ctx, scope, text, hitsShown)
	return f, err
}

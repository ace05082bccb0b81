// Package order is the life of an order: it is placed once, its goods are
// released when nothing holds them back, and it may be paid later, refunded by
// the unit, closed, opened and sent again. [Service.Place] is the only way in,
// whatever dialect or store an order comes from.
//
// What is true together is written in one transaction: an order, its lines,
// the keys they hold, the events that tell of it and the mail that is due.
package order

import (
	"context"
	"time"

	"purvey"
	"purvey/internal/region"
	"purvey/internal/store"
)

// Service works on one database.
type Service struct {
	db      *store.DB
	pageURL func(purvey.Shop, purvey.Order) string
	mail    bool
	region  *region.Database
	ready   func(ctx context.Context, digest string) error
	prepare func(ctx context.Context, r purvey.Right, f purvey.File) error
}

// Options say what the service needs beside the database.
type Options struct {
	PageURL func(purvey.Shop, purvey.Order) string // the buyer's page of an order
	Mail    bool                                   // a mail server is set; otherwise every message is kept
	Region  *region.Database                       // nil: every buyer's country is unknown

	// FileReady tells whether the bytes of a digest are there, and Personalise
	// makes a file ready for one buyer, or finds that it can't be. Fulfilment
	// asks both, each may be nil, and both may be called again for a line.
	FileReady   func(ctx context.Context, digest string) error
	Personalise func(ctx context.Context, r purvey.Right, f purvey.File) error
}

// New makes the service.
func New(db *store.DB, o Options) *Service {
	return &Service{db: db, pageURL: o.PageURL, mail: o.Mail, region: o.Region, ready: o.FileReady, prepare: o.Personalise}
}

// PageURL is the address of the buyer's page of an order.
func (s *Service) PageURL(shop purvey.Shop, o purvey.Order) string { return s.pageURL(shop, o) }

// Order gives a whole order.
func (s *Service) Order(ctx context.Context, scope purvey.Scope, id string) (purvey.Order, error) {
	return s.db.Order(ctx, scope, id)
}

// ByNumber gives the order with the number.
func (s *Service) ByNumber(ctx context.Context, scope purvey.Scope, number int64) (purvey.Order, error) {
	return s.db.OrderByNumber(ctx, scope, number)
}

// ByReference gives the order with the caller's own id.
func (s *Service) ByReference(ctx context.Context, scope purvey.Scope, reference string) (purvey.Order, error) {
	return s.db.OrderByReference(ctx, scope, reference)
}

// ByUUID gives the order with the UUID.
func (s *Service) ByUUID(ctx context.Context, scope purvey.Scope, uuid string) (purvey.Order, error) {
	return s.db.OrderByUUID(ctx, scope, uuid)
}

// Orders lists whole orders.
func (s *Service) Orders(ctx context.Context, scope purvey.Scope, f store.OrderFilter, p purvey.Page) (purvey.Listed[purvey.Order], error) {
	return s.db.Orders(ctx, scope, f, p)
}

// Rights gives the rights of an order's lines, in their order.
func (s *Service) Rights(ctx context.Context, o purvey.Order) ([]purvey.Right, error) {
	return s.db.Rights(ctx, o)
}

// Now is the clock that orders are stamped with.
func (s *Service) Now() time.Time { return s.db.Now() }

func scopeOf(o *purvey.Order) purvey.Scope { return purvey.Scope{ShopID: o.ShopID, Mode: o.Mode} }

// Products gives those of the products that the shop has, by id.
func (s *Service) Products(ctx context.Context, shopID string, ids []string) (map[string]purvey.Product, error) {
	return s.db.ProductsByID(ctx, shopID, ids)
}

// Filter narrows a list of orders.
type Filter = store.OrderFilter

// Package license keeps a shop's stock of licence keys: it takes in batches,
// answers validations, and moves keys between the stock and order lines. A key
// is held by at most one line; the stock of one tag is a queue, oldest first,
// and so is the list of lines that wait for it.
package license

import (
	"context"

	"purvey"
	"purvey/internal/store"
)

// Service works on one database.
type Service struct {
	db     *store.DB
	memory *memory
}

// New makes the service.
func New(db *store.DB) *Service { return &Service{db: db, memory: newMemory()} }

// Keys lists the scope's keys.
func (s *Service) Keys(ctx context.Context, scope purvey.Scope, f store.KeyFilter, p purvey.Page) (purvey.Listed[purvey.LicenseKey], error) {
	return s.db.KeyList(ctx, scope, f, p)
}

// Key gives one key.
func (s *Service) Key(ctx context.Context, scope purvey.Scope, id string) (purvey.LicenseKey, error) {
	return s.db.LicenseKey(ctx, scope, id)
}

// Filter narrows a list of keys.
type Filter = store.KeyFilter

// Package shop owns the shops of a server and their settings.
//
// A shop's settings are one document for both modes: what the merchant has not
// said is as on a new shop. Secrets among them are sealed in the database and
// write-only: reading the settings shows whether one is set and how it ends,
// and [Service.Secret] gives it to the code that needs it.
package shop

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"purvey"
	"purvey/internal/keyring"
	"purvey/internal/store"
)

// Service keeps shops. It may be used by several goroutines.
type Service struct {
	db    *store.DB
	keys  *keyring.Keyring
	watch Watcher
}

// Watcher is told of a shop whose settings change, in the transaction that
// changes them, which ctx carries. Its error keeps the change from happening.
// secret gives a secret as it will be, "" when it is not set.
type Watcher func(ctx context.Context, shop purvey.Shop, secret func(name string) (string, error)) error

// Watch has w told of changes. It is called once, before the service is used.
func (s *Service) Watch(w Watcher) { s.watch = w }

// New makes the service.
func New(db *store.DB, keys *keyring.Keyring) *Service { return &Service{db: db, keys: keys} }

// Create makes a shop. An empty name is the slug. A slug that is taken is
// purvey.Conflict. Members who are admins of the default shop, the owners,
// become admins of the new one too.
func (s *Service) Create(ctx context.Context, slug, name string) (purvey.Shop, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		name = slug
	}
	var c purvey.Checker
	c.Require(slug != "" && purvey.ValidSlug(slug), "slug", "must be 1 to 100 lower-case letters and digits, in groups joined by single hyphens")
	checkName(&c, name)
	if err := c.Err(); err != nil {
		return purvey.Shop{}, err
	}
	shop := purvey.Shop{Slug: slug, Name: name, State: purvey.ShopActive, Settings: purvey.DefaultSettings(slug)}
	shop.Settings.Shop.Name = name
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		made, err := tx.InsertShop(ctx, &shop)
		if err != nil {
			return err
		}
		if !made {
			return purvey.Because(purvey.Conflict, purvey.ReasonDuplicate, "there is a shop %q already", slug)
		}
		if err := tx.Audit(ctx, shopChange("shop.created", nil, purvey.AuditFields{"slug": shop.Slug, "name": shop.Name}, shop)); err != nil {
			return err
		}
		return tx.JoinOwners(ctx, shop.ID)
	})
	return shop, err
}

// EnsureDefault makes the default shop unless it is there, and gives it.
func (s *Service) EnsureDefault(ctx context.Context) (purvey.Shop, error) {
	shop, err := s.BySlug(ctx, purvey.DefaultShop)
	if !errors.Is(err, purvey.NotFound) {
		return shop, err
	}
	shop, err = s.Create(ctx, purvey.DefaultShop, "")
	if errors.Is(err, purvey.Conflict) { // another process was first
		return s.BySlug(ctx, purvey.DefaultShop)
	}
	return shop, err
}

// ByID gives a shop.
func (s *Service) ByID(ctx context.Context, id string) (purvey.Shop, error) {
	return s.db.Shop(ctx, id)
}

// BySlug gives the shop with the slug.
func (s *Service) BySlug(ctx context.Context, slug string) (purvey.Shop, error) {
	return s.db.ShopBySlug(ctx, slug)
}

// ByHost gives the shop whose own public URL has the host of a request, with
// its port if it is not the scheme's; else purvey.NotFound.
func (s *Service) ByHost(ctx context.Context, host string) (purvey.Shop, error) {
	return s.db.ShopByHost(ctx, strings.ToLower(host))
}

// All lists every shop of the server by slug.
func (s *Service) All(ctx context.Context) ([]purvey.Shop, error) { return s.db.Shops(ctx) }

// Disable closes a shop: every call to it is refused from now on.
func (s *Service) Disable(ctx context.Context, slug string) error {
	return s.setState(ctx, slug, purvey.ShopDisabled)
}

// Enable opens a shop again.
func (s *Service) Enable(ctx context.Context, slug string) error {
	return s.setState(ctx, slug, purvey.ShopActive)
}

// Close closes a shop for its owner: tokens, customers and stores are refused
// from now on, while its people still read. Safe to run again.
func (s *Service) Close(ctx context.Context, slug string) error {
	return s.setState(ctx, slug, purvey.ShopClosed)
}

// Open opens a shop that its owner closed. One that the operator disabled is
// purvey.Denied. Safe to run again.
func (s *Service) Open(ctx context.Context, slug string) error {
	shop, err := s.BySlug(ctx, slug)
	if err == nil && shop.State == purvey.ShopDisabled {
		err = purvey.Because(purvey.Denied, purvey.ReasonShopDisabled, "the operator disabled the shop")
	}
	if err != nil {
		return err
	}
	return s.setState(ctx, slug, purvey.ShopActive)
}

func (s *Service) setState(ctx context.Context, slug string, state purvey.ShopState) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		shop, err := tx.ShopBySlug(ctx, slug)
		if err != nil || shop.State == state {
			return err
		}
		if err := tx.SetShopState(ctx, shop.ID, state); err != nil {
			return err
		}
		action := "shop.enabled"
		switch {
		case state == purvey.ShopDisabled:
			action = "shop.disabled"
		case state == purvey.ShopClosed:
			action = "shop.closed"
		case shop.State == purvey.ShopClosed:
			action = "shop.opened"
		}
		return tx.Audit(ctx, shopChange(action, purvey.AuditFields{"state": shop.State}, purvey.AuditFields{"state": state}, shop))
	})
}

// hostOf is the host of a shop's public URL as it stands in the Host header of
// a browser: in lower case, with the port unless it is the scheme's own.
func hostOf(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil || publicURL == "" {
		return ""
	}
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

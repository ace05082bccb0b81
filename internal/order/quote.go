package order

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"purvey"
	"purvey/internal/region"
	"purvey/internal/store"
)

// QuoteRequest asks whether a sale may be made, before money is taken.
type QuoteRequest struct {
	AssetID  int64
	IP       netip.Addr // of the buyer, not of the caller
	Quantity int
}

// Quote checks a sale and promises it: its text can be registered once, until
// it expires. Refused in this order: an address no buyer can have (Invalid),
// an unknown asset (NotFound), one that is not on sale, a country it is not
// sold in, a country unknown while it matters, too small a quantity (all
// Invalid, by reason). Serves HL-04 to HL-08.
func (s *Service) Quote(ctx context.Context, scope purvey.Scope, r QuoteRequest) (text string, expires time.Time, err error) {
	if !region.Public(r.IP) {
		return "", time.Time{}, purvey.BadField("customer_ip", "must be a public IP address")
	}
	country := ""
	if s.region != nil {
		country, _ = s.region.Country(r.IP)
	}
	p, err := s.sellable(ctx, s.db.Queries, scope, r.AssetID, country, r.Quantity)
	if err != nil {
		return "", time.Time{}, err
	}
	shop, err := s.db.Shop(ctx, scope.ShopID)
	if err != nil {
		return "", time.Time{}, err
	}
	text = purvey.NewQuoteText()
	// Whole seconds, so that what the caller is told is exact.
	expires = s.db.Now().Truncate(time.Second).Add(time.Duration(shop.Settings.Lifetimes.ValidationToken) * time.Second)
	q := purvey.Quote{
		ShopID: scope.ShopID, Mode: scope.Mode, Hash: purvey.HashToken(text),
		ProductID: p.ID, Quantity: r.Quantity, Country: country, ExpiresAt: expires,
	}
	return text, expires, s.db.Tx(ctx, func(tx *store.Tx) error { return tx.InsertQuote(ctx, &q) })
}

// sellable gives the product of an asset number if it may be sold now to a
// buyer in the country, in this quantity.
func (s *Service) sellable(ctx context.Context, q store.Queries, scope purvey.Scope, assetID int64, country string, quantity int) (purvey.Product, error) {
	if quantity < 1 || quantity > maxQuantity {
		return purvey.Product{}, purvey.BadField("quantity", "must be between 1 and %d", maxQuantity)
	}
	p, err := asset(ctx, q, scope, assetID)
	switch {
	case err != nil:
		return p, err
	case !onSale(p):
		return p, purvey.Because(purvey.Invalid, purvey.ReasonNotAvailable, "This asset is not on sale.")
	case !p.SoldIn(country) && country == "":
		return p, purvey.Because(purvey.Invalid, purvey.ReasonRegionUnknown, "This asset is sold in some countries only, and the customer's country is unknown.")
	case !p.SoldIn(country):
		return p, purvey.Because(purvey.Invalid, purvey.ReasonRegion, "This asset is not sold in the customer's country (%s).", country)
	case quantity < p.MinQuantity:
		return p, purvey.Because(purvey.Invalid, purvey.ReasonMinQuantity, "This asset is sold from a quantity of %d.", p.MinQuantity)
	}
	return p, nil
}

func asset(ctx context.Context, q store.Queries, scope purvey.Scope, id int64) (purvey.Product, error) {
	p, err := q.ProductByKey(ctx, scope.ShopID, store.KeyAsset, strconv.FormatInt(id, 10))
	if errors.Is(err, purvey.NotFound) {
		err = purvey.Errorf(purvey.NotFound, "There is no asset %d.", id)
	}
	return p, err
}

// statusPublished is the status of a product that is no draft.
const statusPublished = "published"

func onSale(p purvey.Product) bool {
	return p.Available && !p.IsArchived && p.Status == statusPublished
}

// How long quotes are kept after they end: unused ones so that a late caller
// hears "expired" and not "unknown", used ones so that a repeated registration
// is told from a stolen token.
const (
	keepUnusedQuotes = 7 * 24 * time.Hour
	keepUsedQuotes   = 90 * 24 * time.Hour
)

// SweepQuotes forgets quotes that ended long ago. Safe to run again.
func (s *Service) SweepQuotes(ctx context.Context) error {
	return s.db.Tx(store.Later(ctx), func(tx *store.Tx) error {
		if _, err := tx.DeleteQuotes(ctx, tx.Now().Add(-keepUnusedQuotes), false); err != nil {
			return err
		}
		_, err := tx.DeleteQuotes(ctx, tx.Now().Add(-keepUsedQuotes), true)
		return err
	})
}

// Assets lists what a shop offers by asset number, after one. Serves HL-31.
func (s *Service) Assets(ctx context.Context, shopID string, after int64, limit int) (purvey.Listed[purvey.Product], error) {
	return s.db.Assets(ctx, shopID, after, limit)
}

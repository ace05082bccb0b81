package delivery

import (
	"context"
	"strconv"
	"strings"
	"time"

	"purvey"
	"purvey/internal/store"
)

// LibraryOrder is one order of a customer's library, as its own page shows it.
type LibraryOrder struct {
	Page
	Token string // of its page
}

// Library is a piece of what a customer bought from a shop.
type Library struct {
	Orders []LibraryOrder
	Next   string // where the next piece begins; "" this is the last
}

// Library gives the live orders of an address, whatever they came by, the
// newest first, from where an earlier piece ended. A query keeps those with
// the text, in any case, in their name or in that of a product.
func (s *Service) Library(ctx context.Context, shop purvey.Shop, email, query, from string, limit int) (Library, error) {
	var out Library
	at, id := readPlace(from)
	page := purvey.Page{Limit: libraryPiece, Sort: purvey.SortCreatedDown, AfterAt: at, AfterID: id}
	scope := purvey.Scope{ShopID: shop.ID, Mode: purvey.Live}
	query = purvey.Fold(query)
	for {
		found, err := s.db.Orders(ctx, scope, store.OrderFilter{Email: email}, page)
		if err != nil {
			return out, err
		}
		for _, o := range found.Items {
			if !mentions(o, query) {
				continue
			}
			if len(out.Orders) == limit {
				out.Next = placeOf(page)
				return out, nil
			}
			entry := LibraryOrder{Token: s.PageToken(o)}
			if entry.Page, err = s.pageOf(ctx, o, shop); err != nil {
				return out, err
			}
			out.Orders = append(out.Orders, entry)
			page.AfterAt, page.AfterID = o.CreatedAt, o.ID
		}
		if !found.HasMore {
			return out, nil
		}
		last := found.Items[len(found.Items)-1]
		page.AfterAt, page.AfterID = last.CreatedAt, last.ID
	}
}

// libraryPiece is how many orders are looked through at a time.
const libraryPiece = 50

func mentions(o purvey.Order, query string) bool {
	if query == "" || strings.Contains(purvey.Fold(o.Name), query) {
		return true
	}
	for _, l := range o.Lines {
		if strings.Contains(purvey.Fold(l.ProductName), query) {
			return true
		}
	}
	return false
}

// placeOf and readPlace write where a piece ended for a URL. It is no secret:
// it opens nothing.
func placeOf(p purvey.Page) string {
	return strconv.FormatInt(p.AfterAt.UnixMicro(), 36) + "-" + p.AfterID
}

func readPlace(s string) (time.Time, string) {
	text, id, _ := strings.Cut(s, "-")
	us, err := strconv.ParseInt(text, 36, 64)
	if err != nil || !purvey.ValidID(id) {
		return time.Time{}, ""
	}
	return time.UnixMicro(us).UTC(), id
}

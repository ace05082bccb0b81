package continuata

import (
	"net/http"
	"strconv"

	"purvey"
	"purvey/internal/order"
)

// purchaseWire is one order line, whatever dialect or store it came by.
type purchaseWire struct {
	ID              string  `json:"id"`
	OrgID           string  `json:"orgId"`
	ProductID       string  `json:"productId"`
	ProductName     string  `json:"productName"`
	CustomerEmail   string  `json:"customerEmail"`
	CustomerName    *string `json:"customerName"`
	Vendor          string  `json:"vendor"`
	ExternalOrderID *string `json:"externalOrderId"`
	ExternalKey     *string `json:"externalKey"`
	Quantity        int     `json:"quantity"`
	Status          string  `json:"status"`
	CreatedAt       string  `json:"createdAt"`
	UpdatedAt       string  `json:"updatedAt"`
}

// purchases serves CONT-02.
func (a *api) purchases(w http.ResponseWriter, r *request) error {
	out := newArray(w)
	return out.end(a.eachPurchase(r, func(p purchaseWire) error { return out.add(p) }))
}

// eachPurchase gives every purchase of the mode, newest first.
func (a *api) eachPurchase(r *request, each func(purchaseWire) error) error {
	ctx, scope := r.Context(), r.scope()
	slugs := map[string]string{}
	page := purvey.Page{Limit: piece, Sort: purvey.SortCreatedDown}
	for {
		found, err := a.Orders.Orders(ctx, scope, order.Filter{}, page)
		if err != nil {
			return err
		}
		if err := a.learnSlugs(r, found.Items, slugs); err != nil {
			return err
		}
		for _, o := range found.Items {
			page.AfterID, page.AfterAt = o.ID, o.CreatedAt
			for _, l := range o.Lines {
				if l.Status == purvey.LineUnpaid {
					continue
				}
				if err := each(wirePurchase(r.caller.Shop, o, l, slugs[l.ProductID])); err != nil {
					return err
				}
			}
		}
		if !found.HasMore {
			return nil
		}
	}
}

// learnSlugs adds the slugs of the orders' products to those that are known.
func (a *api) learnSlugs(r *request, orders []purvey.Order, slugs map[string]string) error {
	var unknown []string
	for _, o := range orders {
		for _, l := range o.Lines {
			if _, known := slugs[l.ProductID]; !known {
				slugs[l.ProductID] = ""
				unknown = append(unknown, l.ProductID)
			}
		}
	}
	products, err := a.Orders.Products(r.Context(), r.caller.ShopID, unknown)
	for id, p := range products {
		slugs[id] = p.Slug
	}
	return err
}

func wirePurchase(shop purvey.Shop, o purvey.Order, l purvey.Line, slug string) purchaseWire {
	w := purchaseWire{
		ID: l.ID, OrgID: shop.Slug, ProductID: slug, ProductName: l.ProductName, CustomerEmail: o.Customer.Email,
		CustomerName: nullString(o.Customer.FullName()), Vendor: vendorOf(o.Source), ExternalOrderID: nullString(o.ExternalReference),
		ExternalKey: nullString(order.ExternalKey(l)), Quantity: l.Quantity, Status: statusOf(o.ShownStatus(l)),
		CreatedAt: wireTime(o.CreatedAt), UpdatedAt: wireTime(l.UpdatedAt),
	}
	if o.Source == purvey.SourceHLConnect && o.ExternalReference == "" {
		w.ExternalOrderID = nullString(strconv.FormatInt(o.Number, 10))
	}
	return w
}

// vendorOf is the vendor's word for where an order was made: a store, else the
// API, or by hand.
func vendorOf(s purvey.Source) string {
	switch s {
	case purvey.SourceShopify, purvey.SourceWooCommerce, purvey.SourceStripe, purvey.SourceFastSpring, purvey.SourceVibraCart:
		return string(s)
	case purvey.SourceImport:
		return "manual"
	}
	return "api"
}

// statusOf is the vendor's word for a line's state.
func statusOf(s purvey.LineStatus) string {
	switch s {
	case purvey.LineRefunded:
		return "refunded"
	case purvey.LinePaused, purvey.LineCanceled:
		return "revoked"
	}
	return "active"
}

package publicala

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"purvey"
	"purvey/internal/checkout"
	"purvey/internal/order"
)

// orderWire is an order of v1.
type orderWire struct {
	ID                string        `json:"id"`
	ExternalReference *string       `json:"external_reference"`
	Checkout          *checkoutWire `json:"checkout,omitempty"` // only while a sale is pending
	Type              string        `json:"type"`
	UnitPrice         *json.Number  `json:"unit_price"`
	CurrencyID        *string       `json:"currency_id"`
	User              userWire      `json:"user"`
	Status            string        `json:"status"`
	CreatedAt         string        `json:"created_at"`
	Products          []productWire `json:"products"`
}

type userWire struct {
	ID    *string `json:"id"`
	Email *string `json:"email"`
}

// checkoutWire has both spellings that the vendor has.
type checkoutWire struct {
	Token     string `json:"token"`
	TTL       int    `json:"ttl"`
	URL       string `json:"url"`
	ExpiresOn string `json:"expires_on"`
}

type productWire struct {
	ID             string       `json:"id"`
	Type           string       `json:"type"`
	Name           string       `json:"name"`
	Status         string       `json:"status"`
	ExpirationDate *string      `json:"expiration_date"`
	Cover          string       `json:"cover"`
	ReaderURL      string       `json:"reader_url"`
	Description    string       `json:"description"`
	PagesQuantity  *json.Number `json:"pages_quantity"`
	FileType       *string      `json:"file_type"`
	IsFree         bool         `json:"is_free"`
	UnitPrice      *json.Number `json:"unit_price"`
	CurrencyID     *string      `json:"currency_id"`
}

// typeInternal is the type of orders that were not made by this wire.
const typeInternal = "internal"

// viewer writes orders for one request.
type viewer struct {
	a        *api
	r        *request
	zone     *time.Location
	products map[string]purvey.Product
}

// views gives the orders as v1 shows them.
func (a *api) views(r *request, orders []purvey.Order) ([]orderWire, error) {
	v, err := a.viewer(r, orders)
	if err != nil {
		return nil, err
	}
	out := make([]orderWire, len(orders))
	for i := range orders {
		if out[i], err = v.order(&orders[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// view gives one order as v1 shows it.
func (a *api) view(r *request, o purvey.Order) (orderWire, error) {
	all, err := a.views(r, []purvey.Order{o})
	if err != nil {
		return orderWire{}, err
	}
	return all[0], nil
}

// viewer reads the products of the orders.
func (a *api) viewer(r *request, orders []purvey.Order) (*viewer, error) {
	var ids []string
	for _, o := range orders {
		for _, l := range o.Lines {
			ids = append(ids, l.ProductID)
		}
	}
	slices.Sort(ids)
	products, err := a.Orders.Products(r.Context(), r.scope().ShopID, slices.Compact(ids))
	return &viewer{a: a, r: r, zone: r.zone(), products: products}, err
}

func (v *viewer) order(o *purvey.Order) (orderWire, error) {
	notes := o.Publication()
	out := orderWire{
		ID: o.UUID, ExternalReference: orNull(o.ExternalReference), Type: typeOf(o), User: userWire{orNull(o.Customer.ExternalID), orNull(o.Customer.Email)},
		Status: string(o.Published()), CreatedAt: o.CreatedAt.In(v.zone).Format(time.DateOnly), Products: make([]productWire, len(o.Lines)),
	}
	if notes.Priced {
		out.UnitPrice = money(o.TotalCents)
	}
	if notes.Currency {
		out.CurrencyID = orNull(o.Currency)
	}
	link, err := v.checkout(o)
	if err != nil {
		return out, err
	}
	if link != nil {
		out.Checkout = &checkoutWire{link.URL, link.TTL, link.URL, link.ExpiresAt.Format(time.DateTime)}
	}
	for i, l := range o.Lines {
		if out.Products[i], err = v.product(o, l); err != nil {
			return out, err
		}
	}
	return out, nil
}

// checkout makes a fresh link for a pending sale. Serves PUB-12, PUB-13.
func (v *viewer) checkout(o *purvey.Order) (*checkout.Link, error) {
	if o.Type != purvey.TypeSale || o.Published() != purvey.PublishedPending {
		return nil, nil
	}
	link, err := v.a.Checkout.Link(v.r.caller.Shop, *o)
	return &link, err
}

func (v *viewer) product(o *purvey.Order, l purvey.Line) (productWire, error) {
	p := v.products[l.ProductID]
	out := productWire{
		ID: idOf(p, l), Type: kindOf(p), Name: l.ProductName, Status: string(o.PublishedLine(l)), ExpirationDate: v.day(l.ExpiresAt),
		Cover: p.CoverURL, Description: p.Description, PagesQuantity: pagesOf(p), FileType: fileTypeOf(p), IsFree: p.PriceCents == 0,
	}
	if out.Name == "" {
		out.Name = out.ID
	}
	out.UnitPrice, out.CurrencyID = priceOf(o, l)
	var err error
	out.ReaderURL, err = v.reader(o, l, p)
	return out, err
}

// reader is where the line's goods are read: a link product's own address,
// else one of ours, "" while there is no access.
func (v *viewer) reader(o *purvey.Order, l purvey.Line, p purvey.Product) (string, error) {
	right := purvey.Right{Order: *o, Line: l, Product: p, Version: purvey.Version{ID: p.ActiveVersionID, ProductID: p.ID, Files: p.Files}}
	right.Order.Lines = nil
	if l.VersionID != "" && l.VersionID != p.ActiveVersionID {
		all, err := v.a.Orders.Rights(v.r.Context(), *o)
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(all, func(r purvey.Right) bool { return r.Line.ID == l.ID })
		right = all[i]
	}
	switch {
	case right.Check(v.a.Orders.Now()) != nil:
		return "", nil
	case len(right.Goods()) == 0 && len(p.Links) > 0:
		return p.Links[0].URL, nil
	case v.a.ReaderURL == nil:
		return "", nil
	}
	return v.a.ReaderURL(v.r.Context(), right, time.Duration(v.r.caller.Shop.Settings.Lifetimes.AccessURL)*time.Second)
}

// day is a date in the shop's zone.
func (v *viewer) day(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return orNull(t.In(v.zone).Format(time.DateOnly))
}

func typeOf(o *purvey.Order) string {
	if o.Type == "" {
		return typeInternal
	}
	return o.Type
}

// idOf is the name of a line's product on this wire.
func idOf(p purvey.Product, l purvey.Line) string {
	switch {
	case p.ExternalID != "":
		return p.ExternalID
	case p.Slug != "":
		return p.Slug
	default:
		return l.ProductID
	}
}

func kindOf(p purvey.Product) string {
	if p.Kind == "" {
		return purvey.KindContent
	}
	return p.Kind
}

func priceOf(o *purvey.Order, l purvey.Line) (*json.Number, *string) {
	price := l.PublishedPrice()
	currency := price.Currency
	if currency == "" && o.Publication().Currency {
		currency = o.Currency
	}
	if price.Unpriced {
		return nil, orNull(currency)
	}
	return money(l.PriceCents), orNull(currency)
}

// fileTypeOf is the kind of a product's first file: the end of its name.
func fileTypeOf(p purvey.Product) *string {
	if len(p.Files) == 0 {
		return nil
	}
	name := p.Files[0].Name
	i := strings.LastIndexByte(name, '.')
	if i < 0 || i == len(name)-1 {
		return nil
	}
	return orNull(strings.ToLower(name[i+1:]))
}

// pagesOf is the number of pages that a product's extra fields tell.
func pagesOf(p purvey.Product) *json.Number {
	var extra struct {
		Pages *json.Number `json:"pages_quantity"`
	}
	if json.Unmarshal(p.Extra, &extra) != nil {
		return nil
	}
	return extra.Pages
}

func money(cents int64) *json.Number {
	n := json.Number(purvey.FormatCents(cents))
	return &n
}

// orNull is null for "".
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// A filter of a list, in the domain's words.
type filter = order.Filter

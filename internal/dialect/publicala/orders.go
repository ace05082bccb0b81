package publicala

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/httpjson"
	"purvey/internal/order"
)

// create takes an order. Serves PUB-02 to PUB-12, PUB-17.
func (a *api) create(w http.ResponseWriter, r *request) error {
	f, err := r.object(maxBody)
	if err != nil {
		return err
	}
	o, err := a.publish(r, f, namesV1, r.caller.Shop.Settings.Policies.IDOrEmail)
	if err != nil {
		return err
	}
	made, err := a.view(r, o)
	if err != nil {
		return err
	}
	// The vendor shows both: in "data", and flat.
	httpjson.Write(w, http.StatusCreated, struct {
		Data orderWire `json:"data"`
		orderWire
	}{made, made})
	return nil
}

// publish places the order that a body asks for.
func (a *api) publish(r *request, f fields, n names, idOrEmail bool) (purvey.Order, error) {
	p, err := f.publication(n, r.caller.Shop, r.zone(), idOrEmail)
	if err != nil {
		return purvey.Order{}, err
	}
	if p.Type == purvey.TypeSale {
		if err := a.Checkout.Ready(r.caller.Shop, r.scope().Mode); err != nil {
			return purvey.Order{}, err
		}
	}
	o, err := a.Orders.Publish(r.Context(), r.scope(), p.Publication, func(ctx context.Context, i int) (purvey.Product, error) {
		return a.productOf(ctx, r.caller.Shop, p, i)
	})
	if purvey.ReasonOf(err) == purvey.ReasonReferenceUsed {
		err = &purvey.Error{
			Kind: purvey.Conflict, Reason: purvey.ReasonReferenceUsed, Detail: "another order has this " + n.reference,
			Fields: []purvey.Field{{Name: n.reference, Message: "is taken by another order"}},
		}
	}
	return o, err
}

// The systems by which the catalogue knows products.
const (
	keyExternal = "external"
	keySlug     = "slug"
	keyAsset    = "asset"
)

// find gives a product by its name on this wire.
func (a *api) find(ctx context.Context, shopID, id, kind string) (purvey.Product, error) {
	for _, system := range []string{keyExternal, keySlug} {
		p, err := a.Catalog.ProductByKey(ctx, shopID, system, id)
		if err == nil && kindOf(p) == kind || err != nil && !errors.Is(err, purvey.NotFound) {
			return p, err
		}
	}
	return purvey.Product{}, purvey.Missing("product")
}

// productOf gives the product of an item. One that nobody knows is made, a
// link to an address, for orders that may do so. Serves PUB-09.
func (a *api) productOf(ctx context.Context, shop purvey.Shop, p publication, i int) (purvey.Product, error) {
	it := p.items[i]
	found, err := a.find(ctx, shop.ID, it.id, it.kind)
	if !errors.Is(err, purvey.NotFound) {
		return found, err
	}
	var c purvey.Checker
	switch {
	case p.Type == purvey.TypePermission:
		c.Require(false, "id", "is not known: a permission is given for products that exist")
	case it.kind != purvey.KindContent:
		c.Require(false, "id", "is not known: a subscription is not made by an order")
	default:
		c.Require(it.name != "", "name", "is required: the product is not known and would be made")
		c.Require(it.url != "", "url", "is required: the product is not known and would be made")
	}
	if err := c.Err(); err != nil {
		return found, errItem{err, i}
	}
	made, err := a.Catalog.CreateProduct(ctx, shop, catalog.Change{
		Name: catalog.Set(it.name), ExternalID: catalog.Set(it.id), Kind: catalog.Set(purvey.KindContent), Status: catalog.Set(catalog.StatusDraft),
		Available: catalog.Set(false), Links: catalog.Set([]purvey.ProductLink{{Name: it.name, URL: it.url}}),
		PriceCents: catalog.Set(*p.Items[i].Price), Currency: catalog.Set(p.Items[i].Currency),
	})
	if errors.Is(err, purvey.Conflict) { // another order made it meanwhile
		if found, err := a.find(ctx, shop.ID, it.id, it.kind); err == nil {
			return found, nil
		}
	}
	if err != nil {
		return made, errItem{err, i}
	}
	return made, nil
}

// named gives the order that the path and id_type name. Serves PUB-19.
func (a *api) named(r *request) (purvey.Order, error) {
	id := r.PathValue("id")
	if utf8.RuneCountInString(id) > maxID {
		return purvey.Order{}, purvey.BadField("id", "must be at most %d characters", maxID)
	}
	switch r.URL.Query().Get("id_type") {
	case "", "internal":
		return a.Orders.ByUUID(r.Context(), r.scope(), id)
	case "external":
		return a.Orders.ByReference(r.Context(), r.scope(), id)
	}
	return purvey.Order{}, purvey.BadField("id_type", "must be internal or external")
}

// data is the envelope of v1.
type data struct {
	Data any `json:"data"`
}

func (a *api) answer(w http.ResponseWriter, r *request, status int, o purvey.Order) error {
	out, err := a.view(r, o)
	if err == nil {
		httpjson.Write(w, status, data{out})
	}
	return err
}

// get gives one order.
func (a *api) get(w http.ResponseWriter, r *request) error {
	if r.PathValue("id") == "" {
		return a.list(w, r)
	}
	o, err := a.named(r)
	if err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, o)
}

// update changes dates and states. Serves PUB-22 to PUB-27.
func (a *api) update(w http.ResponseWriter, r *request) error {
	o, err := a.named(r)
	if err != nil {
		return err
	}
	f, err := r.object(maxBody)
	if err != nil {
		return err
	}
	change, err := f.change(r.zone())
	if err != nil {
		return err
	}
	if change.ProductID, err = a.productIn(r, o); err != nil {
		return err
	}
	if o, err = a.Orders.ChangeLines(r.Context(), r.scope(), o.ID, change); err != nil {
		return err
	}
	return a.answer(w, r, http.StatusCreated, o)
}

// change reads what is to be changed: a date that is null takes it away, a
// status that is null is none. Serves PUB-24, PUB-25.
func (f fields) change(zone *time.Location) (order.LineChange, error) {
	var change order.LineChange
	if _, present := f.raw["expiration_date"]; present {
		date := f.date("expiration_date", zone)
		change.ExpiresAt = &date
	}
	change.Status = purvey.PublishedState(f.oneOf("status", false,
		string(purvey.PublishedCancelled), string(purvey.PublishedApproved), string(purvey.PublishedPaused)))
	if change.ExpiresAt == nil && !f.given("status") {
		f.refuse("status", "or expiration_date is required")
	}
	return change, f.c.Err()
}

// productIn gives the product of the order that the query names, "" for none.
// Serves PUB-26.
func (a *api) productIn(r *request, o purvey.Order) (string, error) {
	id, kind, err := productQuery(r)
	if err != nil || id == "" {
		return "", err
	}
	p, err := a.find(r.Context(), r.scope().ShopID, id, kind)
	if errors.Is(err, purvey.NotFound) ||
		err == nil && !slices.ContainsFunc(o.Lines, func(l purvey.Line) bool { return l.ProductID == p.ID }) {
		err = purvey.BadField("product_id", "is not a product of this order")
	}
	return p.ID, err
}

// cancel ends an order, now or later. Serves PUB-28 to PUB-31.
func (a *api) cancel(w http.ResponseWriter, r *request) error {
	o, err := a.end(r)
	if err != nil {
		return err
	}
	httpjson.Write(w, http.StatusOK, data{[]cancelledWire{{o.UUID, orNull(o.ExternalReference)}}})
	return nil
}

type cancelledWire struct {
	ID                string  `json:"id"`
	ExternalReference *string `json:"external_reference"`
}

// end reads a cancellation, whose body may be missing, and does it.
func (a *api) end(r *request) (purvey.Order, error) {
	o, err := a.named(r)
	if err != nil {
		return o, err
	}
	if r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	var body json.RawMessage
	f := fields{c: &purvey.Checker{}}
	err = httpjson.DecodeOptional(r.Request, &body, maxBody)
	if err == nil && len(body) > 0 && string(body) != "[]" { // as PHP writes an object without members
		err = httpjson.Parse(body, &f.raw)
	}
	if err != nil {
		return o, errBody{err}
	}
	e := order.Ending{Zone: r.zone(), Reason: f.prose("reason", maxReason), At: f.date("expiration_date", r.zone())}
	if err := f.c.Err(); err != nil {
		return o, err
	}
	return a.Orders.End(r.Context(), r.scope(), o.ID, e)
}

package publicala

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"purvey"
	"purvey/internal/httpjson"
)

// orderV3 is an order of v3. What was not asked for is nil and not written.
type orderV3 struct {
	ID         string       `json:"id"`
	UUID       string       `json:"uuid"`
	ExternalID *string      `json:"external_id"`
	Type       string       `json:"type"`
	Status     string       `json:"status"`
	UnitPrice  *json.Number `json:"unit_price"`
	CurrencyID *string      `json:"currency_id"`
	CreatedAt  string       `json:"created_at"`
	UpdatedAt  string       `json:"updated_at"`
	User       *userV3      `json:"user,omitempty"`
	Products   *[]productV3 `json:"products,omitempty"`
	Pending    **checkoutV3 `json:"pending_checkout,omitempty"`
}

type checkoutV3 = checkoutWire

type userV3 struct {
	ID         string  `json:"id"`
	UUID       string  `json:"uuid"`
	ExternalID *string `json:"external_id"`
	Email      *string `json:"email"`
}

type productV3 struct {
	ID             string       `json:"id"`
	ExternalID     string       `json:"external_id"`
	Type           string       `json:"type"`
	Name           string       `json:"name"`
	Status         string       `json:"status"`
	ExpirationDate *string      `json:"expiration_date"`
	UnitPrice      *json.Number `json:"unit_price"`
	CurrencyID     *string      `json:"currency_id"`
	CoverURL       string       `json:"cover_url"`
	ReaderURL      string       `json:"reader_url"`
	ProductURL     string       `json:"product_url"`
}

// internalReport is v3's word for orders that were not made by this wire.
const internalReport = "internal_report"

// What can be included, and what comes of itself.
const (
	includeUser     = "user"
	includeProducts = "products"
	includeCheckout = "pending_checkout"
)

// wanted is what an answer of v3 holds.
type wanted struct {
	include map[string]bool
	fields  []string // nil: all
}

// wantedBy reads include and fields; otherwise says what is included when
// include is not given.
func (r *request) wantedBy(otherwise ...string) (wanted, error) {
	q := r.URL.Query()
	w := wanted{include: map[string]bool{}}
	names := otherwise
	if q.Has("include") {
		names = words(q.Get("include"))
	}
	for _, name := range names {
		if !slices.Contains([]string{includeUser, includeProducts, includeCheckout}, name) {
			return w, purvey.BadField("include", "may name user, products and pending_checkout")
		}
		w.include[name] = true
	}
	if q.Has("fields") {
		w.fields = words(q.Get("fields"))
	}
	return w, nil
}

// everything is included where one order is answered.
func (r *request) everything() (wanted, error) {
	return r.wantedBy(includeUser, includeProducts, includeCheckout)
}

// words splits a list at commas.
func words(s string) []string {
	out := []string{}
	for _, w := range strings.Split(s, ",") {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// viewsV3 gives the orders as v3 shows them.
func (a *api) viewsV3(r *request, orders []purvey.Order, w wanted) ([]any, error) {
	v, err := a.viewer(r, orders)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(orders))
	for i := range orders {
		o, err := v.orderV3(&orders[i], w)
		if err != nil {
			return nil, err
		}
		out[i] = w.cut(o)
	}
	return out, nil
}

// cut leaves the fields that were asked for, and what was included.
func (w wanted) cut(o orderV3) any {
	if w.fields == nil {
		return o
	}
	var all, some map[string]json.RawMessage
	if json.Unmarshal(httpjson.Encode(o), &all) != nil {
		return o
	}
	some = map[string]json.RawMessage{}
	for name, value := range all {
		if slices.Contains(w.fields, name) || w.include[name] {
			some[name] = value
		}
	}
	return some
}

// isoMicro is the form of v3's times.
const isoMicro = "2006-01-02T15:04:05.000000Z"

func (v *viewer) orderV3(o *purvey.Order, w wanted) (orderV3, error) {
	whole, err := v.order(o)
	if err != nil {
		return orderV3{}, err
	}
	out := orderV3{
		ID: strconv.FormatInt(o.Number, 10), UUID: o.UUID, ExternalID: whole.ExternalReference, Type: whole.Type, Status: whole.Status,
		UnitPrice: whole.UnitPrice, CurrencyID: whole.CurrencyID, CreatedAt: o.CreatedAt.UTC().Format(isoMicro), UpdatedAt: o.UpdatedAt.UTC().Format(isoMicro),
	}
	if out.Type == typeInternal {
		out.Type = internalReport
	}
	if w.include[includeUser] {
		c := o.Customer
		out.User = &userV3{c.ID, purvey.UUIDOf(c.ID), orNull(c.ExternalID), orNull(c.Email)}
	}
	if w.include[includeCheckout] {
		out.Pending = &whole.Checkout
	}
	if !w.include[includeProducts] {
		return out, nil
	}
	list := make([]productV3, len(o.Lines))
	for i, l := range o.Lines {
		p, shown := v.products[l.ProductID], whole.Products[i]
		list[i] = productV3{
			ID: strconv.FormatInt(p.AssetID, 10), ExternalID: shown.ID, Type: shown.Type, Name: shown.Name, Status: shown.Status,
			ExpirationDate: shown.ExpirationDate, UnitPrice: shown.UnitPrice, CurrencyID: shown.CurrencyID, CoverURL: shown.Cover, ReaderURL: shown.ReaderURL,
		}
		if len(p.Links) > 0 {
			list[i].ProductURL = p.Links[0].URL
		}
	}
	out.Products = &list
	return out, nil
}

func (a *api) answerV3(w http.ResponseWriter, r *request, status int, o purvey.Order) error {
	want, err := r.everything()
	if err != nil {
		return err
	}
	out, err := a.viewsV3(r, []purvey.Order{o}, want)
	if err == nil {
		httpjson.Write(w, status, data{out[0]})
	}
	return err
}

// createV3 takes an order. Serves PUB-38.
func (a *api) createV3(w http.ResponseWriter, r *request) error {
	f, err := r.object(maxBody)
	if err != nil {
		return err
	}
	o, err := a.publish(r, f, namesV3, true)
	if err != nil {
		return err
	}
	return a.answerV3(w, r, http.StatusCreated, o)
}

// getV3 gives one order.
func (a *api) getV3(w http.ResponseWriter, r *request) error {
	if r.PathValue("id") == "" {
		return a.listV3(w, r)
	}
	o, err := a.named(r)
	if err != nil {
		return err
	}
	return a.answerV3(w, r, http.StatusOK, o)
}

// updateV3 changes the date, and of subscriptions that were paid elsewhere the
// state.
func (a *api) updateV3(w http.ResponseWriter, r *request) error {
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
	if err := a.manual(r, o, change.Status); err != nil {
		return err
	}
	if o, err = a.Orders.ChangeLines(r.Context(), r.scope(), o.ID, change); err != nil {
		return err
	}
	return a.answerV3(w, r, http.StatusOK, o)
}

// manual refuses a change of state that v3 does not make.
func (a *api) manual(r *request, o purvey.Order, to purvey.PublishedState) error {
	switch {
	case to == "":
		return nil
	case to == purvey.PublishedCancelled:
		return purvey.BadField("status", "must be approved or paused")
	case o.Type == purvey.TypeSale:
		return purvey.BadField("status", "cannot be changed of an order that was paid at a gateway")
	}
	v, err := a.viewer(r, []purvey.Order{o})
	if err != nil {
		return err
	}
	for _, l := range o.Lines {
		if kindOf(v.products[l.ProductID]) != purvey.KindSubscription {
			return purvey.BadField("status", "can be changed of subscriptions only")
		}
	}
	return nil
}

// cancelV3 ends an order, now or later.
func (a *api) cancelV3(w http.ResponseWriter, r *request) error {
	o, err := a.end(r)
	if err != nil {
		return err
	}
	httpjson.Write(w, http.StatusOK, data{struct {
		ID         string  `json:"id"`
		UUID       string  `json:"uuid"`
		ExternalID *string `json:"external_id"`
		Status     string  `json:"status"`
	}{strconv.FormatInt(o.Number, 10), o.UUID, orNull(o.ExternalReference), string(o.Published())}})
	return nil
}

// Bounds of a bulk.
const (
	maxBulk     = 100
	maxBulkBody = 8 << 20 // bytes
	bulkAtOnce  = 8
)

// bulkItem is what came of one order of a bulk.
type bulkItem struct {
	Index  int                 `json:"index"`
	Status string              `json:"status"`
	Order  any                 `json:"order,omitempty"`
	Errors map[string][]string `json:"errors,omitempty"`
}

// bulk takes up to a hundred orders, each for itself.
func (a *api) bulk(w http.ResponseWriter, r *request) error {
	f, err := r.object(maxBulkBody)
	if err != nil {
		return err
	}
	want, err := r.everything()
	if err != nil {
		return err
	}
	var raw []json.RawMessage
	if !f.given("orders") || json.Unmarshal(f.raw["orders"], &raw) != nil || len(raw) < 1 || len(raw) > maxBulk {
		return purvey.BadField("orders", "must be an array of 1 to %d orders", maxBulk)
	}
	items := make([]bulkItem, len(raw))
	var running sync.WaitGroup
	free := make(chan struct{}, bulkAtOnce)
	for i, body := range raw {
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			items[i] = a.bulkOne(r, i, body, want)
		})
	}
	running.Wait()
	var sum struct {
		Total   int `json:"total"`
		Created int `json:"created"`
		Failed  int `json:"failed"`
	}
	sum.Total = len(items)
	for _, it := range items {
		if it.Order != nil {
			sum.Created++
		}
	}
	sum.Failed = sum.Total - sum.Created
	httpjson.Write(w, http.StatusOK, struct {
		Data []bulkItem `json:"data"`
		Meta any        `json:"meta"`
	}{items, sum})
	return nil
}

func (a *api) bulkOne(r *request, i int, body json.RawMessage, want wanted) bulkItem {
	f := fields{c: &purvey.Checker{}}
	err := httpjson.Parse(body, &f.raw)
	if err == nil && f.raw == nil {
		err = purvey.Errorf(purvey.Invalid, "the body must be an object, and is null")
	}
	var o purvey.Order
	if err == nil {
		o, err = a.publish(r, f, namesV3, true)
	}
	var out []any
	if err == nil {
		out, err = a.viewsV3(r, []purvey.Order{o}, want)
	}
	if err == nil {
		return bulkItem{Index: i, Status: "created", Order: out[0]}
	}
	e, status := plain(err)
	if status >= http.StatusInternalServerError {
		a.Log.ErrorContext(r.Context(), "an order of a bulk failed", "index", i, "error", err)
	}
	told := refusalOf(status, e)
	if told.Errors == nil {
		told.Errors = map[string][]string{"order": {told.Message}}
	}
	return bulkItem{Index: i, Status: "error", Errors: told.Errors}
}

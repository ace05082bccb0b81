package bigdd

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"purvey"
	"purvey/internal/license"
)

func (a *api) routesKeyTags() {
	const keys, tags = "/public-api/v1/license-keys", "/public-api/v1/license-key-tags"
	a.read("GET "+tags, anyRole, a.listKeyTags)
	a.write("POST "+tags+"/{tag}/serve", anyRole, 4<<10, a.serveKeyTag)
	a.write("POST "+keys+"/generate", anyRole, 16<<10, a.generateKeys)
	a.read("GET "+keys+"/waiting", anyRole, a.listWaiting)
}

type keyTagWire struct {
	Tag      string     `json:"tag"`
	Free     int64      `json:"free"`
	Assigned int64      `json:"assigned"`
	Burnt    int64      `json:"burnt"`
	Waiting  int64      `json:"waiting"`
	Products []nameWire `json:"products"`
}

// listKeyTags gives all tags at once.
func (a *api) listKeyTags(r *request) (any, error) {
	tags, err := a.Licenses.Tags(r.Context(), r.Scope())
	if err != nil {
		return nil, err
	}
	rows := make([]keyTagWire, 0, len(tags))
	for _, t := range tags {
		w := keyTagWire{Tag: t.Tag, Free: t.Free, Assigned: t.Assigned, Burnt: t.Burnt, Waiting: t.Waiting, Products: []nameWire{}}
		for _, p := range t.Products {
			w.Products = append(w.Products, nameWire{p.ID, p.Name})
		}
		rows = append(rows, w)
	}
	return rows, nil
}

// untagged stands for keys without a tag where a path needs one.
const untagged = "-"

func (a *api) serveKeyTag(ctx context.Context, r *request) (int, any, error) {
	tag := r.PathValue("tag")
	if tag == untagged {
		tag = ""
	}
	served, owed, err := a.Orders.ServeTag(ctx, r.Scope(), tag)
	return http.StatusOK, struct {
		Served int `json:"served"`
		Still  int `json:"still_waiting"`
	}{served, owed}, err
}

func (a *api) generateKeys(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		Tag     *string `json:"tag"`
		Count   int     `json:"count"`
		Pattern *string `json:"pattern"`
	}
	if err := r.decode(&b); err != nil {
		return 0, nil, err
	}
	made, err := a.Licenses.Generate(ctx, r.Scope(), orEmpty(b.Tag), orEmpty(b.Pattern), b.Count)
	if err != nil {
		return 0, nil, err
	}
	keys := make([]keyWire, 0, len(made))
	for _, k := range made {
		keys = append(keys, wireKey(k))
	}
	return http.StatusCreated, struct {
		Created int       `json:"created"`
		Keys    []keyWire `json:"keys"`
	}{len(keys), keys}, nil
}

type waitingWire struct {
	Order    orderNameWire `json:"order"`
	LineID   string        `json:"line_id"`
	Email    *string       `json:"customer_email"`
	Product  nameWire      `json:"product"`
	Tag      string        `json:"tag"`
	Owed     int           `json:"owed"`
	SinceUTC string        `json:"since"`
}

// orderNameWire is an order by its id and name.
type orderNameWire struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func wireWaiting(o license.Owed) waitingWire {
	return waitingWire{
		Order: orderNameWire{o.OrderID, o.OrderName}, LineID: o.LineID, Email: nullString(o.Email), Product: nameWire{o.Product.ID, o.Product.Name},
		Tag: o.Tag, Owed: o.Owed, SinceUTC: wireTime(o.Since),
	}
}

// listWaiting gives those who wait longest first, unless another sort is asked
// for.
func (a *api) listWaiting(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	if !r.query().Has("sort") && r.query().Get("cursor") == "" {
		p.Sort = purvey.SortOldest
	}
	var tag *string
	if r.query().Has("tag") {
		text := r.stringParam("tag")
		tag = &text
	}
	l, err := a.Licenses.Waiting(r.Context(), r.Scope(), tag, p)
	if err != nil {
		return nil, err
	}
	return listOf(p, l, wireWaiting, func(o license.Owed) (string, time.Time) { return o.LineID, o.CreatedAt }), nil
}

// keySearch is a search among keys, whose list is in the order of their texts.
type keySearch struct {
	text  string
	after license.Place
	limit int
}

// searchedKeys reads the parameters of a search; nil when there is none.
func (r *request) searchedKeys() (*keySearch, error) {
	begin, err := r.searchText("search")
	if err != nil || begin == "" {
		return nil, err
	}
	s := &keySearch{text: begin, limit: purvey.DefaultListLimit}
	if q := r.query(); q.Has("limit") {
		n, ok := wholeNumber(q.Get("limit"))
		if !ok || n < 1 || n > purvey.MaxListLimit {
			return nil, purvey.BadField("limit", "must be between 1 and %d", purvey.MaxListLimit)
		}
		s.limit = n
	}
	if cursor := r.stringParam("cursor"); cursor != "" {
		// Reading a query turns a raw + into a space.
		raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(cursor, " ", "+"))
		var c keyCursor
		if err != nil || json.Unmarshal(raw, &c) != nil || c.ID == "" || !text(c.Key) || !text(c.ID) {
			return nil, purvey.BadField("cursor", "is not one that this search gave")
		}
		s.after = license.Place{Key: c.Key, ID: c.ID}
	}
	return s, nil
}

// keyCursor is the last key that a search gave.
type keyCursor struct {
	Key string `json:"key"`
	ID  string `json:"id"`
}

func (a *api) searchKeys(r *request, s *keySearch, f license.Filter) (any, error) {
	l, err := a.Licenses.Search(r.Context(), r.Scope(), s.text, f, s.after, s.limit)
	if err != nil {
		return nil, err
	}
	rows := make([]keyWire, 0, len(l.Items))
	for _, k := range l.Items {
		rows = append(rows, wireKey(k))
	}
	out := list{items: rows, more: l.HasMore}
	if l.HasMore {
		last := l.Items[len(l.Items)-1]
		raw, err := json.Marshal(keyCursor{last.Key, last.ID})
		if err != nil {
			return nil, err
		}
		out.next = base64.StdEncoding.EncodeToString(raw)
	}
	return out, nil
}

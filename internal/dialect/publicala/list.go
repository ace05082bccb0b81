package publicala

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"purvey"
	"purvey/internal/httpjson"
)

// Bounds of a page of v1.
const (
	defaultPage = 100
	maxPage     = 100
)

// list gives a page of orders, newest first. Serves PUB-20, PUB-21.
func (a *api) list(w http.ResponseWriter, r *request) error {
	page, per, err := pageQuery(r.URL.Query())
	if err != nil {
		return err
	}
	f, none, err := a.filter(r)
	if err != nil {
		return err
	}
	var orders []purvey.Order
	var total int
	if !none {
		if orders, total, err = a.Orders.OrdersAt(r.Context(), r.scope(), f, (page-1)*per, per); err != nil {
			return err
		}
	}
	items, err := a.views(r, orders)
	if err != nil {
		return err
	}
	last := max(1, (total+per-1)/per)
	if r.caller.Shop.Settings.Policies.PaginatorEnvelope {
		httpjson.Write(w, http.StatusOK, data{map[string]any{"paginator": paginator{page, items, last, per, total}}})
		return nil
	}
	out := listing{Data: items, Meta: meta{page, last, per, total}}
	if page > 1 {
		out.Links.Prev = a.pageURL(r, min(page-1, last))
	}
	if page < last {
		out.Links.Next = a.pageURL(r, page+1)
	}
	httpjson.Write(w, http.StatusOK, out)
	return nil
}

type listing struct {
	Data  []orderWire `json:"data"`
	Meta  meta        `json:"meta"`
	Links links       `json:"links"`
}

type meta struct {
	CurrentPage int `json:"current_page"`
	LastPage    int `json:"last_page"`
	PerPage     int `json:"per_page"`
	Total       int `json:"total"`
}

type links struct {
	Next *string `json:"next"`
	Prev *string `json:"prev"`
}

// paginator is the envelope that the vendor's older pages show.
type paginator struct {
	CurrentPage int         `json:"current_page"`
	Data        []orderWire `json:"data"`
	LastPage    int         `json:"last_page"`
	PerPage     int         `json:"per_page"`
	Total       int         `json:"total"`
}

// pageURL is the address of another page of the same list.
func (a *api) pageURL(r *request, page int) *string {
	q := r.URL.Query()
	q.Set("page", strconv.Itoa(page))
	return a.address(r, q)
}

func (a *api) address(r *request, q url.Values) *string {
	return orNull(a.Checkout.Origin(r.caller.Shop) + r.URL.Path + "?" + q.Encode())
}

func pageQuery(q url.Values) (page, per int, err error) {
	if page, err = intQuery(q, "page", 1, 1_000_000, 1); err != nil {
		return 0, 0, err
	}
	per, err = intQuery(q, "per_page", 1, maxPage, defaultPage)
	return page, per, err
}

// intQuery reads a whole number from the query.
func intQuery(q url.Values, name string, least, most, otherwise int) (int, error) {
	text := q.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, purvey.BadField(name, "must be a whole number from %d to %d", least, most)
	}
	return n, nil
}

// productQuery reads product_id and product_type, which belong together.
func productQuery(r *request) (id, kind string, err error) {
	q := r.URL.Query()
	id, kind = q.Get("product_id"), q.Get("product_type")
	switch {
	case id == "" && kind == "":
	case utf8.RuneCountInString(id) > maxID:
		err = purvey.BadField("product_id", "must be at most %d characters", maxID)
	case id == "":
		err = purvey.BadField("product_id", "is required with product_type")
	case kind == "":
		err = purvey.BadField("product_type", "is required with product_id")
	case kind != purvey.KindContent && kind != purvey.KindSubscription:
		err = purvey.BadField("product_type", "must be content or subscription")
	}
	return id, kind, err
}

// filter reads the filters of v1. none is true when no order can pass them.
func (a *api) filter(r *request) (f filter, none bool, err error) {
	q := r.URL.Query()
	if f.From, f.Before, err = a.days(r, q); err != nil {
		return f, false, err
	}
	id, kind, err := productQuery(r)
	if err != nil {
		return f, false, err
	}
	if id != "" {
		p, err := a.find(r.Context(), r.scope().ShopID, id, kind)
		if errors.Is(err, purvey.NotFound) {
			none = true
		} else if err != nil {
			return f, false, err
		}
		f.Products = []string{p.ID}
	}
	unknown, err := a.userFilter(r, &f, q.Get("user_id"), q.Get("user_email"))
	return f, none || unknown, err
}

// userFilter narrows to a user; the id wins over the address.
func (a *api) userFilter(r *request, f *filter, id, email string) (none bool, err error) {
	switch {
	case utf8.RuneCountInString(id) > maxID:
		return false, purvey.BadField("user_id", "must be at most %d characters", maxID)
	case id != "":
		c, err := a.Orders.CustomerByExternalID(r.Context(), r.scope(), id)
		if errors.Is(err, purvey.NotFound) {
			return true, nil
		}
		f.CustomerIDs = []string{c.ID}
		return false, err
	case email != "" && !purvey.ValidEmail(strings.TrimSpace(email)):
		return false, purvey.BadField("user_email", "must be an e-mail address")
	}
	f.Email = email
	return false, nil
}

// days reads both bounds, each day included.
func (a *api) days(r *request, q url.Values) (from, before time.Time, err error) {
	zone := r.zone()
	if text := q.Get("start_at"); text != "" {
		var ok bool
		if from, ok = parseDate(text, zone); !ok {
			return from, before, purvey.BadField("start_at", "must be a date of the form yyyy-mm-dd")
		}
	}
	if text := q.Get("end_at"); text != "" {
		day, ok := parseDate(text, zone)
		if !ok {
			return from, before, purvey.BadField("end_at", "must be a date of the form yyyy-mm-dd")
		}
		if day.Before(from) {
			return from, before, purvey.BadField("end_at", "must not be before start_at")
		}
		before = day.AddDate(0, 0, 1)
	}
	return from, before, nil
}

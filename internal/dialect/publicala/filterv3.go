package publicala

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"purvey"
)

// filterV3 reads filter[…]. none is true when no order can pass the filters.
func (a *api) filterV3(r *request) (f filter, none bool, err error) {
	q := r.URL.Query()
	get := func(name string) string { return strings.TrimSpace(q.Get("filter[" + name + "]")) }
	fail := func(name, format string, args ...any) (filter, bool, error) {
		return f, false, purvey.BadField("filter["+name+"]", format, args...)
	}
	if s := get("status"); s != "" {
		if !slices.Contains(purvey.PublishedStates(), purvey.PublishedState(s)) {
			return fail("status", "must be approved, cancelled, pending or paused")
		}
		f.Published = s
	}
	for _, t := range words(get("type")) {
		switch t {
		case purvey.TypePermission, purvey.TypeReport, purvey.TypeSale:
			f.Types = append(f.Types, t)
		case internalReport:
			f.Types = append(f.Types, "")
		default:
			return fail("type", "must be permission, report, internal_report or sale")
		}
	}
	if s := get("product_type"); s != "" {
		if s != purvey.KindContent && s != purvey.KindSubscription {
			return fail("product_type", "must be content or subscription")
		}
		f.Kind = s
	}
	if s := get("user_email"); s != "" {
		if !purvey.ValidEmail(s) {
			return fail("user_email", "must be an e-mail address")
		}
		f.Email = s
	}
	f.Reference = get("external_id")
	if err := r.times(q, &f); err != nil {
		return f, false, err
	}
	none, err = a.namesV3(r, get, &f)
	return f, none, err
}

// namesV3 turns names of orders, users and products into ours. none is true
// when one of them is nobody's.
func (a *api) namesV3(r *request, get func(string) string, f *filter) (none bool, err error) {
	ctx, scope := r.Context(), r.scope()
	narrow := func(to *[]string, id string, err error) error {
		switch {
		case errors.Is(err, purvey.NotFound):
			none = true
			return nil
		case err != nil:
			return err
		case len(*to) > 0 && (*to)[0] != id:
			none = true // two names, of two things
		}
		*to = []string{id}
		return nil
	}
	if s := get("id"); s != "" {
		n, perr := strconv.ParseInt(s, 10, 64)
		if perr != nil {
			return false, purvey.BadField("filter[id]", "must be a number")
		}
		o, err := a.Orders.ByNumber(ctx, scope, n)
		if err := narrow(&f.IDs, o.ID, err); err != nil {
			return false, err
		}
	}
	if s := get("uuid"); s != "" {
		o, err := a.Orders.ByUUID(ctx, scope, s)
		if err := narrow(&f.IDs, o.ID, err); err != nil {
			return false, err
		}
	}
	if s := get("user_id"); s != "" {
		f.CustomerIDs = []string{s}
	}
	if s := get("user_external_id"); s != "" {
		c, err := a.Orders.CustomerByExternalID(ctx, scope, s)
		if err := narrow(&f.CustomerIDs, c.ID, err); err != nil {
			return false, err
		}
	}
	for _, by := range []struct{ name, system string }{{"product_id", keyAsset}, {"product_external_id", keyExternal}} {
		s := get(by.name)
		if s == "" {
			continue
		}
		p, err := a.Catalog.ProductByKey(ctx, scope.ShopID, by.system, s)
		if errors.Is(err, purvey.NotFound) && by.system == keyExternal {
			p, err = a.Catalog.ProductByKey(ctx, scope.ShopID, keySlug, s)
		}
		if err := narrow(&f.Products, p.ID, err); err != nil {
			return false, err
		}
	}
	return none, nil
}

// times reads the bounds of both times, each included.
func (r *request) times(q url.Values, f *filter) error {
	zone := r.zone()
	for _, b := range []struct {
		name string
		to   *time.Time
		last bool
	}{
		{"filter[created_at][from]", &f.From, false}, {"filter[created_at][to]", &f.Before, true},
		{"filter[updated_at][from]", &f.UpdatedFrom, false}, {"filter[updated_at][to]", &f.UpdatedBefore, true},
	} {
		text := strings.TrimSpace(q.Get(b.name))
		if text == "" {
			continue
		}
		t, isDay := parseDate(text, zone)
		if !isDay {
			var err error
			if t, err = time.ParseInLocation(time.DateTime, text, zone); err != nil {
				return purvey.BadField(b.name, "must be a date, or YYYY-MM-DD HH:mm:ss")
			}
		}
		if b.last && isDay {
			t = t.AddDate(0, 0, 1)
		} else if b.last {
			t = t.Add(time.Second)
		}
		*b.to = t
	}
	return nil
}

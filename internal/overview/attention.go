package overview

import (
	"context"
	"fmt"

	"purvey"
	"purvey/internal/store"
)

// Severity says how much an Attention presses.
type Severity string

// Red: customers don't get what they paid for, or will not. Amber: they may not
// soon.
const (
	Red   Severity = "red"
	Amber Severity = "amber"
)

// Attention is one sort of thing that needs a person.
type Attention struct {
	Kind     string
	Severity Severity
	Count    int // up to store.ConcernsCounted
	Title    string
	Href     string // of the back office's page about it
	Items    []store.Concern
}

// How far back failures are shown: what was left for longer is history.
const concernDays = 30

// Attention gives what needs a hand in a shop and mode, what presses most
// first. Nothing is given of what is well.
func (s *Service) Attention(ctx context.Context, shop purvey.Shop, mode purvey.Mode) ([]Attention, error) {
	scope := purvey.Scope{ShopID: shop.ID, Mode: mode}
	since := s.db.Now().AddDate(0, 0, -concernDays)
	out, low, err := s.stocks(ctx, shop, scope)
	if err != nil {
		return nil, err
	}
	spent, nearly, err := s.bandwidth(ctx, shop, mode)
	if err != nil {
		return nil, err
	}
	out, low = append(spent, out...), append(low, nearly...)
	for _, look := range []struct {
		kind     string
		severity Severity
		one, all string // titles; all holds the number
		href     string
		find     func() (store.Concerns, error)
	}{
		{"mail_failed", Red, "An e-mail was refused", "%d e-mails were refused", "/admin/mail?state=failed",
			func() (store.Concerns, error) { return s.db.FailedMail(ctx, scope, since) }},
		{"fulfilment_failed", Red, "An order's goods could not be made ready", "%d orders' goods could not be made ready", "/admin/orders?line_status=failed",
			func() (store.Concerns, error) { return s.db.FailedLines(ctx, scope, false) }},
		{"stamp_failed", Red, "An order's file could not be stamped", "%d orders' files could not be stamped", "/admin/orders?line_status=failed",
			func() (store.Concerns, error) { return s.db.FailedLines(ctx, scope, true) }},
		{"stamp_failed", Red, "A file cannot be stamped", "%d files cannot be stamped", "/admin/files",
			func() (store.Concerns, error) { return s.db.UnstampableFiles(ctx, shop.ID, since) }},
		{"store_event_unmapped", Red, "A store sold something that no product is known for", "%d sales in stores name unknown products", "/admin/connectors?tab=events",
			func() (store.Concerns, error) { return s.db.OpenStoreEvents(ctx, scope) }},
		{"endpoint_disabled", Red, "A webhook endpoint was switched off", "%d webhook endpoints were switched off", "/admin/webhooks",
			func() (store.Concerns, error) { return s.db.TroubledEndpoints(ctx, scope, true) }},
		{"endpoint_failing", Amber, "A webhook endpoint does not answer", "%d webhook endpoints do not answer", "/admin/webhooks",
			func() (store.Concerns, error) { return s.db.TroubledEndpoints(ctx, scope, false) }},
		{"held_order", Amber, "A paid order is held for its risk", "%d paid orders are held for their risk", "/admin/orders?line_status=processing",
			func() (store.Concerns, error) { return s.db.HeldOrders(ctx, scope) }},
		{"download_request", Amber, "A customer asks for more downloads", "%d customers ask for more downloads", "/admin/requests",
			func() (store.Concerns, error) { return s.db.OpenRequests(ctx, scope) }},
	} {
		found, err := look.find()
		if err != nil {
			return nil, err
		}
		if found.Count == 0 {
			continue
		}
		title := look.one
		if found.Count > 1 {
			title = fmt.Sprintf(look.all, found.Count)
		}
		a := Attention{Kind: look.kind, Severity: look.severity, Count: found.Count, Title: title, Href: look.href, Items: found.Items}
		if look.severity == Amber {
			low = append(low, a)
		} else {
			out = append(out, a)
		}
	}
	return append(out, low...), nil
}

// stocks looks at the pools of licence keys.
func (s *Service) stocks(ctx context.Context, shop purvey.Shop, scope purvey.Scope) (red, amber []Attention, err error) {
	threshold := shop.Settings.LicenseKeys.LowStock
	stocks, err := s.db.KeyStocks(ctx, scope, threshold+1)
	if err != nil {
		return nil, nil, err
	}
	empty := Attention{Kind: "keys_out", Severity: Red, Href: "/admin/keys"}
	few := Attention{Kind: "keys_low", Severity: Amber, Href: "/admin/keys"}
	for _, k := range stocks {
		name := k.Tag
		if name == "" {
			name = k.Product
		}
		item := store.Concern{ID: k.Tag, At: k.Since}
		switch {
		case k.Free == 0 && k.Owed > 0:
			item.Title = fmt.Sprintf("%s: none left, %s", name, number(k.Owed, "order waits", "orders wait"))
			empty.add(item)
		case k.Free == 0:
			item.Title = name + ": none left"
			empty.add(item)
		case k.Free <= threshold:
			item.Title = fmt.Sprintf("%s: %d left", name, k.Free)
			few.add(item)
		}
	}
	if empty.Count > 0 {
		empty.Title = number(empty.Count, "pool of licence keys is empty", "pools of licence keys are empty")
		red = append(red, empty)
	}
	if few.Count > 0 {
		few.Title = number(few.Count, "pool of licence keys runs low", "pools of licence keys run low")
		amber = append(amber, few)
	}
	return red, amber, nil
}

func (a *Attention) add(c store.Concern) {
	if a.Count++; len(a.Items) < store.ConcernsShown {
		a.Items = append(a.Items, c)
	}
}

func number(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

package order

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"purvey"
)

// Entry is one thing that happened to an order.
type Entry struct {
	At     time.Time
	Kind   string
	Title  string
	Detail string         // "" nothing more is to be said
	Actor  *purvey.Actor  // who did it, where that was recorded
	Link   string         // of the back office's page about it; "" none
	Data   map[string]any // ids, and numbers where the kind has some
}

// maxEntries bounds a timeline: of an order with more copies than that, the
// oldest are left out.
const maxEntries = 500

// Timeline gives what happened to an order, the oldest first: how it was placed
// and paid, what was released, assigned and mailed, what the customer fetched,
// what was refunded, corrected and changed, and whom webhooks told. Addresses
// of customers' machines are shortened to their network.
func (s *Service) Timeline(ctx context.Context, scope purvey.Scope, id string) ([]Entry, error) {
	o, err := s.db.Order(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	t := timeline{ctx: ctx, s: s, scope: scope, order: &o}
	t.placed()
	for _, part := range []func() error{t.payments, t.mails, t.downloads, t.changes, t.events} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(t.entries, func(a, b Entry) int {
		return cmp.Or(a.At.Compare(b.At), rank(a.Kind)-rank(b.Kind))
	})
	return t.entries[max(0, len(t.entries)-maxEntries):], nil
}

// rank puts what happens in one instant in the order of cause and effect.
func rank(kind string) int {
	for i, begin := range []string{"order.", "payment.", "key.", "line.", "message.", "webhook."} {
		if strings.HasPrefix(kind, begin) {
			return i
		}
	}
	return 3
}

// timeline is one while it is made.
type timeline struct {
	ctx     context.Context
	s       *Service
	scope   purvey.Scope
	order   *purvey.Order
	entries []Entry
}

func (t *timeline) add(at time.Time, kind, title, detail string, data map[string]any) *Entry {
	if data == nil {
		data = map[string]any{}
	}
	t.entries = append(t.entries, Entry{At: at, Kind: kind, Title: title, Detail: detail, Data: data})
	return &t.entries[len(t.entries)-1]
}

// placed tells what the order's own rows do.
func (t *timeline) placed() {
	o := t.order
	var products []string
	for _, l := range o.Lines {
		name := l.ProductName
		if l.Quantity > 1 {
			name = fmt.Sprintf("%d × %s", l.Quantity, name)
		}
		products = append(products, name)
	}
	title := "Order placed"
	if o.Imported {
		title = "Order taken over from another system"
	}
	t.add(o.CreatedAt, "order.placed", title, strings.Join(products, ", "), map[string]any{
		"source": string(o.Source), "total_cents": o.TotalCents, "currency": o.Currency,
	})
	if !o.PaidAt.IsZero() {
		t.add(o.PaidAt, "payment.paid", "Paid", purvey.FormatCents(o.TotalCents)+" "+o.Currency, map[string]any{"amount_cents": o.TotalCents, "currency": o.Currency})
	}
	for _, l := range o.Lines {
		data := map[string]any{"line_id": l.ID, "product_id": l.ProductID}
		if !l.DeliveredAt.IsZero() {
			t.add(l.DeliveredAt, "line.released", "Released", l.ProductName, data)
		}
		if l.Status == purvey.LineFailed {
			t.add(l.UpdatedAt, "line.failed", "Could not be made ready", l.ProductName+": "+l.Notes().Failure, data)
		}
		for _, k := range l.Keys {
			t.add(k.AssignedAt, "key.assigned", "Licence key assigned", k.Key, map[string]any{"line_id": l.ID, "key_id": k.ID, "tag": k.Tag})
		}
		if !l.CountFrom.IsZero() {
			t.add(l.CountFrom, "downloads.reset", "Download counter reset", l.ProductName, data)
		}
	}
}

// payments tells of tries to pay at a gateway and of renewals.
func (t *timeline) payments() error {
	payments, err := t.s.db.PaymentsOfOrder(t.ctx, t.order.ID)
	if err != nil {
		return err
	}
	for _, p := range payments {
		data := map[string]any{"payment_id": p.ID, "gateway": p.Gateway, "reference": p.Reference}
		if p.Kind == purvey.PaymentRenewal {
			at := p.PaidAt
			if at.IsZero() {
				at = p.UpdatedAt
			}
			data["amount_cents"] = p.AmountCents
			t.add(at, "payment.renewal_"+string(p.State), "Renewal "+string(p.State), purvey.FormatCents(p.AmountCents)+" "+t.order.Currency, data)
			continue
		}
		t.add(p.CreatedAt, "payment.open", "Payment begun", "at "+p.Gateway, data)
		if p.State != purvey.PaymentOpen && p.State != purvey.PaymentPaid { // which the order tells
			t.add(p.UpdatedAt, "payment."+string(p.State), "Payment "+string(p.State), "at "+p.Gateway, data)
		}
	}
	return nil
}

// mails tells of each message and where it stands.
func (t *timeline) mails() error {
	page := purvey.Page{Limit: purvey.MaxListLimit, Sort: purvey.SortNewest}
	found, err := t.s.db.MessagesOfOrder(t.ctx, t.order.ID, page.Limit)
	if err != nil {
		return err
	}
	for _, m := range found {
		at := m.SentAt
		if at.IsZero() {
			at = m.CreatedAt
		}
		title := map[purvey.MessageState]string{
			purvey.MessageKept: "E-mail kept in the mailbox", purvey.MessageQueued: "E-mail waits to be sent", purvey.MessageSent: "E-mail accepted by the server",
			purvey.MessageDeferred: "E-mail put off by the server", purvey.MessageFailed: "E-mail refused",
		}[m.State]
		detail := "to " + m.To
		if m.Error != "" {
			detail += ": " + m.Error
		}
		e := t.add(at, "message."+string(m.State), title, detail, map[string]any{"message_id": m.ID, "message_kind": string(m.Kind), "to": m.To, "attempts": m.Attempts})
		e.Link = "/admin/mail/" + m.ID
	}
	return nil
}

// downloads tells of each copy: that it was begun, and how far it came.
func (t *timeline) downloads() error {
	byOrder, err := t.s.db.DownloadsOfOrders(t.ctx, []string{t.order.ID})
	if err != nil {
		return err
	}
	copies := byOrder[t.order.ID]
	for _, d := range copies[max(0, len(copies)-maxEntries):] {
		where := strings.TrimSpace(network(d.IP) + " " + client(d.UserAgent))
		data := func() map[string]any {
			return map[string]any{
				"download_id": d.ID, "line_id": d.LineID, "file_id": d.FileID, "file_name": d.FileName, "copy": d.Number, "size": d.Size, "bytes": d.Covered.Bytes(),
				"network": network(d.IP), "client": client(d.UserAgent), "user_agent": d.UserAgent,
			}
		}
		t.add(d.CreatedAt, "download.started", "Download begun: "+d.FileName, where, data())
		switch {
		case !d.CompletedAt.IsZero():
			t.add(d.CompletedAt, "download.completed", "Download complete: "+d.FileName, where, data())
		case d.Covered.Bytes() > 0:
			more := data()
			percent := 100
			if d.Size > 0 {
				percent = int(100 * float64(d.Covered.Bytes()) / float64(d.Size))
			}
			more["percent"] = percent
			t.add(d.LastAt, "download.progress", fmt.Sprintf("%d %% of %s", percent, d.FileName), where, more)
		}
	}
	return nil
}

// network shortens an address to the network that it belongs to: 24 bits of
// IPv4, 48 of IPv6.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	addr = addr.Unmap()
	bits := 24
	if addr.Is6() {
		bits = 48
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// client names a program by its user agent, in a word or two.
func client(agent string) string {
	for _, known := range []struct{ part, name string }{
		{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}, {"Wget/", "Wget"},
	} {
		if !strings.Contains(agent, known.part) {
			continue
		}
		for _, system := range []struct{ part, name string }{
			{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iOS"}, {"iPad", "iOS"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
		} {
			if strings.Contains(agent, system.part) {
				return known.name + ", " + system.name
			}
		}
		return known.name
	}
	first, _, _ := strings.Cut(agent, " ")
	return first[:min(len(first), 40)]
}

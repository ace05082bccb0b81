package report

import (
	"context"
	"io"
	"net/netip"
	"strings"

	"purvey"
	"purvey/internal/store"
)

// piece is how many rows are read at a time: what a table needs of memory,
// however long it is.
const piece = 500

// page asks for a piece of a list, oldest first.
func page(after string) purvey.Page {
	return purvey.Page{Limit: piece, Sort: purvey.SortOldest, AfterID: after}
}

// WriteSales writes the report of sales, oldest first.
func (s *Service) WriteSales(ctx context.Context, w io.Writer, scope purvey.Scope, f Filter) error {
	t := newTable(w)
	err := t.header("order_id", "order_name", "external_reference", "source", "type", "renewal", "created_at", "paid_at", "customer_email", "customer_name",
		"product_id", "product", "quantity", "price_cents", "refunded_quantity", "gross_cents", "refunded_cents", "net_cents", "currency", "status", "financial_status")
	for after, more := (Place{}), true; more && err == nil; {
		var l purvey.Listed[Sale]
		if l, err = s.db.Sold(ctx, scope, f.rows(), after, false, piece); err != nil {
			return err
		}
		for _, r := range l.Items {
			o, x := r.Order, r.Line
			t.cell(o.ID).text(o.Name).text(o.ExternalReference).cell(string(o.Source)).cell(o.Type).truth(r.Renewal).time(o.CreatedAt).time(r.PaidAt)
			t.text(o.Customer.Email).text(o.Customer.FullName()).cell(x.ProductID).text(x.ProductName)
			t.number(int64(x.Quantity)).number(x.PriceCents).number(int64(x.RefundedQuantity))
			t.number(r.GrossCents).number(r.RefundedCents).number(r.NetCents()).cell(o.Currency).cell(string(x.Status)).cell(string(o.Financial))
			if err = t.end(); err != nil {
				break
			}
			after = Place{Entry: r.Entry, Line: x.Number}
		}
		more = l.HasMore
	}
	if err != nil {
		return err
	}
	return t.close()
}

// WriteDownloads writes each copy of a file that was begun in the period,
// oldest first. Readings in the viewer are no copies. Of addresses the network
// is told, /24 or /48.
func (s *Service) WriteDownloads(ctx context.Context, w io.Writer, scope purvey.Scope, p Period) error {
	t := newTable(w)
	err := t.header("time", "order_name", "customer_email", "product", "file", "version", "bytes_sent", "complete", "redownload", "ip_network", "user_agent", "via")
	for after, more := (purvey.Download{}), true; more && err == nil; {
		var rows []store.CopyRow
		if rows, err = s.db.CopyRows(ctx, scope, p.Start, p.before(), after, piece); err != nil {
			return err
		}
		for _, r := range rows {
			after = r.Download
			t.time(after.CreatedAt).text(r.OrderName).text(r.Email).text(r.Product).text(after.FileName).text(r.Version)
			t.number(after.Sent).truth(!after.CompletedAt.IsZero()).truth(after.Redownload).cell(network(after.IP)).text(after.UserAgent).cell(after.Via)
			if err = t.end(); err != nil {
				break
			}
		}
		more = len(rows) == piece
	}
	if err != nil {
		return err
	}
	return t.close()
}

// network masks an address to the part that names no household.
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	a = a.Unmap().WithZone("")
	bits := 48
	if a.Is4() {
		bits = 24
	}
	return netip.PrefixFrom(a, bits).Masked().String()
}

// WriteOrders writes the orders of the filter that were made in the period, oldest first.
func (s *Service) WriteOrders(ctx context.Context, w io.Writer, scope purvey.Scope, p Period, f store.OrderFilter) error {
	t := newTable(w)
	err := t.header("id", "name", "order_number", "uuid", "external_reference", "source", "type", "created_at", "paid_at", "financial_status", "fulfillment_status",
		"dl_access", "is_imported", "customer_email", "customer_firstname", "customer_lastname", "products", "units", "refunded_units", "total_cents", "currency")
	if p.Start.After(f.From) {
		f.From = p.Start
	}
	if before := p.before(); !before.IsZero() && (f.Before.IsZero() || before.Before(f.Before)) {
		f.Before = before
	}
	for after, more := "", true; more && err == nil; {
		var l purvey.Listed[purvey.Order]
		if l, err = s.db.Orders(ctx, scope, f, page(after)); err != nil {
			return err
		}
		for _, o := range l.Items {
			after = o.ID
			if err = writeOrder(t, o); err != nil {
				break
			}
		}
		more = l.HasMore
	}
	if err != nil {
		return err
	}
	return t.close()
}

func writeOrder(t *table, o purvey.Order) error {
	var products []string
	var units, refunded int64
	for _, l := range o.Lines {
		products = append(products, l.ProductName)
		units, refunded = units+int64(l.Quantity), refunded+int64(l.RefundedQuantity)
	}
	access := "enabled"
	if o.ShownDisabled() {
		access = "disabled"
	}
	c := o.Customer
	t.cell(o.ID).text(o.Name).number(o.Number).cell(o.UUID).text(o.ExternalReference).cell(string(o.Source)).cell(o.Type).time(o.CreatedAt).time(o.PaidAt)
	t.cell(string(o.Financial)).cell(o.Fulfillment()).cell(access).truth(o.Imported).text(c.Email).text(c.Firstname).text(c.Lastname)
	return t.text(strings.Join(products, "; ")).number(units).number(refunded).number(o.TotalCents).cell(o.Currency).end()
}

// WriteCustomers writes the customers of a mode, oldest first.
func (s *Service) WriteCustomers(ctx context.Context, w io.Writer, scope purvey.Scope) error {
	t := newTable(w)
	err := t.header("id", "email", "firstname", "lastname", "locale", "gid", "external_id", "created_at")
	for after, more := "", true; more && err == nil; {
		var l purvey.Listed[purvey.Customer]
		if l, err = s.db.Customers(ctx, scope, "", page(after)); err != nil {
			return err
		}
		for _, c := range l.Items {
			after = c.ID
			t.cell(c.ID).text(c.Email).text(c.Firstname).text(c.Lastname).text(c.Locale).text(c.GID).text(c.ExternalID).time(c.CreatedAt)
			if err = t.end(); err != nil {
				break
			}
		}
		more = l.HasMore
	}
	if err != nil {
		return err
	}
	return t.close()
}

// WriteLicenseKeys writes the keys of a mode, oldest first: of one tag, or all
// (nil).
func (s *Service) WriteLicenseKeys(ctx context.Context, w io.Writer, scope purvey.Scope, tag *string) error {
	t := newTable(w)
	err := t.header("id", "key", "tag", "state", "order_id", "order_name", "assigned_at", "burnt_at", "created_at")
	for after, more := "", true; more && err == nil; {
		var l purvey.Listed[purvey.LicenseKey]
		if l, err = s.db.LicenseKeys(ctx, scope, store.KeyFilter{Tag: tag}, page(after)); err != nil {
			return err
		}
		for _, k := range l.Items {
			after = k.ID
			state := "free"
			switch {
			case !k.BurntAt.IsZero():
				state = "burnt"
			case k.Assigned():
				state = "assigned"
			}
			t.cell(k.ID).text(k.Key).text(k.Tag).cell(state).cell(k.OrderID).text(k.OrderName).time(k.AssignedAt).time(k.BurntAt).time(k.CreatedAt)
			if err = t.end(); err != nil {
				break
			}
		}
		more = l.HasMore
	}
	if err != nil {
		return err
	}
	return t.close()
}

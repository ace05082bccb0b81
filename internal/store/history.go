package store

import (
	"context"
	"time"

	"purvey"
)

// History is what happened in a shop before it was here, as rows that were made
// elsewhere with ids and times of their own. Nothing is told of it, mailed or
// made due.
type History struct {
	Customers []purvey.Customer
	Orders    []purvey.Order // with lines and their keys
	Messages  []purvey.Message
	Downloads []purvey.Download // by lines of orders
}

// InsertHistory writes rows of a scope in few statements. It checks nothing but
// what the tables do.
func (tx *Tx) InsertHistory(ctx context.Context, scope purvey.Scope, h History) error {
	for _, write := range []func(context.Context, purvey.Scope, History) error{
		tx.insertCustomers, tx.insertOrders, tx.insertLines, tx.insertMessages, tx.insertDownloads,
	} {
		if err := write(ctx, scope, h); err != nil {
			return err
		}
	}
	if _, begun, err := tx.FigureState(ctx, scope); err != nil || !begun {
		return err // figures are kept from their beginning when they are first
	}
	days := map[int64]time.Time{}
	for _, o := range h.Orders {
		days[dayOfSlot(SlotOf(o.PaidAt))] = o.PaidAt
		for _, l := range o.Lines {
			for _, k := range l.Keys {
				days[dayOfSlot(SlotOf(k.AssignedAt))] = k.AssignedAt
			}
		}
	}
	for _, d := range h.Downloads {
		days[dayOfSlot(SlotOf(d.CreatedAt))] = d.CreatedAt
	}
	for _, at := range days {
		if err := tx.marked(ctx, scope.ShopID, scope.Mode, at); err != nil {
			return err
		}
	}
	return nil
}

// TakeNumbers takes n numbers in a row of a shop's counter and gives the first.
// A counter that is not there yet starts after the given number.
func (tx *Tx) TakeNumbers(ctx context.Context, shopID, name string, after, n int64) (first int64, err error) {
	var last int64
	err = tx.row(ctx, `INSERT INTO counter (shop_id, name, value) VALUES ($1, $2, $3)
		ON CONFLICT (shop_id, name) DO UPDATE SET value = counter.value + $4 RETURNING value`, []any{shopID, name, after + n, n}, &last)
	return last - n + 1, err
}

func (tx *Tx) insertCustomers(ctx context.Context, scope purvey.Scope, h History) error {
	return tx.insertRows(ctx, `INSERT INTO customer (id, shop_id, mode, email, email_folded, firstname, lastname, locale, gid, external_id, created_at) VALUES `,
		11, len(h.Customers), func(i int) []any {
			c := h.Customers[i]
			return []any{c.ID, scope.ShopID, scope.Mode, c.Email, purvey.Fold(c.Email), c.Firstname, c.Lastname, c.Locale, c.GID, c.ExternalID, micros(c.CreatedAt)}
		})
}

func (tx *Tx) insertOrders(ctx context.Context, scope purvey.Scope, h History) error {
	return tx.insertRows(ctx, `INSERT INTO orders (id, shop_id, mode, number, name, name_folded, external_reference, gid, source, type,
		currency, financial, risk, access_disabled, imported, customer_id, email, email_folded, firstname, lastname, locale, customer_gid,
		customer_number, total_cents, link_epoch, extra, paid_at, created_at, updated_at) VALUES `, 29, len(h.Orders), func(i int) []any {
		o := h.Orders[i]
		c := o.Customer
		number, _ := purvey.NumberOfGID(c.GID)
		return []any{
			o.ID, scope.ShopID, scope.Mode, o.Number, o.Name, purvey.Fold(o.Name), o.ExternalReference, o.GID, o.Source, o.Type,
			o.Currency, o.Financial, o.Risk, o.AccessDisabled, o.Imported, c.ID, c.Email, purvey.Fold(c.Email), c.Firstname, c.Lastname, c.Locale, c.GID,
			number, o.TotalCents, o.LinkEpoch, string(o.Extra), micros(o.PaidAt), micros(o.CreatedAt), micros(o.UpdatedAt),
		}
	})
}

func (tx *Tx) insertLines(ctx context.Context, scope purvey.Scope, h History) error {
	type row struct {
		purvey.Line
		order *purvey.Order
	}
	var rows []row
	var keys []purvey.LicenseKey
	for i := range h.Orders {
		for _, l := range h.Orders[i].Lines {
			rows = append(rows, row{l, &h.Orders[i]})
			keys = append(keys, l.Keys...)
		}
	}
	err := tx.insertRows(ctx, `INSERT INTO order_line (id, order_id, shop_id, mode, number, product_id, product_name, delivering, access, quantity,
		refunded_quantity, price_cents, gid, status, expires_at, ends_at, cancel_reason, country, version_id, count_from, delivered_at,
		keys_owed, key_tag, extra, created_at, updated_at) VALUES `, 26, len(rows), func(i int) []any {
		l, tag := rows[i].Line, ""
		if len(l.Keys) > 0 {
			tag = l.Keys[0].Tag
		}
		return []any{
			l.ID, rows[i].order.ID, scope.ShopID, scope.Mode, l.Number, l.ProductID, l.ProductName, l.Delivering, l.Access, l.Quantity,
			l.RefundedQuantity, l.PriceCents, l.GID, l.Status, micros(l.ExpiresAt), micros(l.EndsAt), l.CancelReason, l.Country, l.VersionID,
			micros(l.CountFrom), micros(l.DeliveredAt), l.KeysOwed, tag, string(l.Extra), micros(l.CreatedAt), micros(l.UpdatedAt),
		}
	})
	if err != nil {
		return err
	}
	return tx.InsertKeys(ctx, keys)
}

func (tx *Tx) insertMessages(ctx context.Context, scope purvey.Scope, h History) error {
	return tx.insertRows(ctx, `INSERT INTO message (id, shop_id, mode, kind, state, recipient, locale, data, subject, body_text, body_html, order_id,
		error, attempts, created_at, sent_at) VALUES `, 16, len(h.Messages), func(i int) []any {
		m := h.Messages[i]
		return []any{
			m.ID, scope.ShopID, scope.Mode, m.Kind, m.State, m.To, m.Locale, asJSON(m.Data), m.Subject, m.Text, m.HTML, m.OrderID,
			m.Error, m.Attempts, micros(m.CreatedAt), micros(m.SentAt),
		}
	})
}

func (tx *Tx) insertDownloads(ctx context.Context, scope purvey.Scope, h History) error {
	return tx.insertRows(ctx, `INSERT INTO download (id, shop_id, mode, via, holder, order_id, line_id, link_id, mint_id, product_id, version_id,
		file_id, file_name, file_type, number, size, sent, covered, redownload, counted, billable, ip, user_agent, created_at, last_at, completed_at) VALUES `,
		26, len(h.Downloads), func(i int) []any {
			d := h.Downloads[i]
			return []any{
				d.ID, scope.ShopID, scope.Mode, d.Via, d.LineID, d.OrderID, d.LineID, d.LinkID, d.MintID, d.ProductID, d.VersionID,
				d.FileID, d.FileName, d.FileType, d.Number, d.Size, d.Sent, asRanges(d.Covered), d.Redownload, d.Counted, d.Billable, d.IP, d.UserAgent,
				micros(d.CreatedAt), micros(d.LastAt), micros(d.CompletedAt),
			}
		})
}

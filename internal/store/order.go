package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"purvey"
)

const orderColumns = `o.id, o.shop_id, o.mode, o.number, o.name, o.external_reference, o.gid, o.source, o.type, o.currency,
	o.financial, o.risk, o.risk_accepted, o.access_disabled, o.imported, o.customer_id, o.email, o.firstname, o.lastname, o.locale, o.customer_gid,
	o.total_cents, o.link_epoch, o.extra, o.paid_at, o.created_at, o.updated_at,
	coalesce((SELECT c.external_id FROM customer c WHERE c.id = o.customer_id), ''),
	coalesce((SELECT c.deactivated_at FROM customer c WHERE c.id = o.customer_id), 0)`

func scanOrder(s scanner, o *purvey.Order) error {
	var extra string
	c := &o.Customer
	err := s.Scan(&o.ID, &o.ShopID, &o.Mode, &o.Number, &o.Name, &o.ExternalReference, &o.GID, &o.Source, &o.Type, &o.Currency,
		&o.Financial, &o.Risk, &o.RiskAccepted, &o.AccessDisabled, &o.Imported, &c.ID, &c.Email, &c.Firstname, &c.Lastname, &c.Locale, &c.GID,
		&o.TotalCents, &o.LinkEpoch, &extra, at{&o.PaidAt}, at{&o.CreatedAt}, at{&o.UpdatedAt}, &c.ExternalID, at{&c.DeactivatedAt})
	o.UUID = purvey.UUIDOf(o.ID)
	if extra != "" {
		o.Extra = []byte(extra)
	}
	return err
}

const lineColumns = `l.id, l.order_id, l.number, l.product_id, l.product_name, l.delivering, l.access, l.quantity, l.refunded_quantity,
	l.price_cents, l.gid, l.status, l.expires_at, l.ends_at, l.cancel_reason, l.country, l.version_id, l.count_from, l.granted_copies, l.open_until, l.delivered_at,
	l.keys_owed, l.extra, l.created_at, l.updated_at`

func scanLine(s scanner, l *purvey.Line) error {
	var extra string
	err := s.Scan(&l.ID, &l.OrderID, &l.Number, &l.ProductID, &l.ProductName, &l.Delivering, &l.Access, &l.Quantity, &l.RefundedQuantity,
		&l.PriceCents, &l.GID, &l.Status, at{&l.ExpiresAt}, at{&l.EndsAt}, &l.CancelReason, &l.Country, &l.VersionID, at{&l.CountFrom},
		&l.GrantedCopies, at{&l.OpenUntil}, at{&l.DeliveredAt}, &l.KeysOwed, &extra, at{&l.CreatedAt}, at{&l.UpdatedAt})
	if extra != "" {
		l.Extra = []byte(extra)
	}
	return err
}

// Order gives a whole order of the scope.
func (q Queries) Order(ctx context.Context, scope purvey.Scope, id string) (purvey.Order, error) {
	if !purvey.ValidID(id) {
		return purvey.Order{}, purvey.Missing("order")
	}
	return q.order(ctx, `o.id = $1 AND o.shop_id = $2 AND o.mode = $3`, id, scope.ShopID, scope.Mode)
}

// OrderByID gives a whole order of any shop: for callers that hold a proof of
// their own, such as a signed page token, and for jobs.
func (q Queries) OrderByID(ctx context.Context, id string) (purvey.Order, error) {
	return q.order(ctx, `o.id = $1`, id)
}

// OrderByUUID gives a whole order of the scope.
func (q Queries) OrderByUUID(ctx context.Context, scope purvey.Scope, uuid string) (purvey.Order, error) {
	id, ok := purvey.IDOfUUID(uuid)
	if !ok {
		return purvey.Order{}, purvey.Missing("order")
	}
	return q.Order(ctx, scope, id)
}

// OrderByNumber gives a whole order of the scope.
func (q Queries) OrderByNumber(ctx context.Context, scope purvey.Scope, number int64) (purvey.Order, error) {
	return q.order(ctx, `o.number = $1 AND o.shop_id = $2 AND o.mode = $3`, number, scope.ShopID, scope.Mode)
}

// OrderByReference gives a whole order of the scope by the caller's own id.
func (q Queries) OrderByReference(ctx context.Context, scope purvey.Scope, reference string) (purvey.Order, error) {
	if reference == "" {
		return purvey.Order{}, purvey.Missing("order")
	}
	return q.order(ctx, `o.external_reference = $1 AND o.external_reference <> '' AND o.shop_id = $2 AND o.mode = $3`, reference, scope.ShopID, scope.Mode)
}

// OrderByName gives a whole order of the scope by its name, in any case.
func (q Queries) OrderByName(ctx context.Context, scope purvey.Scope, name string) (purvey.Order, error) {
	return q.order(ctx, `o.name_folded = $1 AND o.shop_id = $2 AND o.mode = $3`, purvey.Fold(name), scope.ShopID, scope.Mode)
}

func (q Queries) order(ctx context.Context, where string, args ...any) (purvey.Order, error) {
	o, err := one(ctx, q, "order", `SELECT `+orderColumns+` FROM orders o WHERE `+where, args, scanOrder)
	if err != nil {
		return o, err
	}
	whole := []purvey.Order{o}
	err = q.fillLines(ctx, whole)
	return whole[0], err
}

// Orders lists whole orders of the scope.
func (q Queries) Orders(ctx context.Context, scope purvey.Scope, f OrderFilter, p purvey.Page) (purvey.Listed[purvey.Order], error) {
	f, err := q.measured(ctx, f)
	if err != nil {
		return purvey.Listed[purvey.Order]{}, err
	}
	w := f.where(scope)
	if strings.TrimSpace(f.Search+f.Query) != "" {
		ids, err := q.foundOrders(ctx, scope, f, p, w)
		if err != nil {
			return purvey.Listed[purvey.Order]{}, err
		}
		return q.ordersInOrder(ctx, listed(ids, p))
	}
	text, args := w.list(`SELECT `+orderColumns+` FROM orders o`, "o", p)
	items, err := collect(ctx, q, text, args, scanOrder)
	if err != nil {
		return purvey.Listed[purvey.Order]{}, err
	}
	out := listed(items, p)
	return out, q.fillLines(ctx, out.Items)
}

// foundOrders gives the ids of a page of orders that a search finds. Asking for
// no more than ids keeps the engines within an index that has all it looks at.
func (q Queries) foundOrders(ctx context.Context, scope purvey.Scope, f OrderFilter, p purvey.Page, w *where) ([]string, error) {
	if strings.TrimSpace(f.Search) != "" {
		start, err := q.startOf(ctx, "orders", scope, ordersSearched)
		if err != nil {
			return nil, err
		}
		exact, err := q.ordersNamed(ctx, scope, f.Search)
		if err != nil {
			return nil, err
		}
		w.searchOrders(f.Search, start, exact)
	}
	text, args := w.list(`SELECT o.id FROM orders o`, "o", p)
	return collect(ctx, q, text, args, scanID)
}

// ordersInOrder gives whole orders in the order of their ids.
func (q Queries) ordersInOrder(ctx context.Context, ids purvey.Listed[string]) (purvey.Listed[purvey.Order], error) {
	out := purvey.Listed[purvey.Order]{HasMore: ids.HasMore}
	if len(ids.Items) == 0 {
		return out, nil
	}
	set, args := inList(1, ids.Items)
	items, err := collect(ctx, q, `SELECT `+orderColumns+` FROM orders o WHERE o.id IN `+set, args, scanOrder)
	if err != nil {
		return out, err
	}
	place := make(map[string]int, len(ids.Items))
	for i, id := range ids.Items {
		place[id] = i
	}
	slices.SortFunc(items, func(a, b purvey.Order) int { return place[a.ID] - place[b.ID] })
	out.Items = items
	return out, q.fillLines(ctx, items)
}

// fillLines reads lines, keys and assigned files of the orders.
func (q Queries) fillLines(ctx context.Context, orders []purvey.Order) error {
	if len(orders) == 0 {
		return nil
	}
	index := make(map[string]*purvey.Order, len(orders))
	ids := make([]string, len(orders))
	for i := range orders {
		ids[i] = orders[i].ID
		index[orders[i].ID] = &orders[i]
	}
	set, args := inList(1, ids)
	err := q.each(ctx, `SELECT `+lineColumns+` FROM order_line l WHERE l.order_id IN `+set+` ORDER BY l.order_id, l.number`, args, func(rows *sql.Rows) error {
		var l purvey.Line
		if err := scanLine(rows, &l); err != nil {
			return err
		}
		o := index[l.OrderID]
		o.Lines = append(o.Lines, l)
		return nil
	})
	if err != nil {
		return err
	}
	lines := map[string]*purvey.Line{}
	var keyed, unique []string
	for i := range orders {
		for j := range orders[i].Lines {
			l := &orders[i].Lines[j]
			lines[l.ID] = l
			keyed = append(keyed, l.ID)
			if l.Delivering == purvey.Unique {
				unique = append(unique, l.ID)
			}
		}
	}
	if err := q.fillKeys(ctx, lines, keyed); err != nil {
		return err
	}
	return q.fillLineFiles(ctx, lines, unique)
}

func (q Queries) fillKeys(ctx context.Context, lines map[string]*purvey.Line, ids []string) error {
	for chunk := range chunks(ids) {
		set, args := inList(1, chunk)
		err := q.each(ctx, `SELECT `+keyColumns+` FROM license_key k WHERE k.line_id <> '' AND k.line_id IN `+set+` AND k.burnt_at = 0
			ORDER BY k.assigned_at, k.id`, args, func(rows *sql.Rows) error {
			var k purvey.LicenseKey
			if err := scanKey(rows, &k); err != nil {
				return err
			}
			lines[k.LineID].Keys = append(lines[k.LineID].Keys, k)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (q Queries) fillLineFiles(ctx context.Context, lines map[string]*purvey.Line, ids []string) error {
	for chunk := range chunks(ids) {
		set, args := inList(1, chunk)
		err := q.each(ctx, `SELECT x.line_id, `+fileColumns+` FROM line_file x JOIN file f ON f.id = x.file_id
			WHERE x.line_id IN `+set+` ORDER BY x.line_id, x.position`, args, func(rows *sql.Rows) error {
			var line string
			var f purvey.File
			if err := scanFile(prefixed{rows, &line}, &f); err != nil {
				return err
			}
			lines[line].Files = append(lines[line].Files, f)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Right gives all that decides over a line's goods.
func (q Queries) Right(ctx context.Context, lineID string) (purvey.Right, error) {
	var orderID string
	if err := q.row(ctx, `SELECT order_id FROM order_line WHERE id = $1`, []any{lineID}, &orderID); err != nil {
		return purvey.Right{}, missing(err, "order line")
	}
	o, err := q.OrderByID(ctx, orderID)
	if err != nil {
		return purvey.Right{}, err
	}
	rights, err := q.Rights(ctx, o)
	if err != nil {
		return purvey.Right{}, err
	}
	for _, r := range rights {
		if r.Line.ID == lineID {
			return r, nil
		}
	}
	return purvey.Right{}, purvey.Missing("order line")
}

// Rights gives the rights of every line of a whole order, in its order. A
// product that is gone gives a right without goods.
func (q Queries) Rights(ctx context.Context, o purvey.Order) ([]purvey.Right, error) {
	ids := make([]string, len(o.Lines))
	for i, l := range o.Lines {
		ids[i] = l.ProductID
	}
	products, err := q.ProductsByID(ctx, o.ShopID, ids)
	if err != nil {
		return nil, err
	}
	bare := o
	bare.Lines = nil
	rights := make([]purvey.Right, len(o.Lines))
	for i, l := range o.Lines {
		p := products[l.ProductID]
		v := purvey.Version{ID: p.ActiveVersionID, ProductID: p.ID, Files: p.Files}
		if l.VersionID != "" && l.VersionID != p.ActiveVersionID {
			if v, err = q.Version(ctx, o.ShopID, l.VersionID); err != nil {
				return nil, err
			}
		}
		rights[i] = purvey.Right{Order: bare, Line: l, Product: p, Version: v}
	}
	return rights, nil
}

package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"purvey"
)

// OrderFilter narrows a list of orders. Values of one field are alternatives,
// fields are joined by and; a zero field narrows nothing.
type OrderFilter struct {
	From, Before               time.Time // created: From inclusive, Before exclusive
	UpdatedFrom, UpdatedBefore time.Time // changed: the same
	Financial                  []string
	Products                   []string // ids; orders that have a line of any
	Email                      string   // any case, outer space aside
	Query                      string   // part of the name, any case; a leading # is left out
	CustomerNumber             int64    // trailing number of the customer's gid
	Source                     string
	Reference                  string
	IDs                        []string
	Types                      []string
	CustomerIDs                []string
	LineStatus                 []string // orders that have a line in any of these
	Kind                       string   // orders that have a line of a product of the kind
	Published                  string   // the order's state in Publica.la's words
	Sources                    []string
	Access                     string // what customers read as dl_access: "enabled" or "disabled"
	// Search is a whole name, number, address or reference or, of the newest
	// 100,000 orders, a part of one. Only Orders obeys it.
	Search string

	few bool // orders have a line of any of Products
}

// fewOrders is how many orders are rather read by their products' index and
// sorted than looked for among all.
const fewOrders = 2000

// measured finds out how many orders have the filter's products.
func (q Queries) measured(ctx context.Context, f OrderFilter) (OrderFilter, error) {
	if len(f.Products) == 0 {
		return f, nil
	}
	set, args := inList(2, f.Products)
	var n int
	err := q.row(ctx, `SELECT count(*) FROM (SELECT 1 AS one FROM order_line l WHERE l.product_id IN `+set+` LIMIT $1) x`, append([]any{fewOrders + 1}, args...), &n)
	f.few = n <= fewOrders
	return f, err
}

// where writes the conditions of a filter.
func (f OrderFilter) where(scope purvey.Scope) *where {
	w := newWhere(`o.shop_id = $1 AND o.mode = $2`, scope.ShopID, scope.Mode)
	if !f.From.IsZero() {
		w.and(`o.created_at >= ?`, micros(f.From))
	}
	if !f.Before.IsZero() {
		w.and(`o.created_at < ?`, micros(f.Before))
	}
	if !f.UpdatedFrom.IsZero() {
		w.and(`o.updated_at >= ?`, micros(f.UpdatedFrom))
	}
	if !f.UpdatedBefore.IsZero() {
		w.and(`o.updated_at < ?`, micros(f.UpdatedBefore))
	}
	if email := strings.TrimSpace(f.Email); email != "" {
		w.and(`o.email_folded = ?`, purvey.Fold(email))
	}
	if query := strings.TrimPrefix(strings.TrimSpace(f.Query), "#"); query != "" {
		w.and(`{instr}(o.name_folded, ?) > 0`, purvey.Fold(query))
	}
	if f.CustomerNumber != 0 {
		w.and(`o.customer_number = ?`, f.CustomerNumber)
	}
	if f.Source != "" {
		w.and(`o.source = ?`, f.Source)
	}
	if f.Reference != "" {
		w.and(`o.external_reference = ?`, f.Reference)
	}
	w.in(`o.id`, f.IDs)
	w.in(`o.financial`, f.Financial)
	if len(f.Financial) > 0 && !slices.Contains(f.Financial, string(purvey.Paid)) {
		w.and(`o.financial <> 'PAID'`) // says it to the partial index
	}
	w.in(`o.source`, f.Sources)
	if len(f.Sources) > 0 && !slices.Contains(f.Sources, string(purvey.SourceNative)) {
		w.and(`o.source <> 'native'`)
	}
	w.in(`o.type`, f.Types)
	w.among(`SELECT c.id FROM orders c WHERE c.customer_id`, f.CustomerIDs)
	if f.few {
		w.among(`SELECT l.order_id FROM order_line l WHERE l.product_id`, f.Products)
	} else {
		w.exists(`SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.product_id`, f.Products)
	}
	w.lineStatus(scope, f.LineStatus)
	w.access(scope, f.Access)
	if f.Kind != "" {
		w.exists(`SELECT 1 FROM order_line l JOIN product p ON p.id = l.product_id WHERE l.order_id = o.id AND p.kind`, []string{f.Kind})
	}
	if f.Published != "" {
		w.published(f.Published)
	}
	return w
}

// among narrows to the orders that a sub-select gives, whose last column is
// compared with the values: an index of its own finds them.
func (w *where) among(sub string, values []string) {
	if len(values) > 0 {
		set, args := inList(len(w.args)+1, values)
		w.text.WriteString(" AND o.id IN (" + sub + " IN " + set + ")")
		w.args = append(w.args, args...)
	}
}

// lineStatus narrows to orders with a line in any of the states. All but the
// usual one are found by a partial index.
func (w *where) lineStatus(scope purvey.Scope, states []string) {
	if len(states) > 0 && !slices.Contains(states, string(purvey.LineActive)) {
		w.and(`o.id IN (SELECT l.order_id FROM order_line l WHERE l.shop_id = ? AND l.mode = ? AND l.status <> 'active' AND l.status IN (`+
			strings.TrimSuffix(strings.Repeat("?,", len(states)), ",")+`))`, append([]any{scope.ShopID, scope.Mode}, anys(states)...)...)
		return
	}
	w.exists(`SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.status`, states)
}

// access narrows to orders whose dl_access reads so, as Order.ShownDisabled has
// it.
func (w *where) access(scope purvey.Scope, reads string) {
	const every = `NOT EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.status NOT IN ('paused', 'canceled'))`
	switch reads {
	case "disabled":
		w.and(`o.id IN (SELECT c.id FROM orders c WHERE c.shop_id = ? AND c.mode = ? AND c.access_disabled
			UNION SELECT l.order_id FROM order_line l WHERE l.shop_id = ? AND l.mode = ? AND l.status <> 'active' AND l.status IN ('paused', 'canceled'))
			AND (o.access_disabled OR `+every+`)`, scope.ShopID, scope.Mode, scope.ShopID, scope.Mode)
	case "enabled":
		w.and(`NOT o.access_disabled AND NOT ` + every)
	}
}

func anys(values []string) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// lineIn finds a line of the order in a set of states.
const lineIn = `EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.status IN `

// published narrows to orders whose state reads so: approved if any line is,
// else paused, else pending, else cancelled.
func (w *where) published(state string) {
	const (
		open    = lineIn + `('processing', 'active', 'failed'))`
		granted = `(` + lineIn + `('processing', 'failed')) OR NOT o.access_disabled AND ` + lineIn + `('active')))`
		paused  = `(` + lineIn + `('paused')) OR o.access_disabled AND ` + lineIn + `('active')))`
		unpaid  = lineIn + `('unpaid'))`
	)
	switch state {
	case "approved":
		w.and(granted)
	case "paused":
		w.and(paused + ` AND NOT ` + granted)
	case "pending":
		w.and(unpaid + ` AND NOT ` + paused + ` AND NOT ` + open)
	default:
		w.and(`NOT ` + unpaid + ` AND NOT ` + paused + ` AND NOT ` + open)
	}
}

// OrdersAt lists whole orders, newest first, from an offset on, and counts
// all that the filter leaves: for wires that number their pages.
func (q Queries) OrdersAt(ctx context.Context, scope purvey.Scope, f OrderFilter, offset, limit int) (orders []purvey.Order, total int, err error) {
	w := f.where(scope)
	if err := q.row(ctx, `SELECT count(*) FROM orders o WHERE `+w.text.String(), w.args, &total); err != nil || offset >= total {
		return nil, total, err
	}
	n := strconv.Itoa(len(w.args) + 1)
	m := strconv.Itoa(len(w.args) + 2)
	orders, err = collect(ctx, q, `SELECT `+orderColumns+` FROM orders o WHERE `+w.text.String()+` ORDER BY o.id DESC LIMIT $`+n+` OFFSET $`+m,
		append(w.args, limit, offset), scanOrder)
	if err != nil {
		return nil, 0, err
	}
	return orders, total, q.fillLines(ctx, orders)
}

// OrderCursor is a place in a list of orders that is sorted by time.
type OrderCursor struct {
	Changed bool      // by the time of the last change, else of creation
	Oldest  bool      // first; else newest first
	At      time.Time // of the row before; the zero time is the beginning
	ID      string
	Back    bool // the rows before the place, not those after it
}

// OrdersFrom lists whole orders from a place on, or up to it, always in the
// order that the cursor names. HasMore tells of more rows in the direction of
// reading. Ties on time break by id.
func (q Queries) OrdersFrom(ctx context.Context, scope purvey.Scope, f OrderFilter, c OrderCursor, limit int) (purvey.Listed[purvey.Order], error) {
	column, op, dir := `o.created_at`, "<", " DESC"
	if c.Changed {
		column = `o.updated_at`
	}
	if c.Oldest != c.Back {
		op, dir = ">", ""
	}
	w := f.where(scope)
	if c.ID != "" {
		w.and("("+column+", o.id) "+op+" (?, ?)", micros(c.At), c.ID)
	}
	n := strconv.Itoa(len(w.args) + 1)
	items, err := collect(ctx, q, `SELECT `+orderColumns+` FROM orders o WHERE `+w.text.String()+
		` ORDER BY `+column+dir+`, o.id`+dir+` LIMIT $`+n, append(w.args, limit+1), scanOrder)
	if err != nil {
		return purvey.Listed[purvey.Order]{}, err
	}
	out := listed(items, purvey.Page{Limit: limit})
	if c.Back {
		slices.Reverse(out.Items)
	}
	return out, q.fillLines(ctx, out.Items)
}

package store

import (
	"context"
	"errors"
	"slices"
	"strings"

	"purvey"
)

// A message of an order is found by the address and the name of its order,
// which have their indexes: nothing is written for it where an order is placed.
// The few others have what they are found by in their column search: those of
// no order, those that went to another address, and those whose order's address
// was corrected since.

// messageSearch is what a message of no order is found by: its address, a line
// break, its subject, folded; "" for the others.
func messageSearch(m *purvey.Message) string {
	if m.OrderID != "" {
		return ""
	}
	subject := m.Subject
	if subject == "" {
		subject = m.Data.Subject
	}
	return messageText(m.To, subject)
}

func messageText(to, subject string) string { return purvey.Fold(to) + "\n" + purvey.Fold(subject) }

// KeepMessageAddresses has the messages of an order found by the addresses they
// went to, whatever address the order has or is given.
func (tx *Tx) KeepMessageAddresses(ctx context.Context, orderID string) error {
	type sent struct{ id, to, subject string }
	messages, err := collect(ctx, tx.Queries, `SELECT m.id, m.recipient, m.subject FROM message m WHERE m.order_id = $1 AND m.order_id <> '' AND m.search = ''`,
		[]any{orderID}, func(s scanner, m *sent) error { return s.Scan(&m.id, &m.to, &m.subject) })
	for _, m := range messages {
		if _, err := tx.exec(ctx, `UPDATE message SET search = $2 WHERE id = $1`, m.id, messageText(m.to, m.subject)); err != nil {
			return err
		}
	}
	return err
}

// manyOrders is how many orders' messages are looked up for a search. A text
// that more addresses begin with is found soon by reading the newest messages.
const manyOrders = 3000

// searchMessages gives the ids of at least as many messages as the page shows,
// if there are so many, and among them all that belong on the page. The
// statements that go by an index of few rows have no order, which the planner
// would rather read all messages for.
func (q Queries) searchMessages(ctx context.Context, scope purvey.Scope, f MessageFilter, p purvey.Page) ([]string, error) {
	var found []string
	take := func(text string, args []any) error {
		ids, err := collect(ctx, q, text, args, func(s scanner, id *string) error { return s.Scan(id) })
		found = append(found, ids...)
		return err
	}
	some := func(w *where) error {
		f.and(w)
		if p.AfterID != "" {
			op := ">"
			if p.Descending() {
				op = "<"
			}
			w.and(`m.id `+op+` ?`, p.AfterID)
		}
		return take(`SELECT m.id FROM message m WHERE `+w.text.String(), w.args)
	}
	begin, rest := purvey.Fold(f.Search), lastRune
	if f.To != "" {
		begin, rest = purvey.Fold(f.To), ""
	}
	like := escapeLike(begin)
	if rest != "" {
		like += "%"
	}
	byOrder := func(column, low, high string) error {
		orders, err := collect(ctx, q, `SELECT o.id FROM orders o WHERE o.shop_id = $1 AND o.mode = $2 AND o.`+column+` >= $3 AND o.`+column+` <= $4 LIMIT $5`,
			[]any{scope.ShopID, scope.Mode, low, high, manyOrders + 1}, func(s scanner, id *string) error { return s.Scan(id) })
		if err != nil {
			return err
		}
		if len(orders) > manyOrders {
			w := newWhere(`m.shop_id = $1 AND m.mode = $2`, scope.ShopID, scope.Mode)
			w.and(`m.order_id <> '' AND lower(m.recipient) LIKE ? ESCAPE '\'`, like)
			f.and(w)
			return take(w.list(`SELECT m.id FROM message m`, "m", p))
		}
		for ids := range chunks(orders) {
			w := newWhere(`m.order_id <> ''`)
			w.in(`m.order_id`, ids)
			if column == "email_folded" {
				w.and(`lower(m.recipient) LIKE ? ESCAPE '\'`, like)
			}
			if err := some(w); err != nil {
				return err
			}
		}
		return nil
	}
	kept := newWhere(`m.shop_id = $1 AND m.mode = $2 AND m.search <> ''`, scope.ShopID, scope.Mode)
	if f.To != "" {
		kept.and(`m.search >= ? AND m.search < ?`, begin+"\n", begin+"\n"+lastRune)
	} else {
		kept.and(`m.search > '' AND m.search LIKE ? ESCAPE '\'`, "%"+escapeLike(begin)+"%")
	}
	err := errors.Join(byOrder("email_folded", begin, begin+rest), some(kept))
	if f.To == "" {
		err = errors.Join(err, byOrder("name_folded", begin, begin), byOrder("name_folded", "#"+begin, "#"+begin))
	}
	slices.SortFunc(found, func(a, b string) int {
		if p.Descending() {
			a, b = b, a
		}
		return strings.Compare(a, b)
	})
	found = slices.Compact(found)
	return found[:min(len(found), p.Limit+1)], err
}

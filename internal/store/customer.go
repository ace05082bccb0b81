package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"purvey"
)

const customerColumns = `c.id, c.email, c.firstname, c.lastname, c.locale, c.gid, c.external_id, c.created_at, c.deactivated_at`

func scanCustomer(s scanner, c *purvey.Customer) error {
	return s.Scan(&c.ID, &c.Email, &c.Firstname, &c.Lastname, &c.Locale, &c.GID, &c.ExternalID, at{&c.CreatedAt}, at{&c.DeactivatedAt})
}

// Customer gives a customer of the scope.
func (q Queries) Customer(ctx context.Context, scope purvey.Scope, id string) (purvey.Customer, error) {
	return one(ctx, q, "customer", `SELECT `+customerColumns+` FROM customer c WHERE c.id = $1 AND c.shop_id = $2 AND c.mode = $3`,
		[]any{id, scope.ShopID, scope.Mode}, scanCustomer)
}

// CustomerByEmail gives the customer with the address, in any case.
func (q Queries) CustomerByEmail(ctx context.Context, scope purvey.Scope, email string) (purvey.Customer, error) {
	folded := purvey.Fold(email)
	if folded == "" {
		return purvey.Customer{}, purvey.Missing("customer")
	}
	return one(ctx, q, "customer", `SELECT `+customerColumns+` FROM customer c WHERE c.shop_id = $1 AND c.mode = $2 AND c.email_folded = $3
		AND c.email_folded <> ''`, []any{scope.ShopID, scope.Mode, folded}, scanCustomer)
}

// CustomerByExternalID gives the customer with the caller's user id.
func (q Queries) CustomerByExternalID(ctx context.Context, scope purvey.Scope, external string) (purvey.Customer, error) {
	if external == "" {
		return purvey.Customer{}, purvey.Missing("customer")
	}
	return one(ctx, q, "customer", `SELECT `+customerColumns+` FROM customer c WHERE c.shop_id = $1 AND c.mode = $2 AND c.external_id = $3
		AND c.external_id <> ''`, []any{scope.ShopID, scope.Mode, external}, scanCustomer)
}

// Customers lists the scope's customers; query is part of an address, any case.
func (q Queries) Customers(ctx context.Context, scope purvey.Scope, query string, p purvey.Page) (purvey.Listed[purvey.Customer], error) {
	w := newWhere(`c.shop_id = $1 AND c.mode = $2`, scope.ShopID, scope.Mode)
	if query != "" {
		w.and(`c.email_folded LIKE ? ESCAPE '\'`, likePattern(query))
	}
	text, args := w.list(`SELECT `+customerColumns+` FROM customer c`, "c", p)
	items, err := collect(ctx, q, text, args, scanCustomer)
	return listed(items, p), err
}

// FindCustomers lists the scope's customers that a text names: a whole address
// or external id or, of the newest 50,000, a part of address or name. The name
// is compared without regard to the case of plain letters.
func (q Queries) FindCustomers(ctx context.Context, scope purvey.Scope, text string, p purvey.Page) (purvey.Listed[purvey.Customer], error) {
	start, err := q.startOf(ctx, "customer", scope, customersSearched)
	if err != nil {
		return purvey.Listed[purvey.Customer]{}, err
	}
	w := newWhere(`c.shop_id = $1 AND c.mode = $2`, scope.ShopID, scope.Mode)
	w.and(`(c.id >= ? AND (c.email_folded LIKE ? ESCAPE '\' OR lower(c.firstname || ' ' || c.lastname) LIKE ? ESCAPE '\' OR c.external_id = ?)
		OR c.id IN (SELECT x.id FROM customer x WHERE x.shop_id = ? AND x.mode = ? AND x.email_folded = ? AND x.email_folded <> ''
			UNION SELECT x.id FROM customer x WHERE x.shop_id = ? AND x.mode = ? AND x.external_id = ? AND x.external_id <> ''))`,
		start, likePattern(text), asciiPattern(strings.TrimSpace(text)), strings.TrimSpace(text),
		scope.ShopID, scope.Mode, purvey.Fold(text), scope.ShopID, scope.Mode, strings.TrimSpace(text))
	query, args := w.list(`SELECT `+customerColumns+` FROM customer c`, "c", p)
	items, err := collect(ctx, q, query, args, scanCustomer)
	return listed(items, p), err
}

// CustomerTotals is what a customer bought.
type CustomerTotals struct {
	Orders int
	LastAt time.Time
	Spent  []CurrencySum // paid, less what was given back; the largest first
}

// CurrencySum is an amount.
type CurrencySum struct {
	Currency string
	Cents    int64
}

// CustomerTotals gives what each of the customers bought, by id.
func (q Queries) CustomerTotals(ctx context.Context, ids []string) (map[string]CustomerTotals, error) {
	out := map[string]CustomerTotals{}
	for chunk := range chunks(ids) {
		set, args := inList(1, chunk)
		err := q.each(ctx, `SELECT o.customer_id, o.currency, count(*), max(o.created_at),
			CAST(sum(CASE WHEN o.paid_at > 0 AND `+sold+` THEN `+netCents+` ELSE 0 END) AS BIGINT)
			FROM orders o WHERE o.customer_id IN `+set+` GROUP BY o.customer_id, o.currency ORDER BY 5 DESC`, args, func(rows *sql.Rows) error {
			var id string
			var n int
			var last time.Time
			var sum CurrencySum
			if err := rows.Scan(&id, &sum.Currency, &n, at{&last}, &sum.Cents); err != nil {
				return err
			}
			t := out[id]
			t.Orders += n
			if last.After(t.LastAt) {
				t.LastAt = last
			}
			if sum.Cents > 0 {
				t.Spent = append(t.Spent, sum)
			}
			out[id] = t
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// TakeCustomer finds the customer with the same external id or, if none has
// it, the same address, and fills what was unknown of it; a new one is
// written. c.ID is set, and so are the external id and the gid if they were
// known; a gid that was not becomes that of earlier orders, too.
func (tx *Tx) TakeCustomer(ctx context.Context, scope purvey.Scope, c *purvey.Customer) error {
	found, err := tx.CustomerByExternalID(ctx, scope, c.ExternalID)
	if errors.Is(err, purvey.NotFound) {
		var fresh bool
		if fresh, err = tx.insertCustomer(ctx, scope, c); err != nil || fresh {
			return err
		}
		found, err = tx.CustomerByEmail(ctx, scope, c.Email)
	}
	if err != nil {
		return err
	}
	c.ID, c.CreatedAt, c.DeactivatedAt = found.ID, found.CreatedAt, found.DeactivatedAt
	merged := found
	fill := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	fill(&merged.Firstname, c.Firstname)
	fill(&merged.Lastname, c.Lastname)
	fill(&merged.Locale, c.Locale)
	fill(&merged.GID, c.GID)
	fill(&merged.ExternalID, c.ExternalID)
	c.ExternalID = merged.ExternalID
	fill(&c.GID, merged.GID)
	if merged == found {
		return nil
	}
	_, err = tx.exec(ctx, `UPDATE customer SET firstname = $2, lastname = $3, locale = $4, gid = $5, external_id = $6 WHERE id = $1`,
		found.ID, merged.Firstname, merged.Lastname, merged.Locale, merged.GID, merged.ExternalID)
	if number, ok := purvey.NumberOfGID(merged.GID); err == nil && ok && found.GID == "" {
		// Orders from before the gid was known are the same customer's.
		_, err = tx.exec(ctx, `UPDATE orders SET customer_gid = $4, customer_number = $5 WHERE shop_id = $1 AND mode = $2 AND email_folded = $3
			AND customer_id = $6 AND customer_gid = ''`, scope.ShopID, scope.Mode, purvey.Fold(found.Email), merged.GID, number, found.ID)
	}
	return err
}

// insertCustomer is false when a customer with the address is there already.
func (tx *Tx) insertCustomer(ctx context.Context, scope purvey.Scope, c *purvey.Customer) (bool, error) {
	c.ID, c.CreatedAt = tx.NewID(), tx.Now()
	n, err := tx.exec(ctx, `INSERT INTO customer (id, shop_id, mode, email, email_folded, firstname, lastname, locale, gid, external_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`, c.ID, scope.ShopID, scope.Mode, c.Email, purvey.Fold(c.Email),
		c.Firstname, c.Lastname, c.Locale, c.GID, c.ExternalID, micros(c.CreatedAt))
	return n == 1, err
}

// SetCustomerEmail gives a customer an address. It must not be another's.
func (tx *Tx) SetCustomerEmail(ctx context.Context, id, email string) error {
	_, err := tx.exec(ctx, `UPDATE customer SET email = $2, email_folded = $3 WHERE id = $1`, id, email, purvey.Fold(email))
	return err
}

// DeactivateCustomer notes since when a customer is kept out; the zero time
// that they are not any more.
func (tx *Tx) DeactivateCustomer(ctx context.Context, id string, since time.Time) error {
	_, err := tx.exec(ctx, `UPDATE customer SET deactivated_at = $2 WHERE id = $1`, id, micros(since))
	return err
}

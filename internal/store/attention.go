package store

import (
	"context"
	"time"

	"purvey"
)

// Concern is one thing that a person should look at.
type Concern struct {
	ID    string
	Title string
	At    time.Time
}

// Concerns are things of one sort: the newest of them, and how many there are,
// counted up to ConcernsCounted.
type Concerns struct {
	Count int
	Items []Concern
}

// Bounds of Concerns.
const (
	ConcernsShown   = 5
	ConcernsCounted = 1000
)

func scanConcern(s scanner, c *Concern) error { return s.Scan(&c.ID, &c.Title, at{&c.At}) }

// concerns runs a query of id, title and time, newest first.
func (q Queries) concerns(ctx context.Context, from, order string, columns string, args ...any) (Concerns, error) {
	var c Concerns
	var err error
	c.Items, err = collect(ctx, q, `SELECT `+columns+` FROM `+from+` ORDER BY `+order+` DESC LIMIT 5`, args, scanConcern)
	if c.Count = len(c.Items); err != nil || c.Count < ConcernsShown {
		return c, err
	}
	err = q.row(ctx, `SELECT count(*) FROM (SELECT 1 AS one FROM `+from+` LIMIT 1000) x`, args, &c.Count)
	return c, err
}

// FailedMail gives the messages made since a time that were refused for good,
// and after which none of their order went better.
func (q Queries) FailedMail(ctx context.Context, scope purvey.Scope, since time.Time) (Concerns, error) {
	return q.concerns(ctx, `message m WHERE m.shop_id = $1 AND m.mode = $2 AND m.state = 'failed' AND m.state IN ('deferred', 'failed', 'sent') AND m.created_at >= $3
		AND NOT EXISTS (SELECT 1 FROM message n WHERE n.order_id = m.order_id AND n.order_id <> '' AND n.id > m.id AND n.state <> 'failed')`,
		`m.id`, `m.id, m.recipient, m.created_at`, scope.ShopID, scope.Mode, micros(since))
}

// FailedLines gives the lines whose goods could not be made ready: those whose
// files could not be stamped, or the others.
func (q Queries) FailedLines(ctx context.Context, scope purvey.Scope, stamping bool) (Concerns, error) {
	is := `l.extra NOT LIKE '%"failure":"The file could not be personalised."%'`
	if stamping {
		is = `l.extra LIKE '%"failure":"The file could not be personalised."%'`
	}
	return q.concerns(ctx, `order_line l JOIN orders o ON o.id = l.order_id WHERE l.shop_id = $1 AND l.mode = $2 AND l.status = 'failed' AND l.status <> 'active' AND `+is,
		`l.order_id`, `o.id, o.name || ' · ' || l.product_name, l.updated_at`, scope.ShopID, scope.Mode)
}

// UnstampableFiles gives the files of active versions that could not be
// stamped for a buyer since a time.
func (q Queries) UnstampableFiles(ctx context.Context, shopID string, since time.Time) (Concerns, error) {
	return q.concerns(ctx, `stamped s JOIN file f ON f.id = s.file_id WHERE s.shop_id = $1 AND s.created_at >= $2 AND s.error <> ''
		AND EXISTS (SELECT 1 FROM version_file x JOIN version v ON v.id = x.version_id JOIN product p ON p.id = v.product_id AND p.active_version_id = v.id
			WHERE x.file_id = s.file_id) GROUP BY f.id, f.name`,
		`max(s.created_at)`, `f.id, f.name, max(s.created_at)`, shopID, micros(since))
}

// TroubledEndpoints gives the webhook endpoints of the scope that fail, or
// those that were switched off.
func (q Queries) TroubledEndpoints(ctx context.Context, scope purvey.Scope, off bool) (Concerns, error) {
	condition, at := `e.enabled AND e.failing_since > 0`, `e.failing_since`
	if off {
		condition, at = `NOT e.enabled AND e.disabled_reason NOT IN ('', 'switched off by its owner')`, `e.updated_at`
	}
	return q.concerns(ctx, `endpoint e WHERE e.shop_id = $1 AND e.mode = $2 AND `+condition, `e.id`, `e.id, e.name, `+at, scope.ShopID, scope.Mode)
}

// OpenStoreEvents gives the events of stores that wait for a person: they name
// unknown goods, or could not be obeyed.
func (q Queries) OpenStoreEvents(ctx context.Context, scope purvey.Scope) (Concerns, error) {
	return q.concerns(ctx, `store_event e WHERE e.shop_id = $1 AND e.mode = $2 AND e.state <> 'done' AND e.state IN ('unmapped', 'failed')`,
		`e.id`, `e.id, e.source || ' ' || e.topic, e.created_at`, scope.ShopID, scope.Mode)
}

// OpenRequests gives the requests for more downloads that nobody decided yet.
func (q Queries) OpenRequests(ctx context.Context, scope purvey.Scope) (Concerns, error) {
	return q.concerns(ctx, `download_request r JOIN orders o ON o.id = r.order_id WHERE r.shop_id = $1 AND r.mode = $2 AND r.state = 'open'`,
		`r.id`, `r.id, o.name || ' · ' || o.email, r.created_at`, scope.ShopID, scope.Mode)
}

// HeldOrders gives the paid orders whose goods are held for their risk.
func (q Queries) HeldOrders(ctx context.Context, scope purvey.Scope) (Concerns, error) {
	return q.concerns(ctx, `orders o WHERE o.shop_id = $1 AND o.mode = $2 AND o.risk = 'HIGH' AND NOT o.risk_accepted AND o.financial IN ('PAID', 'PARTIALLY_REFUNDED')
		AND EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.status = 'processing')`,
		`o.id`, `o.id, o.name, o.paid_at`, scope.ShopID, scope.Mode)
}

// KeyStock is how a pool of licence keys stands.
type KeyStock struct {
	Tag     string
	Product string // one of those that take keys from it
	Free    int    // counted up to the ceiling that was given
	Owed    int    // lines that wait for keys, counted up to ConcernsCounted
	Since   time.Time
}

// maxStocks bounds the pools that are looked at.
const maxStocks = 500

// KeyStocks gives how the pools stand that products on sale take keys from.
func (q Queries) KeyStocks(ctx context.Context, scope purvey.Scope, ceiling int) ([]KeyStock, error) {
	stocks, err := collect(ctx, q, `SELECT p.key_tag, min(p.name), min(p.created_at) FROM product p WHERE p.shop_id = $1 AND p.key_mode = 'FROM_POOL'
		AND p.access <> 'FILE' AND NOT p.is_archived GROUP BY p.key_tag ORDER BY p.key_tag LIMIT $2`, []any{scope.ShopID, maxStocks},
		func(s scanner, k *KeyStock) error { return s.Scan(&k.Tag, &k.Product, at{&k.Since}) })
	if err != nil {
		return nil, err
	}
	for i := range stocks {
		k := &stocks[i]
		if k.Free, err = q.CountFreeKeys(ctx, scope, k.Tag, ceiling); err != nil {
			return nil, err
		}
		var since time.Time
		err = q.row(ctx, `SELECT count(*), coalesce(min(x.created_at), 0) FROM (SELECT l.created_at FROM order_line l WHERE l.shop_id = $1 AND l.mode = $2 AND l.key_tag = $3
			AND l.keys_owed > 0 ORDER BY l.created_at LIMIT 1000) x`, []any{scope.ShopID, scope.Mode, k.Tag}, &k.Owed, at{&since})
		if err != nil {
			return nil, err
		}
		if !since.IsZero() {
			k.Since = since
		}
	}
	return stocks, nil
}

package store

import (
	"context"
	"time"

	"purvey"
)

const storeEventColumns = `e.id, e.shop_id, e.mode, e.source, e.topic, e.digest, e.body, e.state, e.error, e.unmapped, e.sale_id, e.order_id, e.created_at, e.processed_at`

func scanStoreEvent(s scanner, e *purvey.StoreEvent) error {
	var body string
	err := s.Scan(&e.ID, &e.ShopID, &e.Mode, &e.Source, &e.Topic, &e.Digest, &body, &e.State, &e.Error, doc{&e.Unmapped}, &e.SaleID, &e.OrderID,
		at{&e.CreatedAt}, at{&e.ProcessedAt})
	e.Body = []byte(body)
	return err
}

// InsertStoreEvent writes an event of a store, setting its id and time. It
// gives false, and writes nothing, when the same one is there.
func (tx *Tx) InsertStoreEvent(ctx context.Context, e *purvey.StoreEvent) (bool, error) {
	e.ID, e.CreatedAt, e.State = tx.NewID(), tx.Now(), purvey.StoreEventReceived
	n, err := tx.exec(ctx, `INSERT INTO store_event (id, shop_id, mode, source, topic, digest, body, state, error, unmapped, sale_id, order_id, created_at, processed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', '', '', $9, 0) ON CONFLICT (shop_id, mode, source, digest) DO NOTHING`,
		e.ID, e.ShopID, e.Mode, e.Source, e.Topic, e.Digest, string(e.Body), e.State, micros(e.CreatedAt))
	return n == 1, err
}

// StoreEvent gives an event of the scope.
func (q Queries) StoreEvent(ctx context.Context, scope purvey.Scope, id string) (purvey.StoreEvent, error) {
	return one(ctx, q, "store event", `SELECT `+storeEventColumns+` FROM store_event e WHERE e.id = $1 AND e.shop_id = $2 AND e.mode = $3`,
		[]any{id, scope.ShopID, scope.Mode}, scanStoreEvent)
}

// StoreEventByID gives an event of any shop, for the job that works on it.
func (q Queries) StoreEventByID(ctx context.Context, id string) (purvey.StoreEvent, error) {
	return one(ctx, q, "store event", `SELECT `+storeEventColumns+` FROM store_event e WHERE e.id = $1`, []any{id}, scanStoreEvent)
}

// StoreEventByDigest gives the event of a source with that body.
func (q Queries) StoreEventByDigest(ctx context.Context, scope purvey.Scope, source purvey.Source, digest string) (purvey.StoreEvent, error) {
	return one(ctx, q, "store event", `SELECT `+storeEventColumns+` FROM store_event e WHERE e.shop_id = $1 AND e.mode = $2 AND e.source = $3 AND e.digest = $4`,
		[]any{scope.ShopID, scope.Mode, source, digest}, scanStoreEvent)
}

// NewsFilter narrows a list of events; "" narrows nothing.
type NewsFilter struct {
	State  string
	Source string
}

// StoreEvents lists the scope's events.
func (q Queries) StoreEvents(ctx context.Context, scope purvey.Scope, f NewsFilter, p purvey.Page) (purvey.Listed[purvey.StoreEvent], error) {
	w := newWhere(`e.shop_id = $1 AND e.mode = $2`, scope.ShopID, scope.Mode)
	if f.State != "" {
		w.and(`e.state = ?`, f.State)
		if f.State != string(purvey.StoreEventDone) {
			w.and(`e.state <> 'done'`) // says it to the partial index
		}
	}
	if f.Source != "" {
		w.and(`e.source = ?`, f.Source)
	}
	text, args := w.list(`SELECT `+storeEventColumns+` FROM store_event e`, "e", p)
	items, err := collect(ctx, q, text, args, scanStoreEvent)
	return listed(items, p), err
}

// UpdateStoreEvent writes what came of an event.
func (tx *Tx) UpdateStoreEvent(ctx context.Context, e *purvey.StoreEvent) error {
	_, err := tx.exec(ctx, `UPDATE store_event SET state = $2, error = $3, unmapped = $4, sale_id = $5, order_id = $6, processed_at = $7 WHERE id = $1`,
		e.ID, e.State, e.Error, asJSON(e.Unmapped), e.SaleID, e.OrderID, micros(e.ProcessedAt))
	return err
}

// SettleStoreEvents gives the state that a purchase has reached to the other
// events that spoke of it. One that waits to be worked on is left alone.
func (tx *Tx) SettleStoreEvents(ctx context.Context, e purvey.StoreEvent) error {
	_, err := tx.exec(ctx, `UPDATE store_event SET state = $2, error = '', unmapped = $3, order_id = $4 WHERE sale_id = $1 AND sale_id <> ''
		AND state <> 'received' AND (state <> $2 OR order_id <> $4 OR unmapped <> $3)`, e.SaleID, e.State, asJSON(e.Unmapped), e.OrderID)
	return err
}

// DeleteStoreEvents removes the events that were done before an instant.
func (tx *Tx) DeleteStoreEvents(ctx context.Context, before time.Time) (int64, error) {
	return tx.exec(ctx, `DELETE FROM store_event WHERE created_at < $1 AND state = 'done'`, micros(before))
}

// Sale is one purchase in a store: what its events have said of it so far.
// Facts is a document of whoever works on it.
type Sale struct {
	ID        string
	ShopID    string
	Mode      purvey.Mode
	Source    purvey.Source
	OrderID   string // "" none was made
	Facts     []byte
	CreatedAt time.Time
	UpdatedAt time.Time
}

const saleColumns = `s.id, s.shop_id, s.mode, s.source, s.order_id, s.facts, s.created_at, s.updated_at`

func scanSale(sc scanner, s *Sale) error {
	var facts string
	err := sc.Scan(&s.ID, &s.ShopID, &s.Mode, &s.Source, &s.OrderID, &facts, at{&s.CreatedAt}, at{&s.UpdatedAt})
	s.Facts = []byte(facts)
	return err
}

// SalesByKey gives the sales that a source knows by one of the keys, oldest
// first. The caller has locked the keys.
func (tx *Tx) SalesByKey(ctx context.Context, scope purvey.Scope, source purvey.Source, keys []string) ([]Sale, error) {
	set, args := inList(4, keys)
	return collect(ctx, tx.Queries, `SELECT `+saleColumns+` FROM sale s WHERE s.id IN
		(SELECT k.sale_id FROM sale_key k WHERE k.shop_id = $1 AND k.mode = $2 AND k.source = $3 AND k.key IN `+set+`) ORDER BY s.id {for update}`,
		append([]any{scope.ShopID, scope.Mode, source}, args...), scanSale)
}

// PutSale writes a sale, a new one when it has no id, under all its keys.
func (tx *Tx) PutSale(ctx context.Context, s *Sale, keys []string) error {
	s.UpdatedAt = tx.Now()
	var err error
	if s.ID == "" {
		s.ID, s.CreatedAt = tx.NewID(), s.UpdatedAt
		_, err = tx.exec(ctx, `INSERT INTO sale (id, shop_id, mode, source, order_id, facts, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			s.ID, s.ShopID, s.Mode, s.Source, s.OrderID, string(s.Facts), micros(s.CreatedAt), micros(s.UpdatedAt))
	} else {
		_, err = tx.exec(ctx, `UPDATE sale SET order_id = $2, facts = $3, updated_at = $4 WHERE id = $1`, s.ID, s.OrderID, string(s.Facts), micros(s.UpdatedAt))
	}
	for _, key := range keys {
		if err != nil {
			break
		}
		_, err = tx.exec(ctx, `INSERT INTO sale_key (shop_id, mode, source, key, sale_id) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (shop_id, mode, source, key) DO NOTHING`, s.ShopID, s.Mode, s.Source, key, s.ID)
	}
	return err
}

// JoinSales makes one sale of two: what was told of the other is told of this.
func (tx *Tx) JoinSales(ctx context.Context, id, other string) error {
	for _, text := range []string{
		`UPDATE sale_key SET sale_id = $1 WHERE sale_id = $2`,
		`UPDATE store_event SET sale_id = $1 WHERE sale_id = $2`,
		`DELETE FROM sale WHERE id = $2 AND id <> $1`,
	} {
		if _, err := tx.exec(ctx, text, id, other); err != nil {
			return err
		}
	}
	return nil
}

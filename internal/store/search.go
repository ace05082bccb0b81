package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"purvey"
)

// How far back text is looked for anywhere in names and addresses. Whole names,
// addresses, numbers and references, and their beginnings where Search says so,
// are found however old they are.
const (
	ordersSearched    = 100_000
	customersSearched = 50_000
	othersSearched    = 20_000
)

// Hit is something that a search found.
type Hit struct {
	ID    string
	Title string
	Sub   string
}

func scanHit(s scanner, h *Hit) error { return s.Scan(&h.ID, &h.Title, &h.Sub) }

// beyond is above every text that begins with s.
func beyond(s string) string { return s + string(utf8.MaxRune) }

// startOf gives the id of the oldest of the newest rows of a scope, "" when
// there are fewer.
func (q Queries) startOf(ctx context.Context, table string, scope purvey.Scope, newest int) (string, error) {
	var id string
	err := q.row(ctx, `SELECT coalesce(min(x.id), '') FROM (SELECT t.id FROM `+table+` t WHERE t.shop_id = $1 AND t.mode = $2 ORDER BY t.id DESC LIMIT 1 OFFSET $3) x`,
		[]any{scope.ShopID, scope.Mode, newest}, &id)
	return id, err
}

// ordersNamed gives ids of orders that are called exactly so: by name with or
// without #, number, address or reference.
func (q Queries) ordersNamed(ctx context.Context, scope purvey.Scope, text string) ([]string, error) {
	folded := purvey.Fold(text)
	bare := strings.TrimLeft(folded, "# ")
	number, _ := strconv.ParseInt(bare, 10, 64)
	ids, err := collect(ctx, q, `SELECT o.id FROM orders o WHERE o.shop_id = $1 AND o.mode = $2 AND o.name_folded IN ($3, $4)
		UNION SELECT o.id FROM orders o WHERE o.shop_id = $1 AND o.mode = $2 AND o.number = $5
		UNION SELECT o.id FROM orders o WHERE o.shop_id = $1 AND o.mode = $2 AND o.external_reference = $6 AND o.external_reference <> ''
		UNION SELECT o.id FROM (SELECT o.id FROM orders o WHERE o.shop_id = $1 AND o.mode = $2 AND o.email_folded = $7 ORDER BY o.id DESC LIMIT 500) o`,
		[]any{scope.ShopID, scope.Mode, bare, "#" + bare, number, strings.TrimSpace(text), folded}, scanID)
	return ids, err
}

func scanID(s scanner, id *string) error { return s.Scan(id) }

// searchOrders narrows a list of orders to those that a text names: exactly, or
// as a part of the name, address or reference of one of the newest.
func (w *where) searchOrders(text, start string, exact []string) {
	// A look for a text is several times as quick as a comparison with a pattern.
	folded := purvey.Fold(strings.TrimPrefix(strings.TrimSpace(text), "#"))
	found := `({instr}(o.name_folded, ?) > 0 OR {instr}(o.email_folded, ?) > 0 OR {instr}(o.external_reference, ?) > 0)`
	args := []any{folded, folded, strings.TrimSpace(text)}
	if start != "" {
		found = `(o.id >= ? AND ` + found + `)`
		args = append([]any{start}, args...)
	}
	if start != "" && len(exact) > 0 { // the newest are found anyway
		set := make([]string, len(exact))
		for i, id := range exact {
			set[i] = "?"
			args = append(args, id)
		}
		found = `(` + found + ` OR o.id IN (` + strings.Join(set, ",") + `))`
	}
	w.and(found, args...)
}

// SearchOrders finds up to limit orders, the newest first.
func (q Queries) SearchOrders(ctx context.Context, scope purvey.Scope, text string, limit int) ([]Hit, error) {
	page, err := q.Orders(ctx, scope, OrderFilter{Search: text}, purvey.Page{Limit: limit})
	hits := make([]Hit, 0, len(page.Items))
	for _, o := range page.Items {
		hits = append(hits, orderHit(o))
	}
	return hits, err
}

func orderHit(o purvey.Order) Hit {
	sub := o.Customer.Email
	if sub == "" {
		sub = o.Customer.FullName()
	}
	return Hit{ID: o.ID, Title: o.Name, Sub: sub}
}

// SearchKeys finds up to limit licence keys whose text begins so, as it is
// written or in capitals.
func (q Queries) SearchKeys(ctx context.Context, scope purvey.Scope, text string, limit int) ([]Hit, error) {
	var hits []Hit
	written := strings.TrimSpace(text)
	for _, begin := range slices.Compact([]string{written, strings.ToUpper(written)}) {
		for _, part := range textParts {
			some, err := collect(ctx, q, `SELECT k.id, k.key, k.order_name FROM `+keysOfTexts+` WHERE x.fresh = $1 AND x.shop_id = $2 AND x.mode = $3
				AND x.key >= $4 AND x.key < $5 ORDER BY x.key, x.id LIMIT $6`,
				[]any{part, scope.ShopID, scope.Mode, begin, beyond(begin), limit - len(hits)}, scanHit)
			if err != nil {
				return nil, err
			}
			for _, h := range some {
				if !slices.Contains(hits, h) { // it may have moved between the parts
					hits = append(hits, h)
				}
			}
		}
	}
	return hits, nil
}

// SearchProducts finds up to limit products by a part of the name, or by slug
// or external id.
func (q Queries) SearchProducts(ctx context.Context, shopID, text string, limit int) ([]Hit, error) {
	return collect(ctx, q, `SELECT p.id, p.name, p.slug FROM (SELECT p.id, p.name, p.name_folded, p.slug, p.external_id, p.is_archived FROM product p
		WHERE p.shop_id = $1 ORDER BY p.id DESC LIMIT $2) p WHERE p.name_folded LIKE $3 ESCAPE '\' OR p.slug = $4 OR p.external_id = $5
		ORDER BY p.is_archived, p.id DESC LIMIT $6`,
		[]any{shopID, othersSearched, likePattern(text), purvey.Fold(text), strings.TrimSpace(text), limit}, scanHit)
}

// SearchFiles finds up to limit files by a part of the name, among the newest.
func (q Queries) SearchFiles(ctx context.Context, shopID, text string, limit int) ([]Hit, error) {
	return collect(ctx, q, `SELECT f.id, f.name, f.type FROM (SELECT f.id, f.name, f.name_folded, f.type FROM file f WHERE f.shop_id = $1 ORDER BY f.id DESC LIMIT $2) f
		WHERE f.name_folded LIKE $3 ESCAPE '\' ORDER BY f.id DESC LIMIT $4`, []any{shopID, othersSearched, likePattern(text), limit}, scanHit)
}

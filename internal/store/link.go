package store

import (
	"context"
	"database/sql"

	"purvey"
)

const linkColumns = `k.id, k.shop_id, k.mode, k.use_limit, k.max_copies, k.stamp, k.stamp_text, k.expires_at, k.used_up_sent, k.created_at, k.updated_at`

func scanLink(s scanner, k *purvey.Link) error {
	return s.Scan(&k.ID, &k.ShopID, &k.Mode, &k.UseLimit, &k.Limit, &k.Stamp, &k.StampText, at{&k.ExpiresAt}, &k.UsedUpSent, at{&k.CreatedAt}, at{&k.UpdatedAt})
}

// Link gives a share link of the scope, with its files.
func (q Queries) Link(ctx context.Context, scope purvey.Scope, id string) (purvey.Link, error) {
	return q.link(ctx, `k.id = $1 AND k.shop_id = $2 AND k.mode = $3`, id, scope.ShopID, scope.Mode)
}

// LinkByID gives a share link of any shop: for callers that hold a proof of
// their own, such as the link's URL.
func (q Queries) LinkByID(ctx context.Context, id string) (purvey.Link, error) {
	return q.link(ctx, `k.id = $1`, id)
}

func (q Queries) link(ctx context.Context, where string, args ...any) (purvey.Link, error) {
	k, err := one(ctx, q, "download link", `SELECT `+linkColumns+` FROM link k WHERE `+where, args, scanLink)
	if err != nil {
		return k, err
	}
	whole := []purvey.Link{k}
	err = q.fillLinkFiles(ctx, whole)
	return whole[0], err
}

// Links lists share links of the scope.
func (q Queries) Links(ctx context.Context, scope purvey.Scope, p purvey.Page) (purvey.Listed[purvey.Link], error) {
	text, args := newWhere(`k.shop_id = $1 AND k.mode = $2`, scope.ShopID, scope.Mode).list(`SELECT `+linkColumns+` FROM link k`, "k", p)
	items, err := collect(ctx, q, text, args, scanLink)
	if err != nil {
		return purvey.Listed[purvey.Link]{}, err
	}
	out := listed(items, p)
	return out, q.fillLinkFiles(ctx, out.Items)
}

func (q Queries) fillLinkFiles(ctx context.Context, links []purvey.Link) error {
	index := make(map[string]*purvey.Link, len(links))
	ids := make([]string, len(links))
	for i := range links {
		ids[i] = links[i].ID
		index[links[i].ID] = &links[i]
	}
	for chunk := range chunks(ids) {
		set, args := inList(1, chunk)
		err := q.each(ctx, `SELECT x.link_id, `+fileColumns+` FROM link_file x JOIN file f ON f.id = x.file_id
			WHERE x.link_id IN `+set+` ORDER BY x.link_id, x.position`, args, func(rows *sql.Rows) error {
			var link string
			var f purvey.File
			if err := scanFile(prefixed{rows, &link}, &f); err != nil {
				return err
			}
			k := index[link]
			k.Files, k.FileIDs = append(k.Files, f), append(k.FileIDs, f.ID)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// InsertLink writes a new share link over its FileIDs, setting its id and times.
func (tx *Tx) InsertLink(ctx context.Context, k *purvey.Link) error {
	k.ID, k.CreatedAt = tx.NewID(), tx.Now()
	k.UpdatedAt = k.CreatedAt
	_, err := tx.exec(ctx, `INSERT INTO link (id, shop_id, mode, use_limit, max_copies, stamp, stamp_text, expires_at, used_up_sent, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		k.ID, k.ShopID, k.Mode, k.UseLimit, k.Limit, k.Stamp, k.StampText, micros(k.ExpiresAt), k.UsedUpSent, micros(k.CreatedAt), micros(k.UpdatedAt))
	if err != nil {
		return err
	}
	return tx.putLinkFiles(ctx, k)
}

// UpdateLink writes what may change of a share link, its FileIDs included.
func (tx *Tx) UpdateLink(ctx context.Context, k *purvey.Link) error {
	k.UpdatedAt = tx.Now()
	n, err := tx.exec(ctx, `UPDATE link SET use_limit = $2, max_copies = $3, stamp = $4, stamp_text = $5, expires_at = $6, used_up_sent = $7,
		updated_at = $8 WHERE id = $1`, k.ID, k.UseLimit, k.Limit, k.Stamp, k.StampText, micros(k.ExpiresAt), k.UsedUpSent, micros(k.UpdatedAt))
	if err != nil {
		return err
	}
	if n == 0 {
		return purvey.Missing("download link")
	}
	if _, err := tx.exec(ctx, `DELETE FROM link_file WHERE link_id = $1`, k.ID); err != nil {
		return err
	}
	return tx.putLinkFiles(ctx, k)
}

func (tx *Tx) putLinkFiles(ctx context.Context, k *purvey.Link) error {
	for i, id := range k.FileIDs {
		if _, err := tx.exec(ctx, `INSERT INTO link_file (link_id, position, file_id) VALUES ($1, $2, $3)`, k.ID, i, id); err != nil {
			return err
		}
	}
	return nil
}

// DeleteLink removes a share link of the scope and frees its files. The copies
// that were fetched through it stay in the statistics.
func (tx *Tx) DeleteLink(ctx context.Context, scope purvey.Scope, id string) error {
	n, err := tx.exec(ctx, `DELETE FROM link WHERE id = $1 AND shop_id = $2 AND mode = $3`, id, scope.ShopID, scope.Mode)
	if err != nil {
		return err
	}
	if n == 0 {
		return purvey.Missing("download link")
	}
	_, err = tx.exec(ctx, `DELETE FROM link_file WHERE link_id = $1`, id)
	return err
}

// MarkLinkUsedUp notes that download_link.exhausted is told. It gives false
// when it was already.
func (tx *Tx) MarkLinkUsedUp(ctx context.Context, id string) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE link SET used_up_sent = $2 WHERE id = $1 AND used_up_sent = $3`, id, true, false)
	return n == 1, err
}

package store

import (
	"context"
	"database/sql"

	"purvey"
)

const versionColumns = `v.id, v.shop_id, v.product_id, v.version, v.notes, v.state, v.created_at, v.activated_at`

func scanVersion(s scanner, v *purvey.Version) error {
	return s.Scan(&v.ID, &v.ShopID, &v.ProductID, &v.Version, &v.Notes, &v.State, at{&v.CreatedAt}, at{&v.ActivatedAt})
}

// Version gives a version of the shop with its files.
func (q Queries) Version(ctx context.Context, shopID, id string) (purvey.Version, error) {
	v, err := one(ctx, q, "version", `SELECT `+versionColumns+` FROM version v WHERE v.id = $1 AND v.shop_id = $2`, []any{id, shopID}, scanVersion)
	if err != nil {
		return v, err
	}
	files, err := q.filesOfVersions(ctx, []string{id})
	v.Files = files[id]
	return v, err
}

// VersionByNumber gives a product's version with that number, with its files.
func (q Queries) VersionByNumber(ctx context.Context, shopID, productID, number string) (purvey.Version, error) {
	v, err := one(ctx, q, "version", `SELECT `+versionColumns+` FROM version v WHERE v.product_id = $1 AND v.version = $2 AND v.shop_id = $3`,
		[]any{productID, number, shopID}, scanVersion)
	if err != nil {
		return v, err
	}
	files, err := q.filesOfVersions(ctx, []string{v.ID})
	v.Files = files[v.ID]
	return v, err
}

// VersionsByID gives those of the versions that the shop has, by id, with
// their files.
func (q Queries) VersionsByID(ctx context.Context, shopID string, ids []string) (map[string]purvey.Version, error) {
	out := make(map[string]purvey.Version, len(ids))
	for chunk := range chunks(ids) {
		set, args := inList(2, chunk)
		found, err := collect(ctx, q, `SELECT `+versionColumns+` FROM version v WHERE v.shop_id = $1 AND v.id IN `+set, append([]any{shopID}, args...), scanVersion)
		if err != nil {
			return nil, err
		}
		if err := q.fillVersions(ctx, found); err != nil {
			return nil, err
		}
		for _, v := range found {
			out[v.ID] = v
		}
	}
	return out, nil
}

// VersionNumbers gives the numbers of versions by id.
func (q Queries) VersionNumbers(ctx context.Context, shopID string, ids []string) (map[string]string, error) {
	out := make(map[string]string, len(ids))
	for chunk := range chunks(ids) {
		set, args := inList(2, chunk)
		err := q.each(ctx, `SELECT id, version FROM version WHERE shop_id = $1 AND id IN `+set, append([]any{shopID}, args...), func(rows *sql.Rows) error {
			var id, number string
			err := rows.Scan(&id, &number)
			out[id] = number
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Versions lists a product's versions with their files.
func (q Queries) Versions(ctx context.Context, shopID, productID string, p purvey.Page) (purvey.Listed[purvey.Version], error) {
	w := newWhere(`v.shop_id = $1 AND v.product_id = $2`, shopID, productID)
	text, args := w.list(`SELECT `+versionColumns+` FROM version v`, "v", p)
	items, err := collect(ctx, q, text, args, scanVersion)
	if err != nil {
		return purvey.Listed[purvey.Version]{}, err
	}
	out := listed(items, p)
	return out, q.fillVersions(ctx, out.Items)
}

func (q Queries) fillVersions(ctx context.Context, versions []purvey.Version) error {
	ids := make([]string, len(versions))
	for i, v := range versions {
		ids[i] = v.ID
	}
	files, err := q.filesOfVersions(ctx, ids)
	for i := range versions {
		versions[i].Files = files[versions[i].ID]
	}
	return err
}

// filesOfVersions gives each version's files in their order.
func (q Queries) filesOfVersions(ctx context.Context, ids []string) (map[string][]purvey.File, error) {
	out := make(map[string][]purvey.File, len(ids))
	for chunk := range chunks(ids) {
		set, args := inList(1, chunk)
		err := q.each(ctx, `SELECT x.version_id, `+fileColumns+` FROM version_file x JOIN file f ON f.id = x.file_id
			WHERE x.version_id IN `+set+` ORDER BY x.version_id, x.position`, args, func(rows *sql.Rows) error {
			var version string
			var f purvey.File
			if err := scanFile(prefixed{rows, &version}, &f); err != nil {
				return err
			}
			out[version] = append(out[version], f)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// InsertVersion adds a version with its files and sets its id, if it has none,
// and its creation time. A number that the product has already is a conflict.
func (tx *Tx) InsertVersion(ctx context.Context, v *purvey.Version) error {
	if v.ID == "" {
		v.ID = tx.NewID()
	}
	v.CreatedAt = tx.Now()
	n, err := tx.exec(ctx, `INSERT INTO version (id, shop_id, product_id, version, notes, state, created_at, activated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (product_id, version) DO NOTHING`,
		v.ID, v.ShopID, v.ProductID, v.Version, v.Notes, v.State, micros(v.CreatedAt), micros(v.ActivatedAt))
	if err != nil {
		return err
	}
	if n == 0 {
		return purvey.Because(purvey.Conflict, purvey.ReasonDuplicate, "the product has a version %s already", v.Version)
	}
	return tx.insertVersionFiles(ctx, v.ID, v.Files)
}

// UpdateVersion writes a version's number, notes, state and activation. The
// caller has seen that no other version of the product has the number.
func (tx *Tx) UpdateVersion(ctx context.Context, v purvey.Version) error {
	_, err := tx.exec(ctx, `UPDATE version SET version = $3, notes = $4, state = $5, activated_at = $6 WHERE id = $1 AND shop_id = $2`,
		v.ID, v.ShopID, v.Version, v.Notes, v.State, micros(v.ActivatedAt))
	return err
}

// SetVersionFiles replaces a version's files, in the order given.
func (tx *Tx) SetVersionFiles(ctx context.Context, id string, files []purvey.File) error {
	if _, err := tx.exec(ctx, `DELETE FROM version_file WHERE version_id = $1`, id); err != nil {
		return err
	}
	return tx.insertVersionFiles(ctx, id, files)
}

func (tx *Tx) insertVersionFiles(ctx context.Context, id string, files []purvey.File) error {
	for i, f := range files {
		if _, err := tx.exec(ctx, `INSERT INTO version_file (version_id, position, file_id) VALUES ($1, $2, $3)`, id, i, f.ID); err != nil {
			return err
		}
	}
	return nil
}

package store

import (
	"context"
	"database/sql"

	"purvey"
)

const fileColumns = `f.id, f.shop_id, f.name, f.size, f.type, f.digest, f.uploaded, f.encrypted, f.created_at, f.updated_at`

func scanFile(s scanner, f *purvey.File) error {
	return s.Scan(&f.ID, &f.ShopID, &f.Name, &f.Size, &f.Type, &f.Digest, &f.Uploaded, &f.Encrypted, at{&f.CreatedAt}, at{&f.UpdatedAt})
}

// FileFilter narrows a list of files. Its zero value narrows nothing.
type FileFilter struct {
	Query    string // anywhere in the name, in any case
	Type     string // exact MIME type
	Uploaded *bool
}

// File gives a file of the shop.
func (q Queries) File(ctx context.Context, shopID, id string) (purvey.File, error) {
	return one(ctx, q, "file", `SELECT `+fileColumns+` FROM file f WHERE f.id = $1 AND f.shop_id = $2`, []any{id, shopID}, scanFile)
}

// FilesByID gives those of the files that the shop has, by id.
func (q Queries) FilesByID(ctx context.Context, shopID string, ids []string) (map[string]purvey.File, error) {
	out := make(map[string]purvey.File, len(ids))
	for chunk := range chunks(ids) {
		set, args := inList(2, chunk)
		files, err := collect(ctx, q, `SELECT `+fileColumns+` FROM file f WHERE f.shop_id = $1 AND f.id IN `+set, append([]any{shopID}, args...), scanFile)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			out[f.ID] = f
		}
	}
	return out, nil
}

// Files lists the shop's files.
func (q Queries) Files(ctx context.Context, shopID string, f FileFilter, p purvey.Page) (purvey.Listed[purvey.File], error) {
	w := newWhere(`f.shop_id = $1`, shopID)
	if f.Query != "" {
		w.and(`f.name_folded LIKE ? ESCAPE '\'`, likePattern(f.Query))
	}
	if f.Type != "" {
		w.and(`f.type = ?`, f.Type)
	}
	if f.Uploaded != nil {
		w.and(`f.uploaded = ?`, *f.Uploaded)
	}
	text, args := w.list(`SELECT `+fileColumns+` FROM file f`, "f", p)
	items, err := collect(ctx, q, text, args, scanFile)
	return listed(items, p), err
}

// InsertFile adds a file and sets its id, if it has none, and its times.
func (tx *Tx) InsertFile(ctx context.Context, f *purvey.File) error {
	if f.ID == "" {
		f.ID = tx.NewID()
	}
	f.CreatedAt = tx.Now()
	f.UpdatedAt = f.CreatedAt
	_, err := tx.exec(ctx, `INSERT INTO file (id, shop_id, name, name_folded, size, type, digest, uploaded, encrypted, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		f.ID, f.ShopID, f.Name, purvey.Fold(f.Name), f.Size, f.Type, f.Digest, f.Uploaded, f.Encrypted, micros(f.CreatedAt), micros(f.UpdatedAt))
	return err
}

// LockFiles keeps the files from being deleted, and from being taken into
// use, by others until the transaction ends. It gives those that are there.
// Who takes a file into use must lock it first: a deletion does the same.
func (tx *Tx) LockFiles(ctx context.Context, shopID string, ids []string) (map[string]purvey.File, error) {
	out := make(map[string]purvey.File, len(ids))
	for chunk := range chunks(ids) {
		set, args := inList(2, chunk)
		files, err := collect(ctx, tx.Queries, `SELECT `+fileColumns+` FROM file f WHERE f.shop_id = $1 AND f.id IN `+set+` ORDER BY f.id {for update}`,
			append([]any{shopID}, args...), scanFile)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			out[f.ID] = f
		}
	}
	return out, nil
}

// FileUse says what keeps a file from being deleted.
type FileUse struct{ Versions, Lines, Links int64 }

// Any tells whether something does.
func (u FileUse) Any() bool { return u.Versions+u.Lines+u.Links > 0 }

// FileUse counts the versions, order lines and share links that use a file,
// of both modes.
func (q Queries) FileUse(ctx context.Context, id string) (FileUse, error) {
	var u FileUse
	err := q.row(ctx, `SELECT (SELECT count(*) FROM version_file WHERE file_id = $1),
		(SELECT count(*) FROM line_file WHERE file_id = $1), (SELECT count(*) FROM link_file WHERE file_id = $1)`,
		[]any{id}, &u.Versions, &u.Lines, &u.Links)
	return u, err
}

// ProductsOfFiles gives, for each of the files, the products that have it in
// any of their versions, oldest product first; only id and name are filled.
func (q Queries) ProductsOfFiles(ctx context.Context, shopID string, ids []string) (map[string][]purvey.Product, error) {
	out := make(map[string][]purvey.Product, len(ids))
	for chunk := range chunks(ids) {
		set, args := inList(2, chunk)
		err := q.each(ctx, `SELECT DISTINCT x.file_id, p.id, p.name FROM version_file x JOIN version v ON v.id = x.version_id
			JOIN product p ON p.id = v.product_id WHERE p.shop_id = $1 AND x.file_id IN `+set+` ORDER BY x.file_id, p.id`,
			append([]any{shopID}, args...), func(rows *sql.Rows) error {
				var file string
				var p purvey.Product
				if err := rows.Scan(&file, &p.ID, &p.Name); err != nil {
					return err
				}
				out[file] = append(out[file], p)
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// RenameFile writes a file's name.
func (tx *Tx) RenameFile(ctx context.Context, f *purvey.File) error {
	f.UpdatedAt = tx.Now()
	_, err := tx.exec(ctx, `UPDATE file SET name = $2, name_folded = $3, updated_at = $4 WHERE id = $1`, f.ID, f.Name, purvey.Fold(f.Name), micros(f.UpdatedAt))
	return err
}

// DeleteFile removes a file's row. Whether something uses it is the caller's
// to know, within the same transaction and after LockFiles.
func (tx *Tx) DeleteFile(ctx context.Context, shopID, id string) error {
	n, err := tx.exec(ctx, `DELETE FROM file WHERE id = $1 AND shop_id = $2`, id, shopID)
	if err == nil && n == 0 {
		return purvey.Missing("file")
	}
	return err
}

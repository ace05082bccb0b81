package store

import (
	"context"
	"database/sql"
	"time"

	"purvey"
)

const downloadColumns = `d.id, d.shop_id, d.mode, d.via, d.order_id, d.line_id, d.link_id, d.mint_id, d.product_id, d.version_id,
	d.file_id, d.file_name, d.file_type, d.number, d.size, d.sent, d.covered, d.redownload, d.counted, d.billable, d.ip, d.user_agent,
	d.created_at, d.last_at, d.completed_at`

func scanDownload(s scanner, d *purvey.Download) error {
	return s.Scan(&d.ID, &d.ShopID, &d.Mode, &d.Via, &d.OrderID, &d.LineID, &d.LinkID, &d.MintID, &d.ProductID, &d.VersionID,
		&d.FileID, &d.FileName, &d.FileType, &d.Number, &d.Size, &d.Sent, doc{&d.Covered}, &d.Redownload, &d.Counted, &d.Billable, &d.IP, &d.UserAgent,
		at{&d.CreatedAt}, at{&d.LastAt}, at{&d.CompletedAt})
}

// LatestCopy gives the newest copy of a file of one version that a holder, a
// line, link or mint, began.
func (q Queries) LatestCopy(ctx context.Context, holder, fileID, versionID string) (purvey.Download, error) {
	return one(ctx, q, "download", `SELECT `+downloadColumns+` FROM download d WHERE d.holder = $1 AND d.file_id = $2 AND d.version_id = $3
		ORDER BY d.id DESC LIMIT 1`, []any{holder, fileID, versionID}, scanDownload)
}

// CountCopies tells how many copies of a file a holder has begun in all, and
// how many of them after an instant, counted up to a ceiling.
func (q Queries) CountCopies(ctx context.Context, holder, fileID string, after time.Time, ceiling int) (all, counted int, err error) {
	err = q.row(ctx, `SELECT coalesce((SELECT d.number FROM download d WHERE d.holder = $1 AND d.file_id = $2 ORDER BY d.id DESC LIMIT 1), 0),
		(SELECT count(*) FROM (SELECT 1 AS one FROM download d WHERE d.holder = $1 AND d.file_id = $2 AND d.created_at > $3 ORDER BY d.id DESC LIMIT $4) x)`,
		[]any{holder, fileID, micros(after), ceiling}, &all, &counted)
	return all, counted, err
}

// OrderHasCopy tells whether a copy of the file was begun for the order: by a
// line, or by a download token of one.
func (q Queries) OrderHasCopy(ctx context.Context, orderID, fileID string) (bool, error) {
	var n int
	err := q.row(ctx, `SELECT count(*) FROM (SELECT 1 FROM download WHERE order_id = $1 AND order_id <> '' AND file_id = $2
		AND via <> 'reading' LIMIT 1) x`, []any{orderID, fileID}, &n)
	return n > 0, err
}

// Copies is what a holder has taken of one file.
type Copies struct {
	HolderID string
	FileID   string
	Begun    int // counting towards the allowance
	Latest   purvey.Download
}

// CopiesOfOrder gives what each line of an order has taken of each file. A
// copy begun before the line's counter was set back does not count.
func (q Queries) CopiesOfOrder(ctx context.Context, orderID string) ([]Copies, error) {
	return q.copies(ctx, `d.line_id`, `SELECT x.line_id, x.file_id, max(x.id) AS last, count(CASE WHEN x.created_at > l.count_from THEN 1 END) AS n
		FROM download x JOIN order_line l ON l.id = x.line_id
		WHERE x.order_id = $1 AND x.order_id <> '' AND x.via = 'order' GROUP BY x.line_id, x.file_id`, orderID)
}

// CopiesOfLink gives what was taken of each file of a share link.
func (q Queries) CopiesOfLink(ctx context.Context, linkID string) ([]Copies, error) {
	return q.copies(ctx, `d.link_id`, `SELECT x.link_id, x.file_id, max(x.id) AS last, count(*) AS n
		FROM download x WHERE x.holder = $1 GROUP BY x.link_id, x.file_id`, linkID)
}

func (q Queries) copies(ctx context.Context, holder, grouped string, id string) ([]Copies, error) {
	var out []Copies
	err := q.each(ctx, `SELECT g.n, `+holder+`, `+downloadColumns+` FROM (`+grouped+`) g JOIN download d ON d.id = g.last`, []any{id}, func(rows *sql.Rows) error {
		var c Copies
		if err := scanDownload(prefixed{prefixed{rows, &c.Begun}, &c.HolderID}, &c.Latest); err != nil {
			return err
		}
		c.FileID = c.Latest.FileID
		out = append(out, c)
		return nil
	})
	return out, err
}

// InsertDownload writes a copy that begins, setting its id unless it has one. Holder is the id
// of the line, link or mint whose allowance it uses.
func (tx *Tx) InsertDownload(ctx context.Context, holder string, d *purvey.Download) error {
	if d.ID == "" {
		d.ID = tx.NewID()
	}
	_, err := tx.exec(ctx, `INSERT INTO download (id, shop_id, mode, via, holder, order_id, line_id, link_id, mint_id, product_id, version_id,
		file_id, file_name, file_type, number, size, sent, covered, redownload, counted, billable, ip, user_agent, created_at, last_at, completed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)`,
		d.ID, d.ShopID, d.Mode, d.Via, holder, d.OrderID, d.LineID, d.LinkID, d.MintID, d.ProductID, d.VersionID,
		d.FileID, d.FileName, d.FileType, d.Number, d.Size, d.Sent, asRanges(d.Covered), d.Redownload, d.Counted, d.Billable, d.IP, d.UserAgent,
		micros(d.CreatedAt), micros(d.LastAt), micros(d.CompletedAt))
	if err != nil {
		return err
	}
	return tx.marked(ctx, d.ShopID, d.Mode, d.CreatedAt)
}

// AddSent adds to a copy what one process has sent of it since it last said
// so, and gives the copy's totals, those of other processes included. Sent
// may be negative, to take back what turned out not to have arrived. The copy
// is complete when every byte of it was sent once.
func (tx *Tx) AddSent(ctx context.Context, id string, sent int64, covered purvey.Ranges, last time.Time) (purvey.Download, error) {
	d, err := one(ctx, tx.Queries, "download", `SELECT `+downloadColumns+` FROM download d WHERE d.id = $1 {for update}`, []any{id}, scanDownload)
	if err != nil {
		return d, err
	}
	d.Sent = max(0, d.Sent+sent)
	for _, r := range covered {
		d.Covered = d.Covered.Add(r.From, r.To)
	}
	if last.After(d.LastAt) {
		d.LastAt = last
	}
	if d.CompletedAt.IsZero() && d.Covered.Bytes() >= d.Size {
		d.CompletedAt = d.LastAt
	}
	_, err = tx.exec(ctx, `UPDATE download SET sent = $2, covered = $3, last_at = $4, completed_at = $5 WHERE id = $1`,
		id, d.Sent, asRanges(d.Covered), micros(d.LastAt), micros(d.CompletedAt))
	if err != nil {
		return d, err
	}
	return d, tx.marked(ctx, d.ShopID, d.Mode, d.CreatedAt)
}

func asRanges(rs purvey.Ranges) string {
	if len(rs) == 0 {
		return ""
	}
	return asJSON(rs)
}

// DownloadsOfOrders gives the copies of orders by order id, oldest first;
// readings in the viewer are not among them.
func (q Queries) DownloadsOfOrders(ctx context.Context, orderIDs []string) (map[string][]purvey.Download, error) {
	out := map[string][]purvey.Download{}
	for chunk := range chunks(orderIDs) {
		set, args := inList(1, chunk)
		err := q.each(ctx, `SELECT `+downloadColumns+` FROM download d WHERE d.order_id IN `+set+` AND d.order_id <> '' AND d.via <> 'reading'
			ORDER BY d.order_id, d.id`, args, func(rows *sql.Rows) error {
			var d purvey.Download
			if err := scanDownload(rows, &d); err != nil {
				return err
			}
			out[d.OrderID] = append(out[d.OrderID], d)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// CountedOfOrders counts, by line, the copies of orders that count towards a
// limit. A line without any is left out.
func (q Queries) CountedOfOrders(ctx context.Context, orderIDs []string) (map[string]int64, error) {
	out := map[string]int64{}
	for chunk := range chunks(orderIDs) {
		set, args := inList(1, chunk)
		err := q.each(ctx, `SELECT d.line_id, count(*) FROM download d WHERE d.order_id IN `+set+` AND d.order_id <> '' AND d.counted
			GROUP BY d.line_id`, args, func(rows *sql.Rows) error {
			var line string
			var n int64
			err := rows.Scan(&line, &n)
			out[line] = n
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// topFiles is how many of the most downloaded files the statistics name.
const topFiles = 10

// DownloadStats gives a mode's figures over the copies begun in a period, from
// inclusive, to exclusive. Readings in the viewer add to the bandwidth alone.
func (q Queries) DownloadStats(ctx context.Context, scope purvey.Scope, from, to time.Time) (purvey.DownloadStats, error) {
	st := purvey.DownloadStats{From: from, To: to}
	args := []any{scope.ShopID, scope.Mode, micros(from), micros(to)}
	const period = ` FROM download WHERE shop_id = $1 AND mode = $2 AND created_at >= $3 AND created_at < $4`
	err := q.row(ctx, `SELECT count(CASE WHEN via <> 'reading' THEN 1 END), count(CASE WHEN counted THEN 1 END), count(CASE WHEN billable THEN 1 END),
		CAST(coalesce(sum(sent), 0) AS BIGINT)`+period, args, &st.Total, &st.Counted, &st.Billable, &st.Bandwidth)
	if err != nil {
		return st, err
	}
	err = q.each(ctx, `SELECT file_id, max(file_name), max(file_type), max(size), count(*), CAST(coalesce(sum(sent), 0) AS BIGINT)`+period+
		` AND via <> 'reading' GROUP BY file_id ORDER BY 5 DESC, 6 DESC, file_id LIMIT $5`, append(args, topFiles), func(rows *sql.Rows) error {
		var f purvey.FileStats
		if err := rows.Scan(&f.File.ID, &f.File.Name, &f.File.Type, &f.File.Size, &f.Downloads, &f.Bandwidth); err != nil {
			return err
		}
		st.TopFiles = append(st.TopFiles, f)
		return nil
	})
	return st, err
}

// Checksum gives the CRC-32 of stored content, where it is known.
func (q Queries) Checksum(ctx context.Context, digest string) (crc uint32, known bool, err error) {
	var n int64
	err = q.each(ctx, `SELECT crc32 FROM checksum WHERE digest = $1`, []any{digest}, func(rows *sql.Rows) error {
		known = true
		return rows.Scan(&n)
	})
	return uint32(n), known, err
}

// InsertChecksum remembers the CRC-32 of stored content.
func (tx *Tx) InsertChecksum(ctx context.Context, digest string, crc uint32) error {
	_, err := tx.exec(ctx, `INSERT INTO checksum (digest, crc32) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING`, digest, int64(crc))
	return err
}

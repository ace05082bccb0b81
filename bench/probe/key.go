package probe

import (
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"encoding/binary"
)

// Key is the i-th licence key: 25 characters of base32 that look random and need no list to be kept.
func Key(i int64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(i))
	h := sha256.Sum256(b[:])
	return base32.StdEncoding.EncodeToString(h[:16])[:25]
}

// KeyTable is the table of licence keys; %s is the type of its id.
const KeyTable = `create table license_keys(id %s, k text not null, product_id bigint not null, status bigint not null, order_id bigint, created bigint not null)`

// WriteKeys makes a database with Key(0) to Key(n-1), unsold.
func WriteKeys(file string, n int64) error {
	db, err := sql.Open("sqlite3", "file:"+file+"?_journal_mode=WAL&_synchronous=OFF&_txlock=immediate&_cache_size=-200000")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`create table license_keys(id integer primary key, k text not null, product_id integer not null,
		status integer not null, order_id integer, created integer not null) strict`); err != nil {
		return err
	}
	for from := int64(0); from < n; from += 500_000 {
		if err := writeKeys(db, from, min(n, from+500_000)); err != nil {
			return err
		}
	}
	_, err = db.Exec("create unique index license_keys_k on license_keys(k); pragma wal_checkpoint(truncate)")
	return err
}

func writeKeys(db *sql.DB, from, to int64) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() // a no-op after the commit
	insert, err := tx.Prepare("insert into license_keys(k,product_id,status,created) values(?,?,1,1700000000)")
	if err != nil {
		return err
	}
	for i := from; i < to; i++ {
		if _, err := insert.Exec(Key(i), i%500); err != nil {
			return err
		}
	}
	return tx.Commit()
}

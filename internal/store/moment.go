package store

import (
	"context"
	"sync"
)

// published is what this process's writer last left: the data version of the
// file then, and how often what is remembered outside has been written to.
// Between the commit and its publishing the file's version is ahead, so that
// nothing remembered is taken for good.
type published struct {
	mu           sync.Mutex
	known        bool
	version      int64
	keys, tokens uint64
}

// publish makes known what the group has written, before anybody who waits for
// it is answered. The version counts as the writer's own only when no other
// process has committed up to it: the writer's connection is asked afterwards.
func (w *writer) publish() {
	version, known := w.db.DataVersion(context.Background())
	if w.conn == nil || w.refresh() != nil {
		known = false
		w.cache.wrote = target{cached: true, rights: true, keys: true, tokens: true}
	}
	p, wrote := &w.db.state, w.cache.wrote
	w.cache.wrote = target{}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.version, p.known = version, known
	if wrote.keys {
		p.keys++
	}
	if wrote.tokens {
		p.tokens++
	}
	if wrote.rights {
		w.db.rights.Add(1)
	}
}

// Moment is a state of the database, to tell whether what was read at one is
// still so at a later one. The zero Moment is like no other, not even itself.
type Moment struct {
	known        bool // there is a data version
	own          bool // no other process has written since the counters were taken
	version      int64
	keys, tokens uint64
}

type momentKey struct{}

type observed struct {
	db *DB
	Moment
}

// Observe gives a context in which Moment is that of now, however often it is
// asked: for requests that only read.
func (db *DB) Observe(ctx context.Context) context.Context {
	return context.WithValue(ctx, momentKey{}, &observed{db, db.Moment(ctx)})
}

// Moment tells what state the database is in. Take it before reading what is
// to be remembered, and again before using that. It is zero on PostgreSQL,
// where other nodes write all the time, and inside a transaction.
func (db *DB) Moment(ctx context.Context) Moment {
	if _, inside := ctx.Value(txKey{}).(*Tx); inside {
		return Moment{}
	}
	if o, ok := ctx.Value(momentKey{}).(*observed); ok && o.db == db {
		return o.Moment
	}
	version, ok := db.DataVersion(ctx)
	if !ok {
		return Moment{}
	}
	p := &db.state
	p.mu.Lock()
	defer p.mu.Unlock()
	return Moment{known: true, own: p.known && p.version == version, version: version, keys: p.keys, tokens: p.tokens}
}

// Known tells whether anything may be remembered at all.
func (m Moment) Known() bool { return m.known }

// SameKeys tells whether no licence key has been written to between m and the
// later moment now.
func (m Moment) SameKeys(now Moment) bool {
	return m.same(now) || m.own && now.own && m.keys == now.keys
}

// SameTokens tells it of tokens and shops.
func (m Moment) SameTokens(now Moment) bool {
	return m.same(now) || m.own && now.own && m.tokens == now.tokens
}

// same tells whether nothing at all has been committed in between.
func (m Moment) same(now Moment) bool { return m.known && now.known && m.version == now.version }

// SameKeys tells whether this transaction finds the licence keys as they were
// at m. False may only mean that it is not known.
func (tx *Tx) SameKeys(m Moment) bool {
	if tx.cache == nil || !m.own || tx.cache.wrote.keys {
		return false
	}
	p := &tx.db.state
	p.mu.Lock()
	defer p.mu.Unlock()
	return m.keys == p.keys
}

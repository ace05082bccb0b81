package store

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// wakers are the functions to call when something was enqueued.
type wakers struct {
	mu  sync.Mutex
	all map[int]func()
	n   int
}

const jobChannel = "purvey_job"

// OnWake has f called soon after a transaction that enqueued a job is
// committed, by this process or, on PostgreSQL, by any. f must not block.
// Waking is a hint: on a lost connection it may be missed. stop ends it.
func (db *DB) OnWake(f func()) (stop func()) {
	w := &db.wakers
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[int]func(){}
	}
	w.n++
	id := w.n
	w.all[id] = f
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all, id)
	}
}

func (db *DB) wake() {
	db.wakers.mu.Lock()
	defer db.wakers.mu.Unlock()
	for _, f := range db.wakers.all {
		f()
	}
}

// Listen relays other processes' wake-ups until ctx ends. On SQLite it only
// waits. It reconnects by itself.
func (db *DB) Listen(ctx context.Context) {
	for db.engine == postgresEngine && ctx.Err() == nil {
		db.listenOnce(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	<-ctx.Done()
}

func (db *DB) listenOnce(ctx context.Context) {
	conn, err := pgx.Connect(ctx, db.url)
	if err != nil {
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+jobChannel); err != nil {
		return
	}
	db.wake()
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return
		}
		db.wake()
	}
}

// wakeAfter has the workers woken when tx is committed.
func (tx *Tx) wakeAfter() {
	if tx.notified[jobChannel] {
		return
	}
	if tx.notified == nil {
		tx.notified = map[string]bool{}
	}
	tx.notified[jobChannel] = true
	tx.OnCommit(tx.db.wake)
}

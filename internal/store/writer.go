package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"
)

// writer is the only one who writes to a SQLite file in this process. It
// takes the functions that wait, runs each in a savepoint of one transaction,
// commits them together with a single sync, and then answers them all.
type writer struct {
	db     *DB
	pool   *sql.DB
	conn   *sql.Conn
	run    *directRunner
	cache  *cache
	commit time.Duration // what the last one took
	urgent chan *write   // requests of people and programs
	later  chan *write   // work in the background
	quit   chan struct{}
	ended  chan struct{}
	once   sync.Once
}

type write struct {
	ctx  context.Context
	fn   func(tx *Tx) error
	tx   *Tx
	err  error
	ouch any // what fn panicked with
	done chan struct{}
}

// A group is closed when it holds groupMax functions or is some commits old,
// so that the first of it does not wait long, and so that those who were
// answered prepare their next requests while the others' functions run. A slow
// disk makes groups longer: its sync is shared by more. Of the background's
// functions at least groupLater enter a group, however busy the foreground is.
const (
	groupMax     = 256
	groupCommits = 8
	groupShort   = time.Millisecond
	groupLong    = 10 * time.Millisecond
	groupLater   = 4
)

type laterKey struct{}

// Later marks the writes made with ctx as background work: on SQLite they
// yield to those that somebody waits for.
func Later(ctx context.Context) context.Context { return context.WithValue(ctx, laterKey{}, true) }

func newWriter(pool *sql.DB, db *DB) *writer {
	w := &writer{
		db: db, pool: pool, urgent: make(chan *write, groupMax), later: make(chan *write, groupMax),
		quit: make(chan struct{}), ended: make(chan struct{}), cache: newCache(),
	}
	go w.loop()
	return w
}

func (w *writer) close() {
	w.once.Do(func() { close(w.quit) })
	<-w.ended
}

func (w *writer) do(ctx context.Context, fn func(tx *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &write{ctx: ctx, fn: fn, done: make(chan struct{})}
	queue := w.urgent
	if ctx.Value(laterKey{}) != nil {
		queue = w.later
	}
	select {
	case queue <- r:
	case <-w.ended:
		return fmt.Errorf("the database is closed")
	}
	select {
	case <-r.done:
	case <-w.ended:
		select {
		case <-r.done:
		default:
			return fmt.Errorf("the database is closed")
		}
	}
	if r.ouch != nil {
		panic(r.ouch)
	}
	if r.err == nil && r.tx != nil {
		for _, f := range r.tx.onCommit {
			f()
		}
	}
	return r.err
}

func (w *writer) loop() {
	defer close(w.ended)
	defer w.pool.Close()
	for {
		var first *write
		select {
		case first = <-w.urgent:
		default:
			select {
			case first = <-w.urgent:
			case first = <-w.later:
			case <-w.quit:
				return
			}
		}
		w.group(first)
	}
}

// group runs first and those that wait behind it, commits, and answers. As
// long as none fails after having written they need no savepoints; when one
// does, all of the group are run again, each in its own.
func (w *writer) group(first *write) {
	group := make([]*write, 0, 16)
	begun := time.Now()
	err := w.begin()
	taken, careful := 0, false
	for r := first; r != nil; r = w.next(len(group), &taken, begun) {
		group = append(group, r)
		switch {
		case err != nil:
		case careful:
			err = w.savepoint(r)
		case !w.try(r):
			careful = true
			err = w.again(group)
		}
	}
	if err == nil {
		start := time.Now()
		err = w.raw("COMMIT")
		w.commit = time.Since(start)
	}
	if err != nil {
		w.cache.drop()
		// Without a transaction to end this fails too; nothing is lost by it.
		_ = w.raw("ROLLBACK")
	}
	w.publish()
	for _, r := range group {
		if err != nil && r.err == nil {
			r.err = translate(fmt.Errorf("commit: %w", err))
		}
		close(r.done)
	}
}

// try runs one function in the open transaction. It is false when the function
// has failed and left something written.
func (w *writer) try(r *write) bool {
	if r.err = r.ctx.Err(); r.err != nil {
		return true
	}
	wrote := w.call(r)
	return !wrote || (r.err == nil && r.ouch == nil)
}

// again undoes the open transaction and runs the group anew, each function in
// a savepoint.
func (w *writer) again(group []*write) error {
	w.cache.drop()
	if err := w.raw("ROLLBACK"); err != nil {
		return err
	}
	if err := w.begin(); err != nil {
		return err
	}
	for _, r := range group {
		r.err, r.ouch = nil, nil
		if err := w.savepoint(r); err != nil {
			return err
		}
	}
	return nil
}

// next gives the group's next member, or nil when the group is to be closed.
func (w *writer) next(size int, taken *int, begun time.Time) *write {
	if size >= groupMax || time.Since(begun) > min(max(groupCommits*w.commit, groupShort), groupLong) {
		return nil
	}
	if *taken < groupLater {
		select {
		case r := <-w.later:
			*taken++
			return r
		default:
		}
	}
	select {
	case r := <-w.urgent:
		return r
	default:
		return nil
	}
}

func (w *writer) begin() error {
	if w.conn == nil {
		conn, err := w.pool.Conn(context.Background())
		if err != nil {
			return err
		}
		w.conn, w.run = conn, newDirectRunner(conn)
	}
	if err := w.raw("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	return w.refresh()
}

func (w *writer) raw(text string) error {
	if w.conn == nil {
		return nil
	}
	_, err := w.run.exec(context.Background(), text, nil)
	return err
}

// savepoint runs one function. Its own failure undoes it alone; an error is
// given only when the whole transaction can't go on.
func (w *writer) savepoint(r *write) error {
	if r.err = r.ctx.Err(); r.err != nil {
		return nil
	}
	if err := w.raw("SAVEPOINT one"); err != nil {
		return err
	}
	w.call(r)
	if r.err != nil || r.ouch != nil {
		w.cache.drop()
		if err := w.raw("ROLLBACK TO one"); err != nil {
			return err
		}
	}
	return w.raw("RELEASE one")
}

// call runs the function, tells whether it wrote anything, and keeps a panic
// for the goroutine that asked.
func (w *writer) call(r *write) (wrote bool) {
	defer func() { r.ouch = recover() }()
	r.tx = &Tx{Queries: w.db.Queries, db: w.db}
	r.tx.run, r.tx.cache, r.tx.wrote = w.run, w.cache, &wrote
	r.err = r.fn(r.tx)
	return wrote
}

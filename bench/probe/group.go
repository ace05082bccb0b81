package probe

import (
	"database/sql"
	"errors"
)

// group is a writer with group commit: one goroutine takes whatever is waiting, gives each a savepoint inside one
// transaction, commits once (one fsync) and only then answers them all.
type group struct {
	db      *sql.DB
	waiting chan *write
}

type write struct {
	do   func(*sql.Tx) error
	done chan error
}

func newGroup(db *sql.DB) *group {
	g := &group{db: db, waiting: make(chan *write, 1024)}
	go func() {
		for first := range g.waiting {
			g.commit(g.gather(first))
		}
	}()
	return g
}

// run returns when do's changes are on disk, or with do's error and none of them.
func (g *group) run(do func(*sql.Tx) error) error {
	w := &write{do: do, done: make(chan error, 1)}
	g.waiting <- w
	return <-w.done
}

func (g *group) gather(first *write) []*write {
	batch := []*write{first}
	for len(batch) < 256 {
		select {
		case w := <-g.waiting:
			batch = append(batch, w)
		default:
			return batch
		}
	}
	return batch
}

func (g *group) commit(batch []*write) {
	errs := make([]error, len(batch))
	tx, err := g.db.Begin()
	if err == nil {
		for i, w := range batch {
			errs[i] = savepoint(tx, w.do)
		}
		err = tx.Commit()
	}
	for i, w := range batch {
		if err != nil {
			errs[i] = err
		}
		w.done <- errs[i]
	}
}

func savepoint(tx *sql.Tx, do func(*sql.Tx) error) error {
	if _, err := tx.Exec("savepoint s"); err != nil {
		return err
	}
	err := do(tx)
	if err != nil {
		_, back := tx.Exec("rollback to s")
		err = errors.Join(err, back)
	}
	_, release := tx.Exec("release s")
	return errors.Join(err, release)
}

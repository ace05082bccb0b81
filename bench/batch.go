package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver behind database/sql

	"purvey/bench/paired"
	"purvey/bench/peer"
	"purvey/bench/probe"
	"purvey/bench/process"
)

const (
	batchSize   = 5000
	batchKnown  = batchSize / 100 // of them are in the inventory already
	prefixBytes = 6
)

// batch measures one call that adds 5,000 licence keys, durable, into a large inventory; 50 of them are there already
// and are skipped.
func batch(ctx context.Context, b *bench) error {
	const (
		pgName       = "PostgreSQL, unnest"
		sqliteName   = "SQLite, json_each, one table"
		importedName = "purvey, keys at random"
		prefixName   = "purvey, keys of one batch prefix"
	)
	file, err := b.keyFile(b.keys)
	if err != nil {
		return err
	}
	lite, err := sql.Open("sqlite3", "file:"+file+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_cache_size=-200000")
	if err != nil {
		return err
	}
	defer lite.Close()
	lite.SetMaxOpenConns(1)
	pg, pgErr := b.startPostgres(ctx)
	if pgErr == nil {
		b.say("PostgreSQL: loading %d keys", b.keys)
		pgErr = pg.LoadKeys(ctx, b.keys)
	}
	purvey, purveyErr := b.startPurveyWith(ctx, b.keys)

	keys := &keySource{have: b.keys, next: time.Now().UnixNano()}
	ours := func(draw func() []string) func(string) paired.Contender {
		return func(name string) paired.Contender {
			return paired.Contender{Name: name, Slot: func(ctx context.Context) (paired.Sample, error) {
				body, err := peer.KeyBatch(draw())
				if err != nil {
					return paired.Sample{}, err
				}
				var answer []byte
				s, err := timed(ctx, purvey.PID(), func() (err error) {
					answer, err = purvey.ImportKeys(ctx, body)
					return err
				})
				if err != nil {
					return s, err
				}
				made, err := peer.Created(answer)
				return s, allNew(made, err)
			}}
		}
	}
	list := []paired.Contender{
		unless(pgErr, pgName, func(name string) paired.Contender {
			return paired.Contender{Name: name, Slot: func(ctx context.Context) (paired.Sample, error) {
				return counted(ctx, pg.PID(), keys.random(), pg.ImportKeys)
			}}
		}),
		{Name: sqliteName, Slot: func(ctx context.Context) (paired.Sample, error) {
			return counted(ctx, 0, keys.random(), func(ctx context.Context, k []string) (int, error) { return importJSON(ctx, lite, k) })
		}},
		unless(purveyErr, importedName, ours(keys.random)),
		unless(purveyErr, prefixName, ours(keys.prefixed)),
	}
	return b.compare(ctx, paired.Table{
		Title:   fmt.Sprintf("%d licence keys in one call into %s, durable", batchSize, short(b.keys)),
		Unit:    "batch",
		Columns: []paired.Metric{paired.P50, paired.CPUPerUnit, paired.After},
		Ratio:   paired.P50,
		Goals: []paired.Goal{
			{Name: "G10", Of: importedName, By: pgName, Metric: paired.P50, AtMost: 0.5},
			{Name: "G9", Of: prefixName, By: pgName, Metric: paired.P50, AtMost: 0.12},
		},
	}, list)
}

// timed makes a sample of one act.
func timed(ctx context.Context, pid int, act func() error) (paired.Sample, error) {
	before := process.CPU(pid)
	begin := time.Now()
	if err := act(); err != nil {
		return paired.Sample{}, err
	}
	took := time.Since(begin)
	s := paired.Sample{Units: 1, Elapsed: took, P50: took, P99: took}
	settle(ctx, pid, before, &s)
	return s, nil
}

func counted(ctx context.Context, pid int, keys []string, load func(context.Context, []string) (int, error)) (paired.Sample, error) {
	var made int
	s, err := timed(ctx, pid, func() (err error) {
		made, err = load(ctx, keys)
		return err
	})
	return s, allNew(made, err)
}

func allNew(made int, err error) error {
	if err == nil && made != batchSize-batchKnown {
		return fmt.Errorf("%d keys were new, not %d", made, batchSize-batchKnown)
	}
	return err
}

// importJSON is the fastest plain way that SQLite has for a batch of keys.
func importJSON(ctx context.Context, db *sql.DB, keys []string) (int, error) {
	r, err := db.ExecContext(ctx, `insert into license_keys(k,product_id,status,created)
		select value, 7, 1, 1700000000 from json_each(?) where true on conflict(k) do nothing`, `["`+strings.Join(keys, `","`)+`"]`)
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return int(n), err
}

// keySource draws batches: 1 % keys of the inventory, the others never seen before.
type keySource struct{ have, next int64 }

func (s *keySource) random() []string {
	keys := make([]string, batchSize)
	known := rand.Perm(int(s.have))[:batchKnown]
	for i := range keys {
		if i%100 == 0 {
			keys[i] = probe.Key(int64(known[i/100]))
		} else {
			s.next++
			keys[i] = probe.Key(s.next)
		}
	}
	return keys
}

// prefixed gives the new keys of the batch one beginning in common, as a server does that makes them itself.
func (s *keySource) prefixed() []string {
	keys := s.random()
	prefix := keys[1][:prefixBytes]
	for i := range keys {
		if i%100 != 0 {
			keys[i] = prefix + keys[i][prefixBytes:]
		}
	}
	return keys
}

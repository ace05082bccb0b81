package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"purvey/internal/auth"
	"purvey/internal/config"
	"purvey/internal/idempotency"
	"purvey/internal/keyring"
	"purvey/internal/middleware"
	"purvey/internal/shop"
	"purvey/internal/store"
)

// node is what every command works on: the data folder, the keys and the
// database, with the services that need no more than these.
type node struct {
	cfg config.Config
	log *slog.Logger

	keys        *keyring.Keyring
	db          *store.DB
	auth        *auth.Service
	shops       *shop.Service
	idempotency *idempotency.Service

	// before is called, if it is set, when all is wired and nothing runs yet.
	before func(context.Context, *app) error
}

// open opens the data folder, making it on the first start, and brings the
// database to the newest schema.
func (p *process) open(ctx context.Context, cfg config.Config) (*node, error) {
	n := &node{cfg: cfg, log: slog.New(middleware.LogHandler(cfg.Logger(p.stderr).Handler()))}
	if err := prepareFolder(cfg.Data); err != nil {
		return nil, err
	}
	var err error
	if n.keys, err = openKeys(cfg); err != nil {
		return nil, err
	}
	if n.db, err = store.Open(ctx, store.Options{URL: cfg.DatabaseURL, Folder: cfg.Data, Now: p.now}); err != nil {
		return nil, err
	}
	if err := n.begin(ctx); err != nil {
		return nil, errors.Join(err, n.db.Close())
	}
	return n, nil
}

// begin migrates, makes sure that the keys are the database's, and sees to
// the default shop.
func (n *node) begin(ctx context.Context) error {
	if _, err := n.db.Migrate(ctx); err != nil {
		return err
	}
	if err := checkKeys(ctx, n.db, n.keys); err != nil {
		return err
	}
	n.auth = auth.New(n.db, n.keys, auth.Options{NoLimits: !n.cfg.RateLimits, Mail: n.cfg.SMTPURL != "", Log: n.log})
	n.shops = shop.New(n.db, n.keys)
	n.idempotency = idempotency.New(n.db, n.keys)
	_, err := n.shops.EnsureDefault(ctx)
	return err
}

// close ends what open began.
func (n *node) close() error {
	n.auth.Close()
	return n.db.Close()
}

// prepareFolder makes the data folder, and finds out now whether it can be
// written.
func prepareFolder(folder string) error {
	err := os.MkdirAll(folder, 0o700)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(folder, ".probe-*"); err == nil {
			err = errors.Join(f.Close(), os.Remove(f.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("the data folder cannot be written: %w; name another with --data or PURVEY_DATA", err)
	}
	return nil
}

func openKeys(cfg config.Config) (*keyring.Keyring, error) {
	if cfg.SecretKey != nil {
		return keyring.Open(cfg.SecretKey), nil
	}
	return keyring.Load(cfg.Data)
}

// checkKeys refuses a key that is not the one the database was begun with:
// with a wrong one every sealed secret and every link in a sent mail would be
// dead, and new ones would be made beside them.
func checkKeys(ctx context.Context, db *store.DB, keys *keyring.Keyring) error {
	own := hex.EncodeToString(keys.MAC("key check")[:16])
	return db.Tx(ctx, func(tx *store.Tx) error {
		kept, err := tx.KeepServerValue(ctx, "key check", own)
		if err == nil && kept != own {
			return fmt.Errorf("the secret key is not the one this database was made with: "+
				"put the right %s into the data folder, or set PURVEY_SECRET_KEY to it", keyring.FileName)
		}
		return err
	})
}

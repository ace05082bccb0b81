package delivery

import (
	"context"
	"log/slog"
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/keyring"
	"purvey/internal/stamp"
	"purvey/internal/store"
)

// Service answers who may have which bytes, sends them and counts. It may be
// used by several goroutines.
type Service struct {
	db       *store.DB
	bucket   blob.Bucket
	keys     *keyring.Keyring
	origin   string
	log      *slog.Logger
	mail     bool
	rights   *rights
	copies   *copies
	stamping *stamping
	meter    meter
}

// Options are what a Service needs beside its parts.
type Options struct {
	Origin    string        // scheme and host of the server's links; a shop's own public URL goes before it
	Mail      bool          // a mail server is set; otherwise warnings to a shop's admins are kept
	Stamper   *stamp.Runner // nil: files that are to be stamped are refused
	StampFont string        // path of a TrueType font for letters that the built-in one lacks; "" none
	Log       *slog.Logger  // nil: discarded
}

// New makes the service. Run must be running for counts to become durable.
func New(db *store.DB, bucket blob.Bucket, keys *keyring.Keyring, o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{db: db, bucket: bucket, keys: keys, origin: o.Origin, mail: o.Mail, log: o.Log, rights: newRights(), copies: newCopies(db.Engine() == "sqlite")}
	s.meter.readings = map[string]reading{}
	s.stamping = newStamping(s, o)
	return s
}

// flushEvery is how old a count in memory may become before it is written, and
// flushPause how long the end of one transfer waits for others to be written
// along.
const (
	flushEvery = time.Second
	flushPause = 20 * time.Millisecond
)

// Run writes what was sent to the database, every second and whenever a
// transfer has ended, until ctx ends; then once more.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			s.flushLogged(last, everything)
			return
		case <-tick.C:
			s.flushLogged(store.Later(ctx), everything)
			s.noticeOthers(store.Later(ctx))
			continue
		case <-s.copies.wake:
			pause := time.NewTimer(flushPause)
			select {
			case <-pause.C:
			case <-ctx.Done():
			}
		}
		s.flushLogged(store.Later(ctx), ended)
	}
}

// noticeOthers has the database see what other processes have written, so that
// remembered rights end; see store.DB.RightsVersion.
func (s *Service) noticeOthers(ctx context.Context) {
	if s.copies.alone {
		// An empty transaction writes nothing; one that fails will be followed by another.
		_ = s.db.Tx(ctx, func(*store.Tx) error { return nil })
	}
}

func (s *Service) flushLogged(ctx context.Context, what scope) {
	if err := s.flush(ctx, what); err != nil {
		s.log.WarnContext(ctx, "what was sent could not be written down; it will be tried again", "error", err)
	}
}

// originOf gives the origin of a shop's links: its own public URL if it has
// one, else the server's.
func (s *Service) originOf(ctx context.Context, shopID string) string {
	if shop, err := s.db.Shop(ctx, shopID); err == nil && shop.Settings.Shop.PublicURL != "" {
		return shop.Settings.Shop.PublicURL
	}
	return s.origin
}

// openShop gives the shop, or refuses when it is disabled.
func (s *Service) openShop(ctx context.Context, id string) (purvey.Shop, error) {
	shop, err := s.db.Shop(ctx, id)
	if err == nil {
		err = refuseClosed(shop)
	}
	return shop, err
}

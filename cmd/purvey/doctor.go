package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/config"
	"purvey/internal/keyring"
	"purvey/internal/mail"
	"purvey/internal/stamp"
	"purvey/internal/store"
)

// report is what doctor found, line by line.
type report struct {
	p   *process
	red int
}

func (r *report) good(part, format string, args ...any) {
	fmt.Fprintf(r.p.stdout, "ok    %-14s %s\n", part, fmt.Sprintf(format, args...))
}

// note is for what works and may surprise.
func (r *report) note(part, advice, format string, args ...any) {
	fmt.Fprintf(r.p.stdout, "note  %-14s %s\n                     %s\n", part, fmt.Sprintf(format, args...), advice)
}

func (r *report) bad(part, advice string, err error) {
	r.red++
	fmt.Fprintf(r.p.stdout, "FAIL  %-14s %s\n                     %s\n", part, explain(err), advice)
}

// doctor looks at every part in turn and says what to do about those that
// fail. It changes nothing beyond what opening the data folder does.
func (p *process) doctor(ctx context.Context, cfg config.Config, args []string) error {
	set := flag.NewFlagSet("doctor", flag.ContinueOnError)
	quick := set.Bool("quick", false, "")
	if _, err := parse(set, args); err != nil {
		return err
	}
	r := &report{p: p}
	r.configuration(cfg)
	n := r.database(ctx, cfg)
	bucket := r.storage(ctx, cfg)
	r.mail(ctx, cfg)
	if n != nil {
		r.clock(ctx, n.db)
		if bucket != nil {
			r.files(ctx, n.db, bucket, *quick)
		}
		if err := n.close(); err != nil {
			r.bad("database", "Look at the disk it lies on.", err)
		}
	}
	if r.red > 0 {
		return errReported
	}
	return nil
}

// configuration has been read and checked when doctor runs; what remains is
// what is allowed and rarely meant.
func (r *report) configuration(cfg config.Config) {
	r.good("configuration", "every setting is well-formed")
	if cfg.PublicURL == "" {
		r.note("configuration", "Set PURVEY_PUBLIC_URL to the address that buyers use.", "links begin with %s", cfg.Origin(""))
	}
	if cfg.WebhookAllowInsecure {
		r.note("configuration", "Unset PURVEY_WEBHOOK_ALLOW_INSECURE outside development.", "webhooks may go to http:// and to inner addresses")
	}
	if cfg.StampFont != "" {
		if err := stamp.CheckFont(cfg.StampFont); err != nil {
			r.bad("stamp font", "Name a TrueType font of at most 64 MB in PURVEY_STAMP_FONT, or none.", err)
		} else {
			r.good("stamp font", "%s", cfg.StampFont)
		}
	}
	if cfg.SecretKey == nil {
		if info, err := os.Stat(filepath.Join(cfg.Data, keyring.FileName)); err == nil && info.Mode().Perm()&0o077 != 0 {
			r.bad("secret key", "Run: chmod 600 "+filepath.Join(cfg.Data, keyring.FileName), errors.New("other users of this machine can read it"))
		}
	}
}

// database opens the data folder, the keys and the database.
func (r *report) database(ctx context.Context, cfg config.Config) *node {
	n, err := r.p.open(ctx, cfg)
	if err != nil {
		advice := "Check that the folder is there, that this user may write it, and that its disk is not full."
		if cfg.DatabaseURL != "" {
			advice = "Check PURVEY_DATABASE_URL, and that the server takes connections from here."
		}
		r.bad("database", advice, err)
		return nil
	}
	r.good("database", "%s answers, and its schema is this program's", n.db.Engine())
	return n
}

// storage writes, reads and removes a few bytes.
func (r *report) storage(ctx context.Context, cfg config.Config) blob.Bucket {
	bucket, err := blob.Open(ctx, cfg.StorageURL, cfg.Data, r.p.env)
	if err == nil {
		err = bucket.Check(ctx)
	}
	if err != nil {
		advice := "Check that the folder files in the data folder can be written and its disk is not full."
		if cfg.StorageURL != "" {
			advice = "Check PURVEY_STORAGE_URL and the AWS_* variables, and that the key may write, read and delete there."
		}
		r.bad("storage", advice, err)
		return nil
	}
	r.good("storage", "what was written was read back")
	return bucket
}

// mail greets the mail server.
func (r *report) mail(ctx context.Context, cfg config.Config) {
	if cfg.SMTPURL == "" {
		r.note("mail", "Set PURVEY_SMTP_URL to have them sent.", "no mail server is set: every message is kept, none leaves")
		return
	}
	smtp, err := mail.NewSMTP(cfg.SMTPURL, cfg.MailFrom.String())
	if err == nil {
		err = smtp.Check(ctx)
	}
	if err != nil {
		r.bad("mail", "Check PURVEY_SMTP_URL, and that this machine may reach that server and port.", err)
		return
	}
	r.good("mail", "the mail server answers")
}

// maxSkew is how far clocks may be apart before expiries and signatures
// suffer.
const maxSkew = time.Minute

func (r *report) clock(ctx context.Context, db *store.DB) {
	const advice = "Have the machines' clocks set by NTP."
	theirs, err := db.Clock(ctx)
	if err != nil {
		r.bad("clock", advice, err)
		return
	}
	now := time.Now()
	last, err := db.LastChange(ctx)
	switch apart := now.Sub(theirs).Abs(); {
	case err != nil:
		r.bad("clock", advice, err)
	case apart > maxSkew:
		r.bad("clock", advice, fmt.Errorf("this machine's clock and the database's are %s apart", apart.Round(time.Second)))
	case last.Sub(now) > maxSkew:
		r.bad("clock", advice, fmt.Errorf("it says %s, but something was changed at %s", now.UTC().Format(time.RFC3339), last.Format(time.RFC3339)))
	default:
		r.good("clock", "%s", now.UTC().Format(time.RFC3339))
	}
}

// files reads the bytes of every file again and compares their digests; quick
// looks only whether they are there and have their length.
func (r *report) files(ctx context.Context, db *store.DB, bucket blob.Bucket, quick bool) {
	const advice = "Put it back from a backup, or upload the file anew and replace it."
	const piece = 500
	var count int
	var bytes int64
	red := r.red
	for after := ""; ; {
		list, err := db.StoredFiles(ctx, after, piece)
		if err != nil {
			r.bad("files", "Look at the database first.", err)
			return
		}
		for _, f := range list {
			after = f.Digest
			size, err := bucket.Stat(ctx, f.Digest)
			if err == nil && size != f.Size {
				err = fmt.Errorf("it has %d bytes instead of %d", size, f.Size)
			}
			if err == nil && !quick {
				err = bucket.Verify(ctx, f.Digest)
			}
			if err != nil {
				if errors.Is(err, purvey.NotFound) {
					err = errors.New("its bytes are gone")
				}
				r.bad("files", advice, fmt.Errorf("%s (%s): %s", oneLine(f.Name), f.ID, explain(err)))
				continue
			}
			count++
			bytes += size
		}
		if len(list) < piece {
			break
		}
	}
	if r.red == red {
		r.good("files", "%d contents, %d bytes, are as they were stored", count, bytes)
	}
}

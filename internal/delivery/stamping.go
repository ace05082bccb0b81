package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/stamp"
	"purvey/internal/store"
)

// typePDF is the one type of file that is stamped; others pass unchanged.
const typePDF = "application/pdf"

// defaultStamp is the text where neither product nor shop gives one.
const defaultStamp = "{name} {email} · {order}"

// stampsAtOnce bounds the child processes that stamp.
const stampsAtOnce = 2

// stamping makes personal copies of files, each once. They are kept in the
// storage like files; one that was swept there is made again.
type stamping struct {
	s      *Service
	runner *stamp.Runner // nil: there is none
	font   string
	turn   chan struct{}
	mu     sync.Mutex
	busy   map[string]chan struct{} // by key: closed when the one who makes it is done
}

func newStamping(s *Service, o Options) *stamping {
	return &stamping{s: s, runner: o.Stamper, font: o.StampFont, turn: make(chan struct{}, stampsAtOnce), busy: map[string]chan struct{}{}}
}

// wanted says how a file of the source is to be marked; ok is false when it is
// given as it is.
func (st *stamping) wanted(src *source, f purvey.File) (o stamp.Options, ok bool) {
	if !isPDF(f) {
		return o, false
	}
	shop := src.shop.Settings
	var text string
	var fields stamp.Fields
	if src.via == purvey.ViaLink {
		ok, text = src.link.Stamp, src.link.StampText
	} else {
		c := src.right.Order.Customer
		ok, text = src.right.Product.Stamping.Enabled, src.right.Product.Stamping.Text
		fields = stamp.Fields{Email: c.Email, Name: src.right.Buyer(), Order: src.right.Order.Name}
	}
	fields.Date = localDate(src.made(), shop.Shop.Timezone)
	return stamp.Options{
		Text: markText(fields, text, shop.Policies.StampText, defaultStamp, shop.Shop.Name), Position: stamp.Position(shop.Policies.StampPosition),
		Size: float64(shop.Policies.StampSize), FontFile: st.font,
	}, ok
}

// markText gives the first of the texts that says something once its fields
// are filled in: {name} says nothing of a buyer without one, nor on a link.
func markText(f stamp.Fields, texts ...string) string {
	for _, text := range texts {
		text = stamp.Plain(stamp.Expand(text, f))
		if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSymbol(r) }) {
			return text
		}
	}
	return f.Date
}

func isPDF(f purvey.File) bool {
	return strings.EqualFold(f.Type, typePDF) || strings.EqualFold(filepath.Ext(f.Name), ".pdf")
}

// localDate is a day as the shop's clock shows it, in the form that every
// reader takes the same way.
func localDate(t time.Time, zone string) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return t.In(loc).Format(time.DateOnly)
}

// of gives the bytes that the source's customer gets of a file. It makes them
// if they are to be personal and are not there yet.
func (st *stamping) of(ctx context.Context, src *source, f purvey.File) (blob.Stored, error) {
	o, wanted := st.wanted(src, f)
	if !wanted {
		return blob.Stored{Digest: f.Digest, Size: f.Size}, nil
	}
	key := stamp.Key(f.Digest, o)
	for {
		got, err := st.ready(ctx, key)
		if err != nil || got.Digest != "" {
			return got, err
		}
		if done, mine := st.claim(key); !mine {
			select {
			case <-done:
			case <-ctx.Done():
				return blob.Stored{}, ctx.Err()
			}
			continue
		}
		err = st.make(ctx, src, f, key, o)
		st.unclaim(key)
		if err == nil {
			continue
		}
		if !stamp.Refused(err) {
			return blob.Stored{}, err
		}
		if src.shop.Settings.Policies.StampFailure == "serve" {
			return blob.Stored{Digest: f.Digest, Size: f.Size}, nil
		}
		return blob.Stored{}, refused(purvey.ReasonStampImpossible)
	}
}

// ready gives the personal copy of a key if it is there; a zero Stored says
// that it is to be made.
func (st *stamping) ready(ctx context.Context, key string) (blob.Stored, error) {
	v, err := st.s.db.Stamped(ctx, key)
	if errors.Is(err, purvey.NotFound) || err == nil && v.Digest == "" {
		return blob.Stored{}, nil
	}
	if err != nil {
		return blob.Stored{}, err
	}
	_, err = st.s.bucket.Stat(ctx, v.Digest)
	if errors.Is(err, blob.ErrNotFound) {
		return blob.Stored{}, nil
	}
	return blob.Stored{Digest: v.Digest, Size: v.Size}, err
}

// claim makes the caller the one who makes a key, or gives what to wait for.
func (st *stamping) claim(key string) (done <-chan struct{}, mine bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if ch, ok := st.busy[key]; ok {
		return ch, false
	}
	st.busy[key] = make(chan struct{})
	return nil, true
}

func (st *stamping) unclaim(key string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	close(st.busy[key])
	delete(st.busy, key)
}

// make stamps the file and files the result. A verdict is remembered, and the
// shop's admins are told of it once.
func (st *stamping) make(ctx context.Context, src *source, f purvey.File, key string, o stamp.Options) error {
	v, err := st.s.db.Stamped(ctx, key)
	if err == nil && v.Error != "" {
		return fmt.Errorf("%w: %s", stamp.ErrBroken, v.Error)
	}
	if st.runner == nil {
		return fmt.Errorf("%w: this server has nothing to stamp with", stamp.ErrBroken)
	}
	select {
	case st.turn <- struct{}{}:
		defer func() { <-st.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	stored, err := st.run(ctx, f, o)
	switch {
	case stamp.Refused(err):
		st.s.log.WarnContext(ctx, "a file cannot be stamped", "file", f.ID, "error", err)
		return errors.Join(err, st.note(ctx, src, f, store.Stamped{Key: key, ShopID: f.ShopID, Error: verdict(err)}))
	case err != nil:
		return err
	}
	return st.note(ctx, src, f, store.Stamped{Key: key, ShopID: f.ShopID, Digest: stored.Digest, Size: stored.Size})
}

// run has a child process stamp the file, and files what it made.
func (st *stamping) run(ctx context.Context, f purvey.File, o stamp.Options) (blob.Stored, error) {
	dir, err := os.MkdirTemp("", "purvey-stamp-")
	if err != nil {
		return blob.Stored{}, err
	}
	defer os.RemoveAll(dir)
	in, err := st.local(ctx, f.Digest, filepath.Join(dir, "in"))
	if err != nil {
		return blob.Stored{}, err
	}
	out := filepath.Join(dir, "out")
	if err := st.runner.Run(ctx, stamp.Job{Kind: stamp.KindPDF, In: in, Out: out, Options: o}); err != nil {
		return blob.Stored{}, err
	}
	made, err := os.Open(out)
	if err != nil {
		return blob.Stored{}, err
	}
	defer made.Close()
	return st.s.bucket.Put(ctx, made, 0)
}

// local gives a path where the content lies, copied to spare unless it lies in
// a folder already.
func (st *stamping) local(ctx context.Context, digest, spare string) (string, error) {
	r, err := st.s.bucket.Open(ctx, digest)
	if err != nil {
		return "", err
	}
	defer r.Close()
	if file := r.File(); file != nil {
		return file.Name(), nil
	}
	to, err := os.OpenFile(spare, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, r)
	return spare, errors.Join(err, to.Close())
}

// verdict is why a file cannot be stamped, in words for the merchant.
func verdict(err error) string {
	for _, known := range []error{stamp.ErrEncrypted, stamp.ErrTooLarge, stamp.ErrGlyphs} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return stamp.ErrBroken.Error()
}

// note writes down what came of it.
func (st *stamping) note(ctx context.Context, src *source, f purvey.File, v store.Stamped) error {
	return st.s.db.Tx(ctx, func(tx *store.Tx) error {
		v.CreatedAt, v.FileID = tx.Now(), f.ID
		fresh, err := tx.PutStamped(ctx, v)
		if err != nil || !fresh || v.Error == "" {
			return err
		}
		return st.warn(ctx, tx, src, f, v.Error)
	})
}

// warn tells the shop's admins that a file cannot be stamped.
func (st *stamping) warn(ctx context.Context, tx *store.Tx, src *source, f purvey.File, why string) error {
	emails, err := tx.AdminEmails(ctx, src.scope.ShopID)
	if err != nil {
		return err
	}
	what := "customers are refused this file until it is replaced or stamping is switched off"
	if src.shop.Settings.Policies.StampFailure == "serve" {
		what = "customers get it without a stamp, as the shop's settings say"
	}
	for _, email := range emails {
		m := purvey.Message{
			ShopID: src.scope.ShopID, Mode: src.scope.Mode, Kind: purvey.MailOwnerWarning, State: purvey.MessageKept, To: email,
			Locale: src.shop.Settings.Shop.Locale,
			Data:   src.shop.Settings.MailData(),
		}
		m.Data.Subject = "A file cannot be stamped: " + f.Name
		m.Data.Body = fmt.Sprintf("%s (file %s) cannot be stamped: %s. For now %s.", f.Name, f.ID, why, what)
		if st.s.mail && src.scope.Mode == purvey.Live {
			m.State = purvey.MessageQueued
		}
		if err := tx.InsertMessage(ctx, &m); err != nil {
			return err
		}
	}
	return nil
}

// inProgress tells whether a file of the source is being made ready.
func (st *stamping) inProgress(src *source, f purvey.File) bool {
	o, wanted := st.wanted(src, f)
	if !wanted {
		return false
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	_, busy := st.busy[stamp.Key(f.Digest, o)]
	return busy
}

// Personalise makes a line's copy of a file ready before it is asked for, or
// tells why it can't be. Run again it finds the work done.
func (s *Service) Personalise(ctx context.Context, r purvey.Right, f purvey.File) error {
	shop, err := s.db.Shop(ctx, r.Order.ShopID)
	if err != nil {
		return err
	}
	_, err = s.stamping.of(ctx, s.lineSource(shop, r), f)
	return err
}

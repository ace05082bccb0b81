package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/store"
)

// File gives a file.
func (s *Service) File(ctx context.Context, shopID, id string) (purvey.File, error) {
	return s.db.File(ctx, shopID, id)
}

// Files lists the shop's files.
func (s *Service) Files(ctx context.Context, shopID string, f FileFilter, p purvey.Page) (purvey.Listed[purvey.File], error) {
	return s.db.Files(ctx, shopID, f, p)
}

// ProductsOfFiles gives, for each file, the products that have it in any of
// their versions; only their id and name are filled.
func (s *Service) ProductsOfFiles(ctx context.Context, shopID string, ids []string) (map[string][]purvey.Product, error) {
	return s.db.ProductsOfFiles(ctx, shopID, ids)
}

// Content opens a file's bytes. The reader must be closed.
func (s *Service) Content(ctx context.Context, shopID, id string) (purvey.File, blob.Reader, error) {
	f, err := s.db.File(ctx, shopID, id)
	if err != nil {
		return f, nil, err
	}
	if !f.Uploaded {
		return f, nil, purvey.Because(purvey.Conflict, purvey.ReasonNotAvailable, "the file is not uploaded yet")
	}
	r, err := s.bucket.Open(ctx, f.Digest)
	if errors.Is(err, blob.ErrNotFound) {
		err = &purvey.Error{Kind: purvey.Unavailable, Detail: "the stored bytes are missing", Cause: fmt.Errorf("file %s has no content %s", f.ID, f.Digest)}
	}
	return f, r, err
}

// StoreFile takes in a file of at most max bytes (0: any size). When it
// answers, bytes and row are durable; when it fails, neither stays. The type is
// found by the content and the name when contentType says nothing.
//
// Errors: Invalid (no name), TooLarge, NoSpace, and what r fails with.
func (s *Service) StoreFile(ctx context.Context, shopID, name, contentType string, r io.Reader, max int64) (purvey.File, error) {
	f, err := s.Receive(ctx, shopID, name, contentType, r, max)
	if err != nil {
		return f, err
	}
	return s.AddFile(ctx, f)
}

// Receive is the first half of StoreFile: the bytes are durable then, and are
// swept some day if AddFile does not follow. It is no part of a transaction.
func (s *Service) Receive(ctx context.Context, shopID, name, contentType string, r io.Reader, max int64) (purvey.File, error) {
	f := purvey.File{ShopID: shopID, Name: purvey.FileName(name), Uploaded: true}
	if f.Name == "" {
		return f, purvey.BadField("file", "must have a file name")
	}
	head := make([]byte, sniffed)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return f, err
	}
	f.Type = mediaType(contentType, f.Name, head[:n])
	stored, err := s.bucket.Put(ctx, io.MultiReader(bytes.NewReader(head[:n]), r), max)
	f.Digest, f.Size = stored.Digest, stored.Size
	return f, err
}

// AddFile is the second half: it makes the received bytes a file of the shop.
func (s *Service) AddFile(ctx context.Context, f purvey.File) (purvey.File, error) {
	err := s.file(ctx, f.Digest, func(tx *store.Tx) error { return tx.InsertFile(ctx, &f) })
	return f, err
}

// Waits of a file whose bytes are being removed at this very moment, since the
// last other file with that content went.
const (
	removalLimit = time.Minute     // a removal takes no longer
	removalStale = 2 * time.Minute // a note this old was left by a crash
	removalWait  = 10 * time.Second
	removalPoll  = 20 * time.Millisecond
)

func beingRemoved() error {
	return &purvey.Error{Kind: purvey.Unavailable, Detail: "equal content is just being deleted: send the file again", RetryAfter: 2}
}

// file runs insert, which adds a row over the bytes with the digest, in a
// transaction that no removal of these bytes can cross. It answers Unavailable
// when a removal was faster.
func (s *Service) file(ctx context.Context, digest string, insert func(*store.Tx) error) error {
	began := time.Now()
	for waited := false; ; waited = true {
		if waited {
			if _, err := s.bucket.Stat(ctx, digest); errors.Is(err, blob.ErrNotFound) || time.Since(began) > removalWait {
				return beingRemoved()
			} else if err != nil {
				return err
			}
		}
		condemned := false
		err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
			if condemned, err = tx.Condemned(ctx, digest, tx.Now().Add(-removalStale)); err != nil || condemned {
				return err
			}
			return insert(tx)
		})
		if err != nil || !condemned {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(removalPoll):
		}
	}
}

// DeleteFile removes a file, and its bytes when no other file has them. It is
// Conflict with ReasonInUse while a version of a product, withdrawn ones
// included, an order line or a share link uses the file. Serves BDD-18.
func (s *Service) DeleteFile(ctx context.Context, shopID, id string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		found, err := tx.LockFiles(ctx, shopID, []string{id})
		if err != nil {
			return err
		}
		f, ok := found[id]
		if !ok {
			return purvey.Missing("file")
		}
		use, err := tx.FileUse(ctx, id)
		if err != nil {
			return err
		}
		if use.Any() {
			return purvey.Because(purvey.Conflict, purvey.ReasonInUse, "the file is still used by %s", usersOf(use))
		}
		if err := tx.DeleteFile(ctx, shopID, id); err != nil {
			return err
		}
		tx.OnCommit(func() {
			// The row is gone, and so is the transaction that ctx may carry. If
			// this fails, or the process ends first, SweepBlobs does it.
			ctx, cancel := context.WithTimeout(context.Background(), removalLimit)
			defer cancel()
			_ = s.remove(ctx, f.Digest)
		})
		return nil
	})
}

func usersOf(u store.FileUse) string {
	var users []string
	for _, x := range []struct {
		n    int64
		noun string
	}{{u.Versions, "product version"}, {u.Lines, "order line"}, {u.Links, "share link"}} {
		switch {
		case x.n == 1:
			users = append(users, "1 "+x.noun)
		case x.n > 1:
			users = append(users, fmt.Sprintf("%d %ss", x.n, x.noun))
		}
	}
	return strings.Join(users, ", ")
}

func isMissing(err error) bool { return errors.Is(err, purvey.NotFound) }

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
	in, err := s.Receive(ctx, shopID, name, contentType, r, max)
	if err != nil {
		return purvey.File{}, err
	}
	err = s.Filing(ctx, in, func() error { return s.AddFile(ctx, in) })
	return in.File, err
}

// Received is a file whose bytes are durable and whose row is not there yet.
type Received struct {
	purvey.File
	looked string // token of the removal after which the bytes were seen
}

// Receive is the first part of StoreFile, for callers that must do the rest in
// a transaction of theirs. Bytes that AddFile never follows are swept some day.
func (s *Service) Receive(ctx context.Context, shopID, name, contentType string, r io.Reader, max int64) (*Received, error) {
	in := &Received{File: purvey.File{ShopID: shopID, Name: purvey.FileName(name), Uploaded: true}}
	if in.Name == "" {
		return nil, purvey.BadField("file", "must have a file name")
	}
	head, err := beginning(r)
	if err != nil {
		return nil, err
	}
	in.Type = mediaType(contentType, in.Name, head)
	stored, err := s.bucket.Put(ctx, io.MultiReader(bytes.NewReader(head), r), max)
	in.Digest, in.Size = stored.Digest, stored.Size
	return in, err
}

// AddFile makes received bytes a file of the shop. Within Filing it may join a
// transaction.
func (s *Service) AddFile(ctx context.Context, in *Received) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := in.claim(ctx, tx); err != nil {
			return err
		}
		in.ID = ""
		if err := tx.InsertFile(ctx, &in.File); err != nil {
			return err
		}
		return auditFile(ctx, tx, "file.uploaded", nil, fileFields(in.File), in.File)
	})
}

// Times of a removal of bytes; see store.Removal.
const (
	removalLimit = time.Minute     // a removal takes no longer
	removalStale = 2 * time.Minute // one that has not ended by then has crashed
	removalWait  = 10 * time.Second
	removalPoll  = 20 * time.Millisecond
)

// removing is why received bytes could not be claimed.
type removing struct{ store.Removal }

func (r *removing) Error() string { return "bytes " + r.Digest + " are being removed" }

// claim sees to it that the received bytes are there and stay, if tx commits a
// file over them.
func (in *Received) claim(ctx context.Context, tx *store.Tx) error {
	note, err := tx.Removal(ctx, in.Digest)
	if err != nil || note == nil {
		return err
	}
	if note.Token != in.looked {
		return &removing{*note}
	}
	return tx.ForgetRemoval(ctx, note)
}

// Filing runs add, which leads to a claim, again as long as equal bytes, of
// which the last file has just gone, are being removed. It answers Unavailable
// when the removal took the received bytes too.
func (s *Service) Filing(ctx context.Context, in *Received, add func() error) error {
	for began := time.Now(); ; {
		var r *removing
		if err := add(); !errors.As(err, &r) {
			return err
		}
		if r.Done || s.db.Now().Sub(r.At) > removalStale {
			_, err := s.bucket.Stat(ctx, in.Digest)
			if errors.Is(err, blob.ErrNotFound) {
				return beingRemoved()
			}
			if err != nil {
				return err
			}
			in.looked = r.Token
			continue
		}
		if time.Since(began) > removalWait {
			return beingRemoved()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(removalPoll):
		}
	}
}

func beingRemoved() error {
	return &purvey.Error{Kind: purvey.Unavailable, Detail: "equal content was just being deleted: send the file again", RetryAfter: 2}
}

// RenameFile gives a file another name, under which buyers get it too. Invalid
// unless it is a file name of at most purvey.MaxFileName bytes.
func (s *Service) RenameFile(ctx context.Context, shopID, id, name string) (purvey.File, error) {
	if name = strings.TrimSpace(name); name == "" || purvey.FileName(name) != name {
		return purvey.File{}, purvey.BadField("name", "must be a file name of at most %d bytes, without slashes and control characters", purvey.MaxFileName)
	}
	var f purvey.File
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		found, err := tx.LockFiles(ctx, shopID, []string{id})
		if err != nil {
			return err
		}
		var ok bool
		if f, ok = found[id]; !ok {
			return purvey.Missing("file")
		}
		before := fileFields(f)
		if f.Name == name {
			return nil
		}
		f.Name = name
		if err := tx.RenameFile(ctx, &f); err != nil {
			return err
		}
		return auditFile(ctx, tx, "file.renamed", before, fileFields(f), f)
	})
	return f, err
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
		if err := auditFile(ctx, tx, "file.deleted", fileFields(f), nil, f); err != nil {
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

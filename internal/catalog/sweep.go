package catalog

import (
	"context"
	"errors"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/store"
)

// sweepBatch bounds how much one statement of a sweep looks at.
const sweepBatch = 200

// SweepBlobs removes bytes that no file of any shop has and that were filed
// more than BlobGrace ago: what a crash left between bytes and row. It may be
// run at any time, and by several nodes at once.
func (s *Service) SweepBlobs(ctx context.Context) error {
	ctx = store.Later(ctx)
	before := s.db.Now().Add(-BlobGrace)
	err := s.db.Tx(ctx, func(tx *store.Tx) error { return tx.ForgetRemovals(ctx, before.Add(-UploadLife)) })
	if err != nil {
		return err
	}
	var old []string
	flush := func() error {
		used, err := s.db.DigestsInUse(ctx, old)
		if err != nil {
			return err
		}
		var errs []error
		for _, digest := range old {
			if !used[digest] {
				errs = append(errs, s.remove(ctx, digest))
			}
		}
		old = old[:0]
		return errors.Join(errs...)
	}
	for o, err := range s.bucket.List(ctx) {
		if err != nil {
			return err
		}
		if o.ModTime.Before(before) {
			old = append(old, o.Digest)
		}
		if len(old) == sweepBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// remove deletes bytes, unless a file has them.
func (s *Service) remove(ctx context.Context, digest string) error {
	ctx, cancel := context.WithTimeout(ctx, removalLimit)
	defer cancel()
	var note *store.Removal
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		note, err = tx.Condemn(ctx, digest, tx.Now().Add(-removalStale))
		return err
	})
	if err != nil || note == nil {
		return err
	}
	err = s.bucket.Delete(ctx, digest)
	ctx = context.WithoutCancel(ctx)
	return errors.Join(err, s.db.Tx(ctx, func(tx *store.Tx) error { return tx.EndRemoval(ctx, note) }))
}

// SweepUploads removes uploads whose end has come and what crashes left of
// others. Files that uploads became stay. It may be run at any time.
func (s *Service) SweepUploads(ctx context.Context) error {
	ctx = store.Later(ctx)
	now := s.db.Now()
	for {
		ended, err := s.db.ExpiredUploads(ctx, now, sweepBatch)
		if err != nil {
			return err
		}
		var gone []purvey.Upload
		var errs []error
		for _, u := range ended {
			switch err := s.bucket.Discard(ctx, u.ID); {
			case errors.Is(err, blob.ErrLocked): // it lives after all
			case err != nil:
				errs = append(errs, err)
			default:
				gone = append(gone, u)
			}
		}
		err = s.db.Tx(ctx, func(tx *store.Tx) error {
			for _, u := range gone {
				if err := tx.DeleteUpload(ctx, u.ShopID, u.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err = errors.Join(append(errs, err)...); err != nil {
			return err
		}
		if len(gone) < sweepBatch {
			break
		}
	}
	var failed error
	_, err := s.bucket.Sweep(ctx, now.Add(-UploadLife), func(upload string) bool {
		known, err := s.db.UploadKnown(ctx, upload)
		failed = errors.Join(failed, err)
		return known || err != nil
	})
	return errors.Join(failed, err)
}

package catalog

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/store"
)

// ErrChecksum says that the bytes of a chunk are not those its sender meant.
// Nothing of the chunk was kept.
var ErrChecksum error = purvey.Errorf(purvey.Invalid, "the bytes received do not have the checksum; nothing of them was kept")

// Unknown is the length of an upload while its client defers it.
const Unknown int64 = -1

// Upload is a resumable upload and how much of it is there.
type Upload struct {
	purvey.Upload
	Offset int64 // bytes that are durable
}

// Done tells whether the upload has become a file.
func (u Upload) Done() bool { return u.FileID != "" }

// NewUpload is an upload before its first byte.
type NewUpload struct {
	Name     string // display name; "" takes the upload's id
	Type     string // MIME; "" is found when all is there
	Metadata string // kept for the client
	Length   int64  // bytes, or Unknown
}

// CreateUpload begins an upload. Errors: Invalid, TooLarge above the operator's
// limit, NoSpace when the disk has not that much room.
func (s *Service) CreateUpload(ctx context.Context, shopID string, n NewUpload) (Upload, error) {
	if n.Length != Unknown {
		if err := s.checkLength(n.Length, 0); err != nil {
			return Upload{}, err
		}
	}
	u := Upload{Upload: purvey.Upload{ShopID: shopID, Name: purvey.FileName(n.Name), Type: plainType(n.Type), Metadata: n.Metadata, Length: n.Length}}
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		u.ID, u.ExpiresAt = tx.NewID(), tx.Now().Add(UploadLife)
		if n.Name == "" {
			u.Name = u.ID
		}
		if u.Name == "" {
			return purvey.BadField("filename", "must be the name of a file")
		}
		return tx.InsertUpload(ctx, &u.Upload)
	})
	if err != nil || n.Length != 0 {
		return u, err
	}
	return s.finish(ctx, u)
}

// UploadMax is the largest upload in bytes; 0 is no limit.
func (s *Service) UploadMax() int64 { return s.o.UploadMax }

// checkLength refuses an upload that can't be held, of which some bytes are
// there already.
func (s *Service) checkLength(length, have int64) error {
	if length < 0 {
		return purvey.BadField("Upload-Length", "must be a number of bytes")
	}
	if s.o.UploadMax > 0 && length > s.o.UploadMax {
		return purvey.Errorf(purvey.TooLarge, "an upload must be at most %d bytes", s.o.UploadMax)
	}
	if s.o.Folder != "" {
		if free, ok := freeSpace(s.o.Folder); ok && length-have > free {
			return purvey.Errorf(purvey.NoSpace, "the storage has no room for %d bytes", length-have)
		}
	}
	return nil
}

// Upload gives an upload. One whose bytes are all there becomes a file now if
// a crash has kept it from that. Errors: NotFound, Gone when its end has come.
func (s *Service) Upload(ctx context.Context, shopID, id string) (Upload, error) {
	u, err := s.upload(ctx, shopID, id)
	if err != nil || u.Done() || u.Offset != u.Length {
		return u, err
	}
	return s.finish(ctx, u)
}

// upload gives an upload as it is.
func (s *Service) upload(ctx context.Context, shopID, id string) (Upload, error) {
	row, err := s.db.Upload(ctx, shopID, id)
	if err != nil {
		return Upload{}, err
	}
	u := Upload{Upload: row, Offset: row.Length}
	if u.Done() {
		return u, nil
	}
	if !s.db.Now().Before(u.ExpiresAt) {
		return u, purvey.Because(purvey.Gone, purvey.ReasonExpired, "the upload was abandoned too long ago: begin a new one")
	}
	if u.Offset, err = s.bucket.Staged(ctx, id); err != nil || u.Offset > 0 {
		return u, err
	}
	// Another request may have made it a file meanwhile, and cleared its stage:
	// that is no upload without a byte.
	if row, err = s.db.Upload(ctx, shopID, id); err == nil && row.FileID != "" {
		return Upload{Upload: row, Offset: row.Length}, nil
	}
	return u, err
}

// Chunk is a run of bytes that continues an upload.
type Chunk struct {
	Offset int64     // where it begins; must be the upload's
	Length int64     // of the whole upload, when it becomes known now; else Unknown
	Size   int64     // of the chunk, when it is known before; else Unknown
	Body   io.Reader // read to its end, and never past the upload's length
	Sum    hash.Hash // nil, or what checks the chunk, which is then kept whole or not at all
	Want   []byte    // the value that Sum must have
}

// AppendUpload adds a chunk to an upload and makes it a file when that was the
// last. What arrived before Body failed is kept, unless the chunk has a
// checksum. Memory stays flat whatever the size.
//
// Errors: NotFound; Gone; Conflict with ReasonUploadOffset, or with
// ReasonUploadLocked while another request adds to the upload; TooLarge when
// the chunk goes past the length; ErrChecksum; NoSpace; that of Body.
func (s *Service) AppendUpload(ctx context.Context, shopID, id string, c Chunk) (Upload, error) {
	u, err := s.upload(ctx, shopID, id)
	if err != nil {
		return u, err
	}
	if u, err = s.settleLength(ctx, u, c.Length); err != nil {
		return u, err
	}
	if c.Offset != u.Offset {
		return u, fmt.Errorf("%w: it is %d", blob.ErrOffset, u.Offset)
	}
	room := int64(-1)
	switch {
	case u.Length != Unknown:
		room = u.Length - u.Offset
	case s.o.UploadMax > 0:
		room = s.o.UploadMax - u.Offset
	}
	if room >= 0 && c.Size > room {
		return u, tooLong()
	}
	if room == 0 { // all is there: a last request that is repeated
		if n, _ := io.ReadFull(c.Body, make([]byte, 1)); n > 0 {
			return u, tooLong()
		}
		return s.Upload(ctx, shopID, id)
	}
	n, failed := s.bucket.Append(ctx, id, u.Offset, &chunkReader{Chunk: c, room: room})
	u.Offset += n
	if failed != nil && n == 0 {
		return u, chunkError(failed)
	}
	// What is durable counts, also when the client has gone meanwhile.
	ctx = context.WithoutCancel(ctx)
	if u.Offset == u.Length {
		done, err := s.finish(ctx, u)
		return done, errors.Join(chunkError(failed), err)
	}
	renewed, err := s.renew(ctx, u)
	return renewed, errors.Join(chunkError(failed), err)
}

// settleLength notes the length that a client had deferred.
func (s *Service) settleLength(ctx context.Context, u Upload, length int64) (Upload, error) {
	if length == Unknown || length == u.Length {
		return u, nil
	}
	if u.Length != Unknown {
		return u, purvey.BadField("Upload-Length", "is %d already and can't change", u.Length)
	}
	if err := s.checkLength(length, u.Offset); err != nil {
		return u, err
	}
	if length < u.Offset {
		return u, purvey.BadField("Upload-Length", "must be at least the %d bytes that are there", u.Offset)
	}
	err := s.changeUpload(ctx, &u, func(row *purvey.Upload) bool {
		if row.Length == Unknown {
			row.Length = length
		}
		return true
	})
	if err == nil && u.Length != length {
		err = purvey.BadField("Upload-Length", "is %d already and can't change", u.Length)
	}
	return u, err
}

// renew puts off the end of an upload that goes on, not for every chunk.
func (s *Service) renew(ctx context.Context, u Upload) (Upload, error) {
	end := s.db.Now().Add(UploadLife)
	if end.Sub(u.ExpiresAt) < time.Hour {
		return u, nil
	}
	err := s.changeUpload(ctx, &u, func(row *purvey.Upload) bool {
		row.ExpiresAt = end
		return row.FileID == ""
	})
	return u, err
}

func (s *Service) changeUpload(ctx context.Context, u *Upload, change func(*purvey.Upload) bool) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		row, err := tx.LockUpload(ctx, u.ShopID, u.ID)
		if err != nil {
			return err
		}
		if change(&row) {
			if err := tx.UpdateUpload(ctx, row); err != nil {
				return err
			}
		}
		u.Upload = row
		return nil
	})
}

// finish makes a file of an upload whose bytes are all there. It may be run
// again, by several callers, after a crash at any point: there is one file.
func (s *Service) finish(ctx context.Context, u Upload) (Upload, error) {
	if u.Length == 0 && u.Offset == 0 {
		if _, err := s.bucket.Append(ctx, u.ID, 0, bytes.NewReader(nil)); err != nil && !errors.Is(err, blob.ErrOffset) {
			return u, err
		}
	}
	// Reading a large upload takes longer than many a client waits.
	ctx = context.WithoutCancel(ctx)
	stored, err := s.bucket.Finish(ctx, u.ID)
	if errors.Is(err, blob.ErrNotFound) {
		return s.finished(ctx, u)
	}
	if err != nil {
		return u, err
	}
	if stored.Size != u.Length {
		return u, fmt.Errorf("upload %s has %d bytes of %d", u.ID, stored.Size, u.Length)
	}
	mime, err := s.typeOf(ctx, u, stored.Digest)
	if err != nil {
		return u, err
	}
	in := &Received{File: purvey.File{ShopID: u.ShopID, Name: u.Name, Size: stored.Size, Type: mime, Digest: stored.Digest, Uploaded: true}}
	row := u.Upload
	err = s.Filing(ctx, in, func() error {
		return s.db.Tx(ctx, func(tx *store.Tx) (err error) {
			if row, err = tx.LockUpload(ctx, u.ShopID, u.ID); err != nil || row.FileID != "" {
				return err
			}
			if err := in.claim(ctx, tx); err != nil {
				return err
			}
			f := in.File
			if err := tx.InsertFile(ctx, &f); err != nil {
				return err
			}
			if err := auditFile(ctx, tx, "file.uploaded", nil, fileFields(f), f); err != nil {
				return err
			}
			row.FileID, row.ExpiresAt = f.ID, tx.Now().Add(UploadLife)
			return tx.UpdateUpload(ctx, row)
		})
	})
	if err != nil {
		return u, err
	}
	u.Upload, u.Offset = row, row.Length
	// A record that stays behind goes with the upload's end.
	_ = s.bucket.Discard(ctx, u.ID)
	return u, nil
}

// finished answers for an upload that is no longer staged: another caller has
// finished it, or its bytes are lost.
func (s *Service) finished(ctx context.Context, u Upload) (Upload, error) {
	row, err := s.db.Upload(ctx, u.ShopID, u.ID)
	if err == nil && row.FileID == "" {
		err = purvey.Errorf(purvey.Gone, "the bytes of the upload are gone: begin a new one")
	}
	u.Upload = row
	return u, err
}

// typeOf finds the media type of a finished upload.
func (s *Service) typeOf(ctx context.Context, u Upload, digest string) (string, error) {
	r, err := s.bucket.Open(ctx, digest)
	if err != nil {
		return "", err
	}
	defer r.Close()
	head, err := beginning(r)
	return mediaType(u.Type, u.Name, head), err
}

// TerminateUpload forgets an upload and its bytes. A file that it has become
// stays. Errors: NotFound; Conflict with ReasonUploadLocked.
func (s *Service) TerminateUpload(ctx context.Context, shopID, id string) error {
	if _, err := s.db.Upload(ctx, shopID, id); err != nil {
		return err
	}
	if err := s.bucket.Discard(ctx, id); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteUpload(ctx, shopID, id) })
}

// chunkReader gives the bytes of a chunk. When they are too many, or not those
// that were meant, it fails so that the storage takes them back.
type chunkReader struct {
	Chunk
	room int64 // bytes that may still come; negative: any number
}

func (r *chunkReader) Read(p []byte) (int, error) {
	if r.room >= 0 && int64(len(p)) > r.room+1 {
		p = p[:r.room+1]
	}
	n, err := r.Body.Read(p)
	if r.room >= 0 {
		if int64(n) > r.room {
			return 0, &unwanted{tooLong()}
		}
		r.room -= int64(n)
	}
	if r.Sum == nil {
		return n, err
	}
	r.Sum.Write(p[:n])
	switch {
	case err == io.EOF && subtle.ConstantTimeCompare(r.Sum.Sum(nil), r.Want) != 1:
		return n, &unwanted{ErrChecksum}
	case err != nil && err != io.EOF:
		return n, &unwanted{err} // half a chunk can't be checked
	}
	return n, err
}

// unwanted is an error after which nothing of a chunk is kept.
type unwanted struct{ why error }

func (u *unwanted) Error() string   { return u.why.Error() }
func (u *unwanted) Unwrap() []error { return []error{u.why, blob.ErrDiscard} }

// chunkError takes the storage's wrapping off.
func chunkError(err error) error {
	var u *unwanted
	if errors.As(err, &u) {
		return u.why
	}
	return err
}

func tooLong() error {
	return purvey.Errorf(purvey.TooLarge, "there are more bytes than the upload's length")
}

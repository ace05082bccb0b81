package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// An S3 stages an upload as pieces that are never written twice: each object
// staging/NAME/OFFSET, the offset in 20 digits, holds the bytes from there on,
// at most partSize of them. Two nodes that append at one offset write the same
// key, and the conditional write lets one win. staging/NAME/begun stands for an
// upload without bytes, and Finish leaves its answer as the name of an empty
// object, staging/NAME/done-DIGEST-SIZE, so one listing tells all.
const (
	begunPiece = "begun"
	donePiece  = "done-"
)

// s3Upload is what a listing of an upload says.
type s3Upload struct {
	pieces []s3Piece
	length int64 // bytes from the beginning without a gap
	begun  bool
	gap    bool // pieces follow that nothing leads to
	done   *Stored
	keys   []string // every object of it
}

type s3Piece struct {
	key        string
	from, size int64
	skip       int64 // bytes at its beginning that the piece before has too
}

// staged lists an upload: all of it, or, with near >= 0, only what shows
// whether near is its length.
func (s *S3) staged(ctx context.Context, upload string, near int64) (u s3Upload, err error) {
	name, ok := uploadName(upload)
	if !ok {
		return u, ErrUpload
	}
	after := ""
	if near > partSize {
		after = pieceName(name, near-partSize-1)
	}
	for o, err := range s.list(ctx, name+"/", after) {
		if err != nil {
			return u, err
		}
		u.keys = append(u.keys, s.prefix+o.Key)
		piece := strings.TrimPrefix(o.Key, name+"/")
		if rest, ok := strings.CutPrefix(piece, donePiece); ok {
			digest, size, _ := strings.Cut(rest, "-")
			n, err := strconv.ParseInt(size, 10, 64)
			if _, ok := contentName(digest); !ok || err != nil {
				return u, ErrCorrupt
			}
			u.done = &Stored{Digest: digest, Size: n}
			continue
		}
		from, err := strconv.ParseInt(piece, 10, 64)
		if err != nil {
			u.begun = u.begun || piece == begunPiece
			continue
		}
		if after != "" && len(u.pieces) == 0 {
			u.length = from
		}
		u.add(s3Piece{key: s.prefix + o.Key, from: from, size: o.Size})
	}
	if u.done != nil {
		u.length = u.done.Size
	}
	return u, nil
}

// add takes the next piece. Pieces overlap only on services that know no
// conditional writes; what the first one has then counts.
func (u *s3Upload) add(p s3Piece) {
	end := p.from + p.size
	switch {
	case p.from > u.length:
		u.gap = true
	case end > u.length:
		p.skip = u.length - p.from
		u.pieces = append(u.pieces, p)
		u.length = end
	}
}

func pieceName(name string, offset int64) string { return fmt.Sprintf("%s/%020d", name, offset) }

// Append implements Bucket.
func (s *S3) Append(ctx context.Context, upload string, offset int64, r io.Reader) (written int64, err error) {
	name, ok := uploadName(upload)
	if !ok {
		return 0, ErrUpload
	}
	release, err := s.holds.take(upload)
	if err != nil {
		return 0, err
	}
	defer release()
	u, err := s.staged(ctx, upload, offset)
	if err != nil {
		return 0, err
	}
	if u.done != nil || u.length != offset {
		return 0, ErrOffset
	}
	// What arrived is kept although its sender, and so ctx, may be gone.
	keep := func(piece string, body []byte) error {
		ctx, cancel := settle(ctx)
		defer cancel()
		return s.putNew(ctx, s.prefix+piece, body)
	}
	var keys []string
	var buf []byte
	for {
		var end error
		buf, end = readPart(ctxReader{ctx, r}, buf)
		if errors.Is(end, ErrDiscard) {
			ctx, cancel := settle(ctx)
			defer cancel()
			return 0, errors.Join(sourceFailed(end), s.removeAll(ctx, keys))
		}
		if len(buf) > 0 {
			piece := pieceName(name, offset+written)
			if err := keep(piece, buf); err != nil {
				return written, err
			}
			keys = append(keys, s.prefix+piece)
			written += int64(len(buf))
		}
		switch {
		case end == io.EOF && offset+written == 0 && !u.begun:
			return 0, keep(name+"/"+begunPiece, nil)
		case end == io.EOF:
			return written, nil
		case end != nil:
			return written, sourceFailed(end)
		}
	}
}

// putNew writes an object unless there is one, which is ErrOffset: somebody
// else appended. A service that refuses the condition is not asked again; the
// walk over pieces then sorts out what overlaps.
func (s *S3) putNew(ctx context.Context, key string, body []byte) error {
	var o minio.PutObjectOptions
	if !s.blind.Load() {
		o.SetMatchETagExcept("*")
	}
	err := s.put(ctx, key, body, o)
	switch s3Code(err) {
	case minio.PreconditionFailed, "ConditionalRequestConflict":
		return ErrOffset
	case minio.NotImplemented:
		if s.blind.CompareAndSwap(false, true) {
			return s.putNew(ctx, key, body)
		}
	}
	return err
}

// Staged implements Bucket.
func (s *S3) Staged(ctx context.Context, upload string) (int64, error) {
	u, err := s.staged(ctx, upload, -1)
	return u.length, err
}

// Finish implements Bucket. It is safe beside itself on another node: both read
// the same pieces and file the same content.
func (s *S3) Finish(ctx context.Context, upload string) (Stored, error) {
	release, err := s.holds.take(upload)
	if err != nil {
		return Stored{}, err
	}
	defer release()
	u, err := s.staged(ctx, upload, -1)
	if err != nil {
		return Stored{}, err
	}
	if st, err := s.finished(ctx, u); !errors.Is(err, ErrNotFound) {
		return st, err
	}
	if u.gap {
		return Stored{}, ErrCorrupt
	}
	if len(u.pieces) == 0 && !u.begun {
		return Stored{}, ErrNotFound
	}
	st, err := s.Put(ctx, s.joined(ctx, u.pieces), 0)
	if err != nil {
		// The other node may have finished and removed the pieces.
		if again, lerr := s.staged(ctx, upload, -1); lerr == nil {
			if st, ferr := s.finished(ctx, again); ferr == nil {
				return st, nil
			}
		}
		return Stored{}, err
	}
	name, _ := uploadName(upload)
	if err := s.put(ctx, fmt.Sprintf("%s%s/%s%s-%d", s.prefix, name, donePiece, st.Digest, st.Size), nil, minio.PutObjectOptions{}); err != nil {
		return Stored{}, err
	}
	_ = s.removeAll(ctx, pieceKeys(u)) // what fails here goes with Discard or Sweep
	return st, nil
}

// finished gives the answer of an earlier Finish while its content is there.
func (s *S3) finished(ctx context.Context, u s3Upload) (Stored, error) {
	if u.done == nil {
		return Stored{}, ErrNotFound
	}
	if _, err := s.Stat(ctx, u.done.Digest); err != nil {
		return Stored{}, err
	}
	_ = s.removeAll(ctx, pieceKeys(u))
	return *u.done, nil
}

func pieceKeys(u s3Upload) []string {
	var keys []string
	for _, p := range u.pieces {
		keys = append(keys, p.key)
	}
	return keys
}

// joined reads pieces as one content.
func (s *S3) joined(ctx context.Context, pieces []s3Piece) io.Reader {
	var rs []io.Reader
	for _, p := range pieces {
		rs = append(rs, &s3Reader{ctx: ctx, s: s, key: p.key, size: p.size, pos: p.skip, first: p.size})
	}
	return io.MultiReader(rs...)
}

// Discard implements Bucket.
func (s *S3) Discard(ctx context.Context, upload string) error {
	release, err := s.holds.take(upload)
	if err != nil {
		return err
	}
	defer release()
	u, err := s.staged(ctx, upload, -1)
	if err != nil {
		return err
	}
	return s.removeAll(ctx, u.keys)
}

// removeAll deletes objects, a thousand a request.
func (s *S3) removeAll(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	results, err := s.core.RemoveObjectsWithIter(ctx, s.bucket, func(yield func(minio.ObjectInfo) bool) {
		for _, k := range keys {
			if !yield(minio.ObjectInfo{Key: k}) {
				return
			}
		}
	}, minio.RemoveObjectsOptions{})
	if err != nil {
		return s3Failed("delete", err)
	}
	var failed error
	for r := range results {
		if r.Err != nil && failed == nil {
			failed = s3Failed("delete", r.Err)
		}
	}
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}

// Sweep implements Bucket.
func (s *S3) Sweep(ctx context.Context, olderThan time.Time, keep func(string) bool) (n int, err error) {
	var temps []string
	for o, err := range s.list(ctx, tmpFolder+"/", "") {
		if err != nil {
			return 0, err
		}
		if o.LastModified.Before(olderThan) {
			temps = append(temps, s.prefix+o.Key)
		}
	}
	if err := s.removeAll(ctx, temps); err != nil {
		return 0, err
	}
	aborted, err := s.sweepParts(ctx, olderThan)
	n = len(temps) + aborted
	if err != nil {
		return n, err
	}
	changed := map[string]time.Time{}
	for o, err := range s.list(ctx, stagingFolder+"/", "") {
		if err != nil {
			return n, err
		}
		_, rest, _ := strings.Cut(o.Key, "/")
		upload, _, _ := strings.Cut(rest, "/")
		if o.LastModified.After(changed[upload]) {
			changed[upload] = o.LastModified
		}
	}
	for upload, at := range changed {
		if !at.Before(olderThan) || keep != nil && keep(upload) {
			continue
		}
		switch err := s.Discard(ctx, upload); {
		case errors.Is(err, ErrLocked), errors.Is(err, ErrUpload):
			continue // in use, or not ours
		case err != nil:
			return n, err
		}
		n++
	}
	return n, nil
}

// sweepParts ends multipart writes that nobody will complete.
func (s *S3) sweepParts(ctx context.Context, olderThan time.Time) (n int, err error) {
	for key, id := "", ""; ; {
		page, err := s.core.ListMultipartUploads(ctx, s.bucket, s.prefix, key, id, "", 1000)
		if s3Code(err) == minio.NotImplemented {
			return n, nil
		}
		if err != nil {
			return n, s3Failed("list parts", err)
		}
		for _, u := range page.Uploads {
			if !u.Initiated.Before(olderThan) || !s.own(u.Key) {
				continue
			}
			err := s3Failed("abort", s.core.AbortMultipartUpload(ctx, s.bucket, u.Key, u.UploadID))
			if err != nil && s3Code(err) != minio.NoSuchUpload {
				return n, err
			}
			n++
		}
		key, id = page.NextKeyMarker, page.NextUploadIDMarker
		if !page.IsTruncated || key == "" {
			return n, nil
		}
	}
}

// own tells whether a key is one that Put writes: others may share the bucket.
func (s *S3) own(key string) bool {
	rel, ok := strings.CutPrefix(key, s.prefix)
	_, digest, _ := strings.Cut(rel, "/")
	name, isContent := contentName(digest)
	return ok && (strings.HasPrefix(rel, tmpFolder+"/") || isContent && name == rel)
}

// Package blob keeps the bytes of files, in a folder (Dir) or in an S3 bucket
// (S3), and knows nothing of what they mean.
//
// Content is addressed by its digest: the SHA-256 of the bytes, 64 lower-case
// hex digits. It never changes, so equal content is kept once, and a digest
// that opens today opens the same bytes for ever. Whoever deletes must know
// that nothing refers to a digest any more; a fresh ModTime after every Put
// lets a collector spare what is being filed at this moment.
//
// Resumable uploads are staged beside the content, under a name that the
// caller gives, and grow by Append until Finish files them under their digest.
//
// What Put, Append and Finish have acknowledged is on stable storage. A crash
// at any moment leaves either the whole content or a leftover that Sweep
// removes, never a part of it under a digest.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync"
	"time"

	"purvey"
)

// The errors that callers tell apart with errors.Is. They are purvey errors
// too, so errors.Is(err, purvey.NotFound) holds for ErrNotFound, and so on.
var (
	// ErrNotFound: nothing is kept under the digest, or it is not a digest;
	// with Finish, no such upload is staged.
	ErrNotFound error = purvey.Missing("stored file")
	// ErrTooLarge: the reader gave more bytes than the caller allowed, or more
	// than the storage takes in one piece.
	ErrTooLarge error = purvey.Errorf(purvey.TooLarge, "the file is larger than allowed")
	// ErrNoSpace: the disk, the quota or the bucket is full.
	ErrNoSpace error = purvey.Errorf(purvey.NoSpace, "the file storage is full")
	// ErrOffset: Append was not at the end of what is staged.
	ErrOffset error = purvey.Because(purvey.Conflict, purvey.ReasonUploadOffset, "the offset is not the length of the upload")
	// ErrLocked: another call is changing the same upload just now.
	ErrLocked error = purvey.Because(purvey.Conflict, purvey.ReasonUploadLocked, "the upload is being written by another request")
	// ErrUpload: the name of an upload has not the form that Append asks for.
	ErrUpload error = purvey.Errorf(purvey.Invalid, "not the name of an upload")
	// ErrCorrupt: the bytes kept under a digest no longer have that digest, or
	// an upload lacks a part that was staged.
	ErrCorrupt error = purvey.Errorf(purvey.Unavailable, "the stored bytes are damaged")

	// ErrDiscard is for readers given to Append: an error that Is ErrDiscard
	// makes Append take back every byte of that call.
	ErrDiscard = errors.New("blob: the appended bytes are to be discarded")
)

// Stored says what a Put or a Finish filed: its digest and size in bytes.
type Stored struct {
	Digest string
	Size   int64
}

// Object is one stored content. ModTime is when it was last filed.
type Object struct {
	Digest  string
	Size    int64
	ModTime time.Time
}

// Reader reads one stored content from any position. It is for one goroutine,
// lives no longer than the context it was opened with, and must be closed.
type Reader interface {
	io.ReadSeekCloser
	// Size is the length of the whole content in bytes.
	Size() int64
	// File is the open local file whose whole content this is, sharing the
	// position of the Reader, or nil when the bytes come over the network.
	// Copied to a connection (io.CopyN to a writer that has ReadFrom) it is
	// sent by the kernel. Closing the Reader closes it.
	File() *os.File
}

// PresignOptions shape the answer that a presigned URL gives.
type PresignOptions struct {
	Name        string        // value of the Content-Disposition header; "" sends none
	ContentType string        // "" sends application/octet-stream
	TTL         time.Duration // whole seconds, from one second to seven days
}

// Bucket keeps content by digest and stages resumable uploads. All methods may
// be called from several goroutines, and on one S3 bucket from several nodes.
//
// A malformed digest is answered like one that is not there: ErrNotFound. The
// name of an upload is 1 to 128 of a-z, 0-9, '-' and '_'; else ErrUpload. An
// error of the storage itself is purvey.Unavailable, or ErrNoSpace.
type Bucket interface {
	// Put files what r gives until io.EOF. Memory stays flat whatever the
	// size. More than max bytes are refused with ErrTooLarge (max <= 0: any
	// size; S3 takes up to 156 GiB). When r or the storage fails, nothing is
	// kept. Content already there is filed anew, which costs no second copy,
	// refreshes its ModTime and mends it should it be damaged.
	Put(ctx context.Context, r io.Reader, max int64) (Stored, error)
	// Open gives a reader at position 0.
	Open(ctx context.Context, digest string) (Reader, error)
	// Stat gives the size in bytes.
	Stat(ctx context.Context, digest string) (size int64, err error)
	// Delete removes content; that it is gone already is no error. Readers
	// that are open on a Dir keep reading.
	Delete(ctx context.Context, digest string) error
	// List yields all content in the order of digests. The first error ends it.
	List(ctx context.Context) iter.Seq2[Object, error]
	// Verify reads the content and answers ErrCorrupt when its digest differs.
	Verify(ctx context.Context, digest string) error
	// Presign makes a URL by which anybody can fetch the content until the TTL
	// is over; it asks the storage nothing, not even whether the content is
	// there. A storage that cannot make URLs answers ok false.
	Presign(ctx context.Context, digest string, o PresignOptions) (url string, ok bool, err error)
	// Check writes, reads and removes a few bytes.
	Check(ctx context.Context) error

	// Append adds what r gives to a staged upload, which begins with its first
	// Append. Offset must be the staged length, else ErrOffset; a finished
	// upload takes nothing more. What was received is kept even when r fails,
	// or ctx ends, midway: written says how many bytes are durable, and err is
	// then the reader's. Only an error that Is ErrDiscard takes them back.
	Append(ctx context.Context, upload string, offset int64, r io.Reader) (written int64, err error)
	// Staged gives the length of an upload, and 0 for one that has not begun.
	// After Finish it is still the whole length.
	Staged(ctx context.Context, upload string) (int64, error)
	// Finish files a staged upload under its digest and leaves a small record
	// of the answer, so that it may be run again, after a crash at any moment
	// too, and says the same. The record goes with Discard or Sweep: note the
	// answer first, then Discard.
	Finish(ctx context.Context, upload string) (Stored, error)
	// Discard forgets an upload; that there is none is no error. Content that
	// Finish filed stays.
	Discard(ctx context.Context, upload string) error
	// Sweep removes leftovers of crashed calls, and uploads for which keep
	// (nil keeps none) is false, if nothing was added to them since olderThan,
	// which must lie further back than the longest Put may last. It says how
	// many it removed.
	Sweep(ctx context.Context, olderThan time.Time, keep func(upload string) bool) (n int, err error)
}

// The names inside a storage, the same in a folder and under a bucket's
// prefix, so that content can be moved between the two by plain copying.
const (
	tmpFolder     = "tmp"
	stagingFolder = "staging"
)

// contentName gives the place of a digest, "ab/abcd…", with a slash on every
// platform; ok is false for anything but a digest.
func contentName(digest string) (name string, ok bool) {
	if len(digest) != hex.EncodedLen(sha256.Size) {
		return "", false
	}
	for i := range len(digest) {
		if c := digest[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return "", false
		}
	}
	return digest[:2] + "/" + digest, true
}

// uploadName gives the place of a staged upload, "staging/name". Capitals are
// refused since some file systems fold them, dots since they have a meaning.
func uploadName(upload string) (name string, ok bool) {
	if upload == "" || len(upload) > 128 {
		return "", false
	}
	for i := range len(upload) {
		if c := upload[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return "", false
		}
	}
	return stagingFolder + "/" + upload, true
}

// holds are the uploads that calls of this process are changing.
type holds struct {
	mu   sync.Mutex
	busy map[string]bool
}

// take reserves an upload until release is called, or answers ErrLocked.
func (h *holds) take(upload string) (release func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.busy[upload] {
		return nil, ErrLocked
	}
	if h.busy == nil {
		h.busy = map[string]bool{}
	}
	h.busy[upload] = true
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.busy, upload)
	}, nil
}

// ctxReader ends with the error of its context.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// pour copies with a buffer that suits disks.
func pour(ctx context.Context, w io.Writer, r io.Reader) (int64, error) {
	return io.CopyBuffer(struct{ io.Writer }{w}, ctxReader{ctx, r}, make([]byte, 128<<10))
}

// digestOf reads r to its end.
func digestOf(ctx context.Context, r io.Reader) (Stored, error) {
	h := sha256.New()
	n, err := pour(ctx, h, r)
	return Stored{Digest: hex.EncodeToString(h.Sum(nil)), Size: n}, err
}

// verify is Verify for every Bucket.
func verify(ctx context.Context, b Bucket, digest string) error {
	r, err := b.Open(ctx, digest)
	if err != nil {
		return err
	}
	defer r.Close()
	got, err := digestOf(ctx, r)
	var known *purvey.Error
	switch {
	case err == nil:
	case errors.As(err, &known), ctx.Err() != nil:
		return err
	default:
		return unavailable("verify", err)
	}
	if got.Digest != digest {
		return ErrCorrupt
	}
	return nil
}

// unavailable is the error of a storage that does not do what it should.
func unavailable(op string, err error) error {
	return &purvey.Error{Kind: purvey.Unavailable, Detail: "the file storage does not answer", Cause: fmt.Errorf("blob: %s: %w", op, err)}
}

// sourceFailed is the error of a caller's reader, still found by errors.Is.
func sourceFailed(err error) error { return fmt.Errorf("blob: read the content: %w", err) }

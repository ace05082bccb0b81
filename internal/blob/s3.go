package blob

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"purvey"
)

const (
	// partSize is the most of one content that is held in memory: the size of
	// the parts of a large Put and the limit of one staged piece.
	partSize = 16 << 20
	// maxParts is S3's; with partSize it limits a Put to 156 GiB.
	maxParts = 10_000
	// settleTime is how long a call may go on after its context has ended, to
	// keep what it received or to clear what it began.
	settleTime = time.Minute
)

// S3 keeps content in a bucket of an S3 service, under a prefix: ab/abcd… by
// digest, tmp/ for what is being written and staging/ for resumable uploads.
// Any number of nodes may share it.
type S3 struct {
	core       minio.Core
	bucket     string
	prefix     string // "" or ending in "/"
	contentMD5 bool
	maxCopy    int64       // bytes copied by one request
	blind      atomic.Bool // the service knows no conditional writes
	holds      holds
}

// openS3 asks for the bucket, so that a wrong name or key shows at once.
func openS3(ctx context.Context, c s3Config) (*S3, error) {
	transport, err := minio.DefaultTransport(c.secure)
	if err != nil {
		return nil, err
	}
	transport.MaxIdleConnsPerHost = 64
	transport.ResponseHeaderTimeout = 5 * time.Minute // a service may join large parts before it answers
	o := &minio.Options{
		Creds:      credentials.NewStaticV4(c.keyID, c.secret, c.session),
		Secure:     c.secure,
		Region:     c.region, // else the client asks for it first
		Transport:  transport,
		MaxRetries: 5,
	}
	if c.pathOnly {
		o.BucketLookup = minio.BucketLookupPath
	}
	core, err := minio.NewCore(c.host, o)
	if err != nil {
		return nil, err
	}
	s := &S3{core: *core, bucket: c.bucket, prefix: c.prefix, contentMD5: c.contentMD5, maxCopy: 1 << 30}
	switch ok, err := s.core.BucketExists(ctx, c.bucket); {
	case err != nil:
		return nil, s3Failed("ask for the bucket", err)
	case !ok:
		return nil, unavailable("ask for the bucket", errors.New("there is no such bucket"))
	}
	return s, nil
}

// content gives the key of a digest.
func (s *S3) content(digest string) (string, error) {
	name, ok := contentName(digest)
	if !ok {
		return "", ErrNotFound
	}
	return s.prefix + name, nil
}

func (s *S3) tmpKey(kind string) string {
	return s.prefix + tmpFolder + "/" + kind + "-" + strings.ToLower(rand.Text())
}

// Put implements Bucket. What fits into one part is written under its digest at
// once; more goes to a temporary key first, since the digest is known only at
// the end, and is then copied inside the service.
func (s *S3) Put(ctx context.Context, r io.Reader, max int64) (Stored, error) {
	if max > 0 && max < math.MaxInt64 {
		r = io.LimitReader(r, max+1)
	} else {
		max = math.MaxInt64
	}
	r = ctxReader{ctx, r}
	buf, err := readPart(r, nil)
	switch {
	case err == nil:
		return s.putLarge(ctx, buf, r, max)
	case err != io.EOF:
		return Stored{}, sourceFailed(err)
	case int64(len(buf)) > max:
		return Stored{}, ErrTooLarge
	}
	st := Stored{Digest: sum(buf), Size: int64(len(buf))}
	key, _ := s.content(st.Digest)
	return st, s.put(ctx, key, buf, minio.PutObjectOptions{})
}

// putLarge puts a first full part and what r still gives.
func (s *S3) putLarge(ctx context.Context, buf []byte, r io.Reader, max int64) (st Stored, err error) {
	tmp := s.tmpKey("put")
	id, err := s.core.NewMultipartUpload(ctx, s.bucket, tmp, minio.PutObjectOptions{})
	if err != nil {
		return Stored{}, s3Failed("begin an object", err)
	}
	defer func() {
		ctx, cancel := settle(ctx)
		defer cancel()
		if err != nil {
			st = Stored{}
			_ = s.core.AbortMultipartUpload(ctx, s.bucket, tmp, id)
		}
		_ = s.remove(ctx, tmp) // what fails here is swept later
	}()
	h := sha256.New()
	var parts []minio.CompletePart
	for end := error(nil); len(buf) > 0; {
		h.Write(buf)
		st.Size += int64(len(buf))
		if st.Size > max || len(parts) == maxParts {
			return st, ErrTooLarge
		}
		part, err := s.core.PutObjectPart(ctx, s.bucket, tmp, id, len(parts)+1, bytes.NewReader(buf), int64(len(buf)),
			minio.PutObjectPartOptions{Md5Base64: s.md5(buf), Sha256Hex: sum(buf), DisableContentSha256: true})
		if err != nil {
			return st, s3Failed("write a part", err)
		}
		parts = append(parts, minio.CompletePart{PartNumber: part.PartNumber, ETag: part.ETag})
		if end == io.EOF {
			break
		}
		if buf, end = readPart(r, buf); end != nil && end != io.EOF {
			return st, sourceFailed(end)
		}
	}
	if _, err := s.core.CompleteMultipartUpload(ctx, s.bucket, tmp, id, parts, minio.PutObjectOptions{}); err != nil {
		return st, s3Failed("complete an object", err)
	}
	st.Digest = hex.EncodeToString(h.Sum(nil))
	key, _ := s.content(st.Digest)
	return st, s.copy(ctx, tmp, key, st.Size)
}

// copy copies inside the service.
func (s *S3) copy(ctx context.Context, from, to string, size int64) error {
	src := minio.CopySrcOptions{Bucket: s.bucket, Object: from}
	dst := minio.CopyDestOptions{Bucket: s.bucket, Object: to, PartSize: uint64(s.maxCopy), NumThreads: 4}
	var err error
	if size <= s.maxCopy {
		_, err = s.core.Client.CopyObject(ctx, dst, src)
	} else {
		_, err = s.core.ComposeObject(ctx, dst, src)
	}
	return s3Failed("file", err)
}

// put writes a small object. The digest of the body is signed, so the service
// refuses a body that changed on its way, without newer checksum headers.
func (s *S3) put(ctx context.Context, key string, body []byte, o minio.PutObjectOptions) error {
	o.DisableContentSha256 = true // of a stream; the sum is known here
	_, err := s.core.PutObject(ctx, s.bucket, key, bytes.NewReader(body), int64(len(body)), s.md5(body), sum(body), o)
	return s3Failed("write", err)
}

// Open implements Bucket.
func (s *S3) Open(ctx context.Context, digest string) (Reader, error) {
	size, err := s.Stat(ctx, digest)
	if err != nil {
		return nil, err
	}
	key, _ := s.content(digest)
	return &s3Reader{ctx: ctx, s: s, key: key, size: size, first: firstWindow}, nil
}

// Stat implements Bucket.
func (s *S3) Stat(ctx context.Context, digest string) (int64, error) {
	key, err := s.content(digest)
	if err != nil {
		return 0, err
	}
	info, err := s.core.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return 0, s3Failed("stat", err)
	}
	return info.Size, nil
}

// Delete implements Bucket.
func (s *S3) Delete(ctx context.Context, digest string) error {
	key, err := s.content(digest)
	if err != nil {
		return err
	}
	return s.remove(ctx, key)
}

// remove deletes an object that may be gone.
func (s *S3) remove(ctx context.Context, key string) error {
	err := s3Failed("delete", s.core.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{}))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// List implements Bucket.
func (s *S3) List(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for o, err := range s.list(ctx, "", "") {
			if err != nil {
				yield(Object{}, err)
				return
			}
			dir, digest, _ := strings.Cut(o.Key, "/")
			if dir > "ff" {
				return // keys come in order: only tmp/ and staging/ follow
			}
			if name, ok := contentName(digest); !ok || name != o.Key {
				continue
			}
			if !yield(Object{Digest: digest, Size: o.Size, ModTime: o.LastModified}, nil) {
				return
			}
		}
	}
}

// list yields the objects whose key, without the bucket's prefix, begins with
// under and comes after the key after, in the order of keys.
func (s *S3) list(ctx context.Context, under, after string) iter.Seq2[minio.ObjectInfo, error] {
	return func(yield func(minio.ObjectInfo, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		noOwner := false
		o := minio.ListObjectsOptions{Prefix: s.prefix + under, Recursive: true, FetchOwner: &noOwner}
		if after != "" {
			o.StartAfter = s.prefix + after
		}
		for info := range s.core.ListObjectsIter(ctx, s.bucket, o) {
			info.Key = strings.TrimPrefix(info.Key, s.prefix)
			err := s3Failed("list", info.Err)
			if !yield(info, err) || err != nil {
				return
			}
		}
		if err := ctx.Err(); err != nil { // the client ends its list without a word
			yield(minio.ObjectInfo{}, err)
		}
	}
}

// Verify implements Bucket.
func (s *S3) Verify(ctx context.Context, digest string) error { return verify(ctx, s, digest) }

// Presign implements Bucket.
func (s *S3) Presign(ctx context.Context, digest string, o PresignOptions) (string, bool, error) {
	key, err := s.content(digest)
	if err != nil {
		return "", false, err
	}
	if o.TTL < time.Second || o.TTL > 7*24*time.Hour {
		return "", false, purvey.Errorf(purvey.Invalid, "a storage URL lasts from one second to seven days")
	}
	q := url.Values{}
	if o.Name != "" {
		q.Set("response-content-disposition", o.Name)
	}
	if o.ContentType != "" {
		q.Set("response-content-type", o.ContentType)
	}
	u, err := s.core.PresignedGetObject(ctx, s.bucket, key, o.TTL, q)
	if err != nil {
		return "", false, s3Failed("presign", err)
	}
	return u.String(), true, nil
}

// Check implements Bucket.
func (s *S3) Check(ctx context.Context) error {
	key, wrote := s.tmpKey("check"), []byte(rand.Text())
	if err := s.put(ctx, key, wrote, minio.PutObjectOptions{}); err != nil {
		return err
	}
	r := &s3Reader{ctx: ctx, s: s, key: key, size: int64(len(wrote)), first: firstWindow}
	read, err := io.ReadAll(r)
	if err == nil && !bytes.Equal(read, wrote) {
		err = unavailable("check", ErrCorrupt)
	}
	return errors.Join(err, s.remove(ctx, key))
}

// md5 gives the header that some services want, or "".
func (s *S3) md5(body []byte) string {
	if !s.contentMD5 {
		return ""
	}
	h := md5.Sum(body)
	return base64.StdEncoding.EncodeToString(h[:])
}

func sum(body []byte) string {
	h := sha256.Sum256(body)
	return hex.EncodeToString(h[:])
}

// settle gives a context for what must still be done when ctx has ended.
func settle(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), settleTime)
}

// readPart reads up to partSize bytes into buf, which it empties first and
// grows with what arrives, so that many slow senders cost little. Its error is
// the reader's as it was: io.EOF at the end, with what came before.
func readPart(r io.Reader, buf []byte) ([]byte, error) {
	buf = buf[:0]
	for len(buf) < partSize {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), min(max(2*cap(buf), 64<<10), partSize))
			copy(grown, buf)
			buf = grown
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err != nil {
			return buf, err
		}
	}
	return buf, nil
}

// s3Code gives the code of a service's refusal, or "".
func s3Code(err error) string {
	var r minio.ErrorResponse
	errors.As(err, &r)
	return r.Code
}

// s3Failed gives an error of the service the meaning that callers know. The
// messages of S3 name keys and conditions, never a secret.
func s3Failed(op string, err error) error {
	var known *purvey.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var r minio.ErrorResponse
	errors.As(err, &r)
	switch r.Code {
	case minio.NoSuchKey, "NotFound":
		return ErrNotFound
	case minio.EntityTooLarge:
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	case "QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded":
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	}
	if r.StatusCode == http.StatusInsufficientStorage {
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	}
	return unavailable(op, err)
}

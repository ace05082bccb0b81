package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/minio/minio-go/v7"
)

const (
	// firstWindow is what the first request of a reader asks for. Each next one
	// asks for four times as much while the reading goes straight on, so a small
	// range wastes little and a large content takes few requests.
	firstWindow = 256 << 10
	// nearby is how far reading on is cheaper than a new request.
	nearby = 256 << 10
	// readTries is how often a Read that makes no progress is tried.
	readTries = 3
)

// s3Reader reads an object by range requests, made when bytes are wanted.
type s3Reader struct {
	ctx   context.Context
	s     *S3
	key   string
	size  int64
	first int64 // length of the first request

	pos     int64         // where the next Read reads
	body    io.ReadCloser // the answer being read, or nil
	at, end int64         // its next byte and the one past its last
	window  int64         // length of that request
}

func (r *s3Reader) Size() int64    { return r.size }
func (r *s3Reader) File() *os.File { return nil }

func (r *s3Reader) Read(p []byte) (int, error) {
	if r.pos >= r.size {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	for try := 1; ; try++ {
		n, err := r.read(p)
		if n > 0 {
			return n, nil
		}
		r.drop(false)
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if try == readTries || errors.Is(err, ErrNotFound) || r.ctx.Err() != nil {
			return 0, s3Failed("read", err)
		}
	}
}

// read reads once at pos. An error is told only when nothing was read.
func (r *s3Reader) read(p []byte) (int, error) {
	if err := r.reach(); err != nil {
		return 0, err
	}
	n, err := r.body.Read(p[:min(int64(len(p)), r.end-r.at)])
	r.at += int64(n)
	r.pos = r.at
	if r.at == r.end {
		r.drop(false)
	}
	return n, err
}

// reach makes the body stand at pos.
func (r *s3Reader) reach() error {
	if skip := r.pos - r.at; r.body != nil && skip >= 0 && skip <= nearby && r.pos < r.end {
		n, err := io.CopyN(io.Discard, r.body, skip)
		r.at += n
		return err
	}
	r.drop(true)
	if r.window > 0 && r.pos == r.end {
		r.window = min(4*r.window, r.size)
	} else {
		r.window = r.first
	}
	end := min(r.pos+r.window, r.size)
	var o minio.GetObjectOptions
	if err := o.SetRange(r.pos, end-1); err != nil {
		return err
	}
	body, info, _, err := r.s.core.GetObject(r.ctx, r.s.bucket, r.key, o)
	if err != nil {
		return s3Failed("read", err)
	}
	if info.Size != end-r.pos {
		body.Close()
		return fmt.Errorf("asked for %d bytes, offered %d", end-r.pos, info.Size)
	}
	r.body, r.at, r.end = body, r.pos, end
	return nil
}

// drop ends the request under way. A short rest is read when drain is set, so
// that the connection can be used again.
func (r *s3Reader) drop(drain bool) {
	if r.body == nil {
		return
	}
	if drain && r.end-r.at <= nearby {
		_, _ = io.CopyN(io.Discard, r.body, r.end-r.at)
	}
	r.body.Close()
	r.body = nil
}

func (r *s3Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 || whence < io.SeekStart || whence > io.SeekEnd {
		return 0, fmt.Errorf("blob: seek to %d: %w", offset, os.ErrInvalid)
	}
	r.pos = offset
	return offset, nil
}

func (r *s3Reader) Close() error {
	r.drop(true)
	r.pos = r.size
	return nil
}

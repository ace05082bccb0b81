package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// Dir keeps content in a folder of one machine: ab/abcd… by digest, tmp/ for
// what is being written and staging/ for resumable uploads. Folders have mode
// 0700 and files 0600. One process at a time may write to it.
type Dir struct {
	root       string
	holds      holds
	shards     sync.Mutex // making a folder of digests
	createTemp func(dir, pattern string) (*os.File, error)
}

// OpenDir makes the folder root where it is missing and proves that it can be
// written; its error names the folder and what is wrong with it.
func OpenDir(root string) (*Dir, error) {
	root, err := filepath.Abs(root)
	_, missing := os.Stat(root)
	d := &Dir{root: root, createTemp: os.CreateTemp}
	for _, sub := range []string{tmpFolder, stagingFolder} {
		if err == nil {
			err = os.MkdirAll(filepath.Join(root, sub), 0o700)
		}
	}
	if err == nil {
		err = d.Check(context.Background())
	}
	if err == nil {
		err = syncDir(root)
	}
	if err == nil && missing != nil {
		err = syncDir(filepath.Dir(root))
	}
	if err != nil {
		return nil, fmt.Errorf("blob: the folder %s cannot keep files: %w", root, err)
	}
	return d, nil
}

func (d *Dir) path(name string) string { return filepath.Join(d.root, filepath.FromSlash(name)) }

// content gives the path of a digest.
func (d *Dir) content(digest string) (string, error) {
	name, ok := contentName(digest)
	if !ok {
		return "", ErrNotFound
	}
	return d.path(name), nil
}

// Put implements Bucket.
func (d *Dir) Put(ctx context.Context, r io.Reader, max int64) (Stored, error) {
	if max > 0 && max < math.MaxInt64 {
		r = io.LimitReader(r, max+1)
	}
	var st Stored
	err := d.writeTemp(func(f *os.File) (string, error) {
		h, s := sha256.New(), &sink{f: f}
		n, err := pour(ctx, io.MultiWriter(s, h), r)
		switch {
		case s.err != nil:
			return "", s.err
		case err != nil:
			return "", sourceFailed(err)
		case max > 0 && n > max:
			return "", ErrTooLarge
		}
		st = Stored{Digest: hex.EncodeToString(h.Sum(nil)), Size: n}
		return d.shard(st.Digest)
	})
	if err != nil {
		return Stored{}, err
	}
	return st, nil
}

// writeTemp has fill write a temporary file and name the path to move it to.
// The file is durable under that path when writeTemp returns, or gone.
func (d *Dir) writeTemp(fill func(*os.File) (string, error)) error {
	f, err := d.createTemp(d.path(tmpFolder), "put-*")
	if err != nil {
		return dirFailed("make a temporary file", err)
	}
	defer os.Remove(f.Name()) // nothing is there any more once it is moved
	path, err := fill(f)
	if err == nil {
		err = dirFailed("flush", f.Sync())
	}
	if cerr := f.Close(); err == nil {
		err = dirFailed("close", cerr)
	}
	if err != nil {
		return err
	}
	return d.move(f.Name(), path)
}

// move renames durably.
func (d *Dir) move(from, to string) error {
	err := os.Rename(from, to)
	if err == nil {
		err = syncDir(filepath.Dir(to))
	}
	return dirFailed("file", err)
}

// shard gives the path of a digest, whose folder is made where it is missing
// and then made durable before anybody files into it.
func (d *Dir) shard(digest string) (string, error) {
	path, err := d.content(digest)
	if err != nil {
		return "", err
	}
	d.shards.Lock()
	defer d.shards.Unlock()
	switch err := os.Mkdir(filepath.Dir(path), 0o700); {
	case errors.Is(err, fs.ErrExist):
		return path, nil
	case err != nil:
		return "", dirFailed("make a folder", err)
	}
	return path, dirFailed("flush", syncDir(d.root))
}

// Open implements Bucket.
func (d *Dir) Open(_ context.Context, digest string) (Reader, error) {
	path, err := d.content(digest)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, lookupFailed("open", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, dirFailed("open", err)
	}
	return &dirReader{f, info.Size()}, nil
}

// Stat implements Bucket.
func (d *Dir) Stat(_ context.Context, digest string) (int64, error) {
	path, err := d.content(digest)
	if err != nil {
		return 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, lookupFailed("stat", err)
	}
	return info.Size(), nil
}

// Delete implements Bucket.
func (d *Dir) Delete(_ context.Context, digest string) error {
	path, err := d.content(digest)
	if err != nil {
		return err
	}
	return remove(path)
}

// List implements Bucket.
func (d *Dir) List(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for i := range 256 {
			shard := fmt.Sprintf("%02x", i)
			entries, err := os.ReadDir(d.path(shard))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(Object{}, dirFailed("list", err))
				return
			}
			for _, e := range entries {
				if name, ok := contentName(e.Name()); !ok || name != shard+"/"+e.Name() || !e.Type().IsRegular() {
					continue
				}
				info, err := e.Info()
				if errors.Is(err, fs.ErrNotExist) {
					continue // deleted meanwhile
				}
				if err != nil {
					yield(Object{}, dirFailed("list", err))
					return
				}
				if !yield(Object{Digest: e.Name(), Size: info.Size(), ModTime: info.ModTime()}, nil) {
					return
				}
			}
		}
	}
}

// Verify implements Bucket.
func (d *Dir) Verify(ctx context.Context, digest string) error { return verify(ctx, d, digest) }

// Presign implements Bucket: a folder has no URLs.
func (d *Dir) Presign(context.Context, string, PresignOptions) (string, bool, error) {
	return "", false, nil
}

// Check implements Bucket.
func (d *Dir) Check(context.Context) error {
	f, err := d.createTemp(d.path(tmpFolder), "check-*")
	if err != nil {
		return dirFailed("check", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	wrote := []byte(rand.Text())
	read := make([]byte, len(wrote))
	if _, err = f.Write(wrote); err == nil {
		err = f.Sync()
	}
	if err == nil {
		_, err = f.ReadAt(read, 0)
	}
	if err == nil && !bytes.Equal(read, wrote) {
		err = ErrCorrupt
	}
	return dirFailed("check", err)
}

// dirReader is an open file; being one, it lets the kernel copy it.
type dirReader struct {
	*osFile
	size int64
}

type osFile = os.File // leaves the name File to the method

func (r *dirReader) Size() int64    { return r.size }
func (r *dirReader) File() *os.File { return r.osFile }

// sink notes whether writing, not reading, ended a copy.
type sink struct {
	f   *os.File
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.f.Write(p)
	s.err = dirFailed("write", err)
	return n, s.err
}

// dirFailed gives an error of the file system the meaning that callers know.
func dirFailed(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return unavailable(op, err)
}

// lookupFailed is dirFailed where a missing file is an answer.
func lookupFailed(op string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	return dirFailed(op, err)
}

// remove deletes a file that may be gone.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return dirFailed("delete", err)
	}
	return nil
}

// syncDir makes the names in a folder durable. Some network file systems
// cannot; they keep names by themselves.
func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Dir stages an upload as one file, staging/NAME. Finish writes its answer
// to staging/NAME.done before it moves the file to its digest, so a Finish that
// was cut off between the two is completed by the next one.
const doneSuffix = ".done"

// staged gives the path of an upload and reserves it for the caller.
func (d *Dir) staged(upload string) (path string, release func(), err error) {
	name, ok := uploadName(upload)
	if !ok {
		return "", nil, ErrUpload
	}
	release, err = d.holds.take(upload)
	return d.path(name), release, err
}

// Append implements Bucket.
func (d *Dir) Append(ctx context.Context, upload string, offset int64, r io.Reader) (written int64, err error) {
	path, release, err := d.staged(upload)
	if err != nil {
		return 0, err
	}
	defer release()
	if _, err := os.Stat(path + doneSuffix); err == nil {
		return 0, ErrOffset
	}
	f, began, err := openStaged(path, offset)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	s := &sink{f: f}
	n, failed := pour(ctx, s, r)
	if failed != nil && s.err == nil {
		failed = sourceFailed(failed)
	}
	if errors.Is(failed, ErrDiscard) {
		n = 0
	}
	switch {
	case failed != nil && n == 0 && began:
		return 0, errors.Join(failed, remove(path))
	case failed != nil: // a write that failed may have left more than it said
		err = cut(f, offset+n)
	default:
		err = dirFailed("flush", f.Sync())
	}
	if err == nil && began {
		err = dirFailed("flush", syncDir(filepath.Dir(path)))
	}
	if err != nil { // nobody knows what is on the disk
		return 0, errors.Join(failed, err, cut(f, offset))
	}
	return n, failed
}

// openStaged opens an upload for writing at its end, which must be offset.
func openStaged(path string, offset int64) (f *os.File, began bool, err error) {
	f, err = os.OpenFile(path, os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		if offset != 0 {
			return nil, false, ErrOffset
		}
		began = true
		f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	}
	if err != nil {
		return nil, false, dirFailed("open an upload", err)
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err == nil && end == offset {
		return f, began, nil
	}
	f.Close()
	if err != nil {
		return nil, false, dirFailed("open an upload", err)
	}
	return nil, false, ErrOffset
}

// cut shortens a staged file.
func cut(f *os.File, size int64) error {
	err := f.Truncate(size)
	if err == nil {
		err = f.Sync()
	}
	return dirFailed("take back bytes", err)
}

// Staged implements Bucket.
func (d *Dir) Staged(_ context.Context, upload string) (int64, error) {
	name, ok := uploadName(upload)
	if !ok {
		return 0, ErrUpload
	}
	// In this order: Finish writes the record before it moves the file.
	if info, err := os.Stat(d.path(name)); err == nil {
		return info.Size(), nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return 0, dirFailed("stat an upload", err)
	}
	st, err := readDone(d.path(name))
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return st.Size, err
}

// Finish implements Bucket.
func (d *Dir) Finish(ctx context.Context, upload string) (Stored, error) {
	path, release, err := d.staged(upload)
	if err != nil {
		return Stored{}, err
	}
	defer release()
	st, err := readDone(path)
	if errors.Is(err, ErrNotFound) {
		st, err = d.hashStaged(ctx, path)
	}
	if err != nil {
		return Stored{}, err
	}
	to, err := d.shard(st.Digest)
	if err != nil {
		return Stored{}, err
	}
	if _, err := os.Stat(path); err == nil {
		now := time.Now() // the ModTime of the content is when it is filed
		if err := os.Chtimes(path, now, now); err != nil {
			return Stored{}, dirFailed("file", err)
		}
		if err := d.move(path, to); err != nil {
			return Stored{}, err
		}
		return st, nil
	}
	if _, err := d.Stat(ctx, st.Digest); err != nil {
		return Stored{}, err // deleted since it was filed
	}
	return st, nil
}

// hashStaged reads an upload once and writes the record of what it is.
func (d *Dir) hashStaged(ctx context.Context, path string) (Stored, error) {
	f, err := os.Open(path)
	if err != nil {
		return Stored{}, lookupFailed("open an upload", err)
	}
	defer f.Close()
	st, err := digestOf(ctx, f)
	if err != nil {
		return Stored{}, dirFailed("read an upload", err)
	}
	err = d.writeTemp(func(f *os.File) (string, error) {
		_, err := fmt.Fprintf(f, "%s %d\n", st.Digest, st.Size)
		return path + doneSuffix, dirFailed("write", err)
	})
	return st, err
}

// readDone reads the record of a Finish.
func readDone(path string) (Stored, error) {
	b, err := os.ReadFile(path + doneSuffix)
	if err != nil {
		return Stored{}, lookupFailed("read an upload's record", err)
	}
	var st Stored
	if _, err := fmt.Sscanf(string(b), "%64s %d\n", &st.Digest, &st.Size); err != nil {
		return Stored{}, ErrCorrupt
	}
	return st, nil
}

// Discard implements Bucket.
func (d *Dir) Discard(_ context.Context, upload string) error {
	path, release, err := d.staged(upload)
	if err != nil {
		return err
	}
	defer release()
	return errors.Join(remove(path), remove(path+doneSuffix))
}

// Sweep implements Bucket.
func (d *Dir) Sweep(ctx context.Context, olderThan time.Time, keep func(string) bool) (n int, err error) {
	temps, err := filesIn(ctx, d.path(tmpFolder))
	if err != nil {
		return 0, err
	}
	for name, changed := range temps {
		if changed.Before(olderThan) {
			if err := remove(filepath.Join(d.path(tmpFolder), name)); err != nil {
				return n, err
			}
			n++
		}
	}
	files, err := filesIn(ctx, d.path(stagingFolder))
	if err != nil {
		return n, err
	}
	uploads := map[string]time.Time{}
	for name, changed := range files {
		upload := strings.TrimSuffix(name, doneSuffix)
		if changed.After(uploads[upload]) {
			uploads[upload] = changed
		}
	}
	for upload, changed := range uploads {
		if !changed.Before(olderThan) || keep != nil && keep(upload) {
			continue
		}
		switch err := d.Discard(ctx, upload); {
		case errors.Is(err, ErrLocked), errors.Is(err, ErrUpload):
			continue // in use, or not ours
		case err != nil:
			return n, err
		}
		n++
	}
	return n, nil
}

// filesIn gives the names in a folder and when each was last changed.
func filesIn(ctx context.Context, folder string) (map[string]time.Time, error) {
	entries, err := os.ReadDir(folder)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, dirFailed("sweep", err)
	}
	files := map[string]time.Time{}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files[e.Name()] = info.ModTime()
		}
	}
	return files, nil
}

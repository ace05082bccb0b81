package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/blob/blobtest"
)

func openDir(t *testing.T) (*blob.Dir, string) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "a", "files")
	d, err := blob.OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	return d, root
}

func mustPut(t *testing.T, b blob.Bucket, content []byte) string {
	t.Helper()
	st, err := b.Put(t.Context(), bytes.NewReader(content), 0)
	if err != nil {
		t.Fatal(err)
	}
	return st.Digest
}

func mustAppend(t *testing.T, b blob.Bucket, upload string, at int64, content []byte) {
	t.Helper()
	if n, err := b.Append(t.Context(), upload, at, bytes.NewReader(content)); err != nil || n != int64(len(content)) {
		t.Fatalf("Append: %d, %v", n, err)
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDirLayout(t *testing.T) {
	t.Parallel()
	d, root := openDir(t)
	content := []byte("layout")
	digest := mustPut(t, d, content)
	mustAppend(t, d, "up", 0, content)
	mustAppend(t, d, "done", 0, content)
	if _, err := d.Finish(t.Context(), "done"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(root, digest[:2], digest)); err != nil || !bytes.Equal(got, content) {
		t.Errorf("content at its place: %q, %v", got, err)
	}
	if got, err := os.ReadFile(filepath.Join(root, "staging", "up")); err != nil || !bytes.Equal(got, content) {
		t.Errorf("upload at its place: %q, %v", got, err)
	}
	files := 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if e.IsDir() {
			want = 0o700
		} else {
			files++
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil || files != 3 {
		t.Errorf("%d files, %v", files, err)
	}
	if _, err := blob.OpenDir(root); err != nil { // again
		t.Error(err)
	}
}

// TestDirUnusable uses files where folders should be: no mode stops a root user.
func TestDirUnusable(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, nil)
	half := t.TempDir()
	write(t, filepath.Join(half, "tmp"), nil)
	for _, root := range []string{file, filepath.Join(file, "files"), half} {
		_, err := blob.OpenDir(root)
		if err == nil || !strings.Contains(err.Error(), root) || !strings.Contains(err.Error(), "cannot keep files") {
			t.Errorf("OpenDir(%s): %v", root, err)
		}
	}
	d, root := openDir(t)
	if err := os.RemoveAll(filepath.Join(root, "tmp")); err != nil {
		t.Fatal(err)
	}
	if err := d.Check(t.Context()); !errors.Is(err, purvey.Unavailable) {
		t.Errorf("Check without its folder: %v", err)
	}
	if _, err := d.Put(t.Context(), strings.NewReader("x"), 0); !errors.Is(err, purvey.Unavailable) {
		t.Errorf("Put without its folder: %v", err)
	}
}

// TestDirFile: the reader of a folder is a file that the kernel can send.
func TestDirFile(t *testing.T) {
	t.Parallel()
	d, _ := openDir(t)
	r, err := d.Open(t.Context(), mustPut(t, d, []byte("file")))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := r.(syscall.Conn); !ok {
		t.Error("the reader hides its descriptor")
	}
	f := r.File()
	if f == nil {
		t.Fatal("no file")
	}
	if _, err := f.Seek(2, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(r); err != nil || string(rest) != "le" {
		t.Errorf("reader and file do not share the position: %q, %v", rest, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := f.Stat(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the file is open after Close: %v", err)
	}
}

func TestDirDamage(t *testing.T) {
	t.Parallel()
	d, root := openDir(t)
	content := blobtest.Random(1, 100_000)
	digest := mustPut(t, d, content)
	path := filepath.Join(root, digest[:2], digest)
	for _, damaged := range [][]byte{content[:99_999], append([]byte{content[0] ^ 1}, content[1:]...), nil} {
		write(t, path, damaged)
		if err := d.Verify(t.Context(), digest); !errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("Verify of damaged content: %v", err)
		}
	}
	mustPut(t, d, content) // mends it
	if err := d.Verify(t.Context(), digest); err != nil {
		t.Errorf("Verify after a new Put: %v", err)
	}
}

// TestDirForeignFiles: what others leave in the folder is neither content nor ours to remove.
func TestDirForeignFiles(t *testing.T) {
	t.Parallel()
	d, root := openDir(t)
	digest := mustPut(t, d, []byte("ours"))
	foreign := []string{filepath.Join(root, digest[:2], ".DS_Store"), filepath.Join(root, "README"), filepath.Join(root, "staging", "Notes.txt")}
	for _, path := range foreign {
		write(t, path, []byte("foreign"))
	}
	write(t, filepath.Join(root, "tmp", "put-left"), []byte("by a crash"))
	n, err := d.Sweep(t.Context(), time.Now().Add(time.Hour), nil)
	if n != 1 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	for _, path := range foreign {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	for o, err := range d.List(t.Context()) {
		if err != nil || o.Digest != digest {
			t.Errorf("listed %+v, %v", o, err)
		}
	}
}

// TestDirFinishCutOff stops Finish at each place where a crash can: the record
// is written and the file still staged, or the file is moved and nobody was told.
func TestDirFinishCutOff(t *testing.T) {
	t.Parallel()
	content := blobtest.Random(2, 50_000)
	want := blob.Stored{Digest: blobtest.Digest(content), Size: 50_000}
	record := []byte(want.Digest + " " + strconv.Itoa(len(content)) + "\n")
	for name, crash := range map[string]func(d *blob.Dir, root string){
		"before the move": func(d *blob.Dir, root string) {
			mustAppend(t, d, "u", 0, content)
			write(t, filepath.Join(root, "staging", "u.done"), record)
		},
		"after the move": func(d *blob.Dir, root string) {
			mustPut(t, d, content)
			write(t, filepath.Join(root, "staging", "u.done"), record)
		},
	} {
		d, root := openDir(t)
		crash(d, root)
		if n, err := d.Staged(t.Context(), "u"); err != nil || n != want.Size {
			t.Errorf("%s: Staged %d, %v", name, n, err)
		}
		if _, err := d.Append(t.Context(), "u", want.Size, strings.NewReader("x")); !errors.Is(err, blob.ErrOffset) {
			t.Errorf("%s: Append: %v", name, err)
		}
		for range 2 {
			if st, err := d.Finish(t.Context(), "u"); err != nil || st != want {
				t.Errorf("%s: Finish %+v, %v", name, st, err)
			}
		}
		if err := d.Verify(t.Context(), want.Digest); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDirFull has the kernel refuse the bytes of a temporary file and of an
// upload, as a full disk does.
func TestDirFull(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Fatal("this test needs /dev/full; run the tests on Linux")
	}
	d, root := openDir(t)
	before := mustPut(t, d, []byte("before"))
	full := true
	blob.CreateTempWith(d, func(dir, pattern string) (*os.File, error) {
		f, err := os.CreateTemp(dir, pattern)
		if err != nil || !full {
			return f, err
		}
		f.Close()
		return onFullDisk(f.Name())
	})
	_, err := d.Put(t.Context(), bytes.NewReader(blobtest.Random(3, 1<<20)), 0)
	if !errors.Is(err, blob.ErrNoSpace) || !errors.Is(err, purvey.NoSpace) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Put: %v", err)
	}
	if err := d.Check(t.Context()); !errors.Is(err, blob.ErrNoSpace) {
		t.Errorf("Check: %v", err)
	}
	mustAppend(t, d, "small", 0, []byte("small"))
	if _, err := d.Finish(t.Context(), "small"); !errors.Is(err, blob.ErrNoSpace) {
		t.Errorf("Finish: %v", err)
	}
	f, err := onFullDisk(filepath.Join(root, "staging", "u"))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if n, err := d.Append(t.Context(), "u", 0, bytes.NewReader(blobtest.Random(3, 1<<20))); n != 0 || !errors.Is(err, blob.ErrNoSpace) {
		t.Errorf("Append: %d, %v", n, err)
	}
	left, err := os.ReadDir(filepath.Join(root, "tmp"))
	if err != nil || len(left) != 0 {
		t.Errorf("left in tmp: %v, %v", left, err)
	}
	full = false // the operator made room
	if err := d.Verify(t.Context(), before); err != nil {
		t.Error(err)
	}
	if st, err := d.Finish(t.Context(), "small"); err != nil || st.Digest != blobtest.Digest([]byte("small")) {
		t.Errorf("Finish: %+v, %v", st, err)
	}
}

// onFullDisk makes path a file that has no room.
func onFullDisk(path string) (*os.File, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := os.Symlink("/dev/full", path); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDWR, 0)
}

func TestOpenFolder(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	b, err := blob.Open(context.Background(), "", data, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	digest := mustPut(t, b, []byte("x"))
	if _, err := os.Stat(filepath.Join(data, "files", digest[:2], digest)); err != nil {
		t.Error(err)
	}
}

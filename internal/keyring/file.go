package keyring

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// FileName is the root's file in the data folder: its base64 and a line end.
const FileName = "secret.key"

// Load opens the keyring of a data folder. On the first start it makes a root
// and has it on disk, readable by its owner alone, before it answers; of
// several processes that start at once, all get the same.
func Load(folder string) (*Keyring, error) {
	path := filepath.Join(folder, FileName)
	root, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(folder, path); err != nil {
			return nil, fmt.Errorf("the secret key cannot be written: %w", err)
		}
		root, err = read(path)
	}
	if err != nil {
		return nil, err
	}
	return Open(root), nil
}

func read(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the secret key cannot be read: %w", err)
	}
	root, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(root) != RootSize {
		return nil, fmt.Errorf("%s does not hold %d bytes in base64: put the right file back; a new key would lose every sealed secret", path, RootSize)
	}
	return root, nil
}

// create writes a new root under a name of its own and links it to its place,
// which fails when another process was first: that one's root stands.
func create(folder, path string) error {
	var root [RootSize]byte
	rand.Read(root[:])
	f, err := os.CreateTemp(folder, FileName+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(root[:]) + "\n")
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	dir, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

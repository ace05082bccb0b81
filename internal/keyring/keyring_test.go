package keyring_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"purvey/internal/keyring"
)

func ring(fill byte) *keyring.Keyring {
	return keyring.Open(bytes.Repeat([]byte{fill}, keyring.RootSize))
}

func TestMACBindsPurposePartsAndRoot(t *testing.T) {
	t.Parallel()
	k := ring(1)
	base := k.MAC("grant", []byte("ab"), []byte("c"))
	others := [][]byte{
		k.MAC("grant", []byte("a"), []byte("bc")), k.MAC("grant", []byte("abc")), k.MAC("grant", []byte("ab"), []byte("c"), nil),
		k.MAC("link", []byte("ab"), []byte("c")), ring(2).MAC("grant", []byte("ab"), []byte("c")),
	}
	for i, o := range others {
		if bytes.Equal(base, o) {
			t.Errorf("case %d has the same MAC", i)
		}
	}
	if len(base) != 32 || !bytes.Equal(base, ring(1).MAC("grant", []byte("ab"), []byte("c"))) {
		t.Error("the MAC is not steady")
	}
	if !k.Verify("grant", base, []byte("ab"), []byte("c")) || !k.Verify("grant", base[:16], []byte("ab"), []byte("c")) {
		t.Error("a right MAC is refused")
	}
	for _, bad := range [][]byte{nil, base[:15], append(base[:31:31], base[31]^1), append(base[:32:32], 0)} {
		if k.Verify("grant", bad, []byte("ab"), []byte("c")) {
			t.Errorf("took %d bytes", len(bad))
		}
	}
}

// Any changed bit of a token makes it worthless.
func TestTokenTamper(t *testing.T) {
	t.Parallel()
	k := ring(1)
	for _, payload := range [][]byte{nil, []byte("x"), []byte("order 66a1f0c2b7d94e3f8a105d11")} {
		text := k.Token("page", payload)
		if got, ok := k.OpenToken("page", text); !ok || !bytes.Equal(got, payload) {
			t.Fatalf("token of %q: %q %v", payload, got, ok)
		}
		raw, _ := base64.RawURLEncoding.DecodeString(text)
		for bit := range len(raw) * 8 {
			b := bytes.Clone(raw)
			b[bit/8] ^= 1 << (bit % 8)
			if _, ok := k.OpenToken("page", base64.RawURLEncoding.EncodeToString(b)); ok {
				t.Fatalf("bit %d of %q flipped and taken", bit, payload)
			}
		}
		bad := []string{"", text[:len(text)-1], text + "A", text + "=", text + "\n", text[:4] + "\n" + text[4:], " " + text, text + text}
		for _, s := range bad {
			if _, ok := k.OpenToken("page", s); ok {
				t.Errorf("took %q", s)
			}
		}
		if _, ok := k.OpenToken("link", text); ok {
			t.Error("taken for another purpose")
		}
		if _, ok := ring(2).OpenToken("page", text); ok {
			t.Error("taken by another root")
		}
	}
}

func TestSealTamper(t *testing.T) {
	t.Parallel()
	k := ring(1)
	const secret = "whsec_plain"
	text := k.Seal("endpoint", secret)
	if got, err := k.Unseal("endpoint", text); err != nil || got != secret {
		t.Fatalf("%q %v", got, err)
	}
	if strings.Contains(text, secret) || text == k.Seal("endpoint", secret) {
		t.Error("sealing shows the secret or repeats itself")
	}
	if got, err := k.Unseal("endpoint", k.Seal("endpoint", "")); err != nil || got != "" {
		t.Errorf("empty: %q %v", got, err)
	}
	refused := func(k *keyring.Keyring, purpose, s string) {
		t.Helper()
		if _, err := k.Unseal(purpose, s); !errors.Is(err, keyring.ErrSealed) {
			t.Errorf("%s %q: %v", purpose, s, err)
		}
	}
	refused(k, "shop", text)
	refused(ring(2), "endpoint", text)
	refused(k, "endpoint", secret)
	refused(k, "endpoint", "")
	refused(k, "endpoint", "s1.")
	refused(k, "endpoint", "s1.!!")
	refused(k, "endpoint", text[:len(text)-4])
	raw, _ := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(text, "s1."))
	for i := range raw {
		b := bytes.Clone(raw)
		b[i] ^= 1
		refused(k, "endpoint", "s1."+base64.RawURLEncoding.EncodeToString(b))
	}
}

func TestKeysDifferByPurpose(t *testing.T) {
	t.Parallel()
	k := ring(1)
	if a, b := k.Key("a"), k.Key("b"); len(a) != 32 || bytes.Equal(a, b) || !bytes.Equal(a, ring(1).Key("a")) {
		t.Error("keys are equal, short or not steady")
	}
}

func TestLoadMakesTheRootOnceForAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wg sync.WaitGroup
	macs := make([]string, 16)
	for i := range macs {
		wg.Go(func() {
			k, err := keyring.Load(dir)
			if err != nil {
				t.Error(err)
				return
			}
			macs[i] = string(k.MAC("p"))
		})
	}
	wg.Wait()
	for _, m := range macs {
		if m != macs[0] {
			t.Fatal("processes that start at once got different roots")
		}
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("files %v %v", names, err)
	}
	info, err := os.Stat(names[0])
	if err != nil || info.Mode().Perm() != 0o600 || info.Name() != keyring.FileName {
		t.Errorf("%v %v", info, err)
	}
}

func TestLoadRefusesADamagedRoot(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "short", base64.StdEncoding.EncodeToString(make([]byte, 31))} {
		dir := t.TempDir()
		path := filepath.Join(dir, keyring.FileName)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.Load(dir); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v", text, err)
		}
		if after, _ := os.ReadFile(path); string(after) != text {
			t.Errorf("%q was replaced", text)
		}
	}
	if _, err := keyring.Load(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing folder was taken")
	}
}

package stamp

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rand"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// crypt is the standard security handler of a file that opens without a
// password, as files with only an owner password do: anybody may read them,
// and the permission bits ask viewers to forbid printing or copying. What the
// stamp appends is encrypted with the same key, so the bits stay as they were.
type crypt struct {
	key     []byte
	streams method
	strings method
}

type method uint8

const (
	plain  method = iota
	rc4md5        // RC4 with a key for each object
	aes128        // AES-CBC with a key for each object
	aes256        // AES-CBC with one key for the file
)

// padding stands in for the characters that a short password lacks.
const padding = "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"

// openCrypt derives the file's key from the empty password. A file that needs
// another one, or a security handler that is not the standard one, is
// ErrEncrypted.
func (d *document) openCrypt(encrypt []byte) (*crypt, error) {
	e, err := d.dict(encrypt)
	if err != nil {
		return nil, err
	}
	if isNull(e.get("Filter")) {
		return nil, errOdd
	}
	if !isName(e.get("Filter"), "Standard") {
		return nil, fmt.Errorf("%w: security handler %q", ErrEncrypted, e.get("Filter"))
	}
	integer := func(key string, otherwise int64) int64 {
		n, err := d.integer(e.get(key))
		if err != nil {
			return otherwise
		}
		return n
	}
	text := func(key string) []byte {
		o, err := d.resolve(e.get(key))
		if err != nil {
			return nil
		}
		s, _ := asString(o.value)
		return s
	}
	version, revision, length := integer("V", 0), integer("R", 0), integer("Length", 40)/8
	c := &crypt{}
	switch version {
	case 1:
		c.streams, c.strings, length = rc4md5, rc4md5, 5
	case 2:
		c.streams, c.strings = rc4md5, rc4md5
	case 4, 5:
		if c.streams, err = d.cryptFilter(e, "StmF"); err != nil {
			return nil, err
		}
		if c.strings, err = d.cryptFilter(e, "StrF"); err != nil {
			return nil, err
		}
		length = 16
	default:
		return nil, fmt.Errorf("%w: encryption version %d", ErrEncrypted, version)
	}
	owner, user := text("O"), text("U")
	switch {
	case revision >= 2 && revision <= 4 && version < 5:
		if length < 5 || length > 16 || len(owner) < 32 || len(user) < 16 {
			return nil, errOdd
		}
		var id []byte
		if list, err := d.resolve(d.trailer.get("ID")); err == nil && isArray(list.value) {
			if parts, err := elements(list.value); err == nil && len(parts) > 0 {
				first, err := d.resolve(parts[0])
				if err != nil {
					return nil, err
				}
				id, _ = asString(first.value)
			}
		}
		metadata := string(e.get("EncryptMetadata")) != "false"
		c.key = keyRC4(owner[:32], id, int32(integer("P", 0)), int(revision), int(length), metadata)
		if !checkRC4(c.key, user, id, int(revision)) {
			return nil, fmt.Errorf("%w: a user password is set", ErrEncrypted)
		}
	case (revision == 5 || revision == 6) && version == 5:
		wrapped := text("UE")
		if len(user) < 48 || len(wrapped) < 32 {
			return nil, errOdd
		}
		hash := hashR6
		if revision == 5 {
			hash = func(salt []byte) []byte { s := sha256.Sum256(salt); return s[:] }
		}
		if !bytes.Equal(hash(user[32:40]), user[:32]) {
			return nil, fmt.Errorf("%w: a user password is set", ErrEncrypted)
		}
		block, err := aes.NewCipher(hash(user[40:48]))
		if err != nil {
			return nil, err
		}
		c.key = make([]byte, 32)
		cipher.NewCBCDecrypter(block, make([]byte, 16)).CryptBlocks(c.key, wrapped[:32])
	default:
		return nil, fmt.Errorf("%w: encryption revision %d", ErrEncrypted, revision)
	}
	return c, nil
}

// cryptFilter reads how streams (StmF) or strings (StrF) are encrypted.
func (d *document) cryptFilter(e dict, key string) (method, error) {
	name, ok := asName(e.get(key))
	if !ok || name == "Identity" {
		return plain, nil
	}
	filters, err := d.dict(e.get("CF"))
	if err != nil {
		return plain, errOdd
	}
	filter, err := d.dict(filters.get(name))
	if err != nil {
		return plain, errOdd
	}
	switch cfm, _ := asName(filter.get("CFM")); cfm {
	case "None", "":
		return plain, nil
	case "V2":
		return rc4md5, nil
	case "AESV2":
		return aes128, nil
	case "AESV3":
		return aes256, nil
	default:
		return plain, fmt.Errorf("%w: crypt filter %q", ErrEncrypted, cfm)
	}
}

// keyRC4 is algorithm 2 of the standard for the empty password.
func keyRC4(owner, id []byte, permissions int32, revision, length int, metadata bool) []byte {
	h := md5.New()
	h.Write([]byte(padding))
	h.Write(owner)
	h.Write(binary.LittleEndian.AppendUint32(nil, uint32(permissions)))
	h.Write(id)
	if revision >= 4 && !metadata {
		h.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	key := h.Sum(nil)
	if revision < 3 {
		return key[:5]
	}
	for range 50 {
		sum := md5.Sum(key[:length])
		key = sum[:]
	}
	return key[:length]
}

// checkRC4 tells whether key opens the file: algorithms 4, 5 and 6.
func checkRC4(key, user, id []byte, revision int) bool {
	if revision == 2 {
		return len(user) >= 32 && bytes.Equal(rc4Once(key, []byte(padding)), user[:32])
	}
	sum := md5.Sum(append([]byte(padding), id...))
	b := sum[:]
	for i := range 20 {
		k := bytes.Clone(key)
		for j := range k {
			k[j] ^= byte(i)
		}
		b = rc4Once(k, b)
	}
	return bytes.Equal(b, user[:16])
}

// hashR6 is algorithm 2.B of PDF 2.0 for the empty password.
func hashR6(salt []byte) []byte {
	first := sha256.Sum256(salt)
	k := first[:]
	for i := 0; ; i++ {
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		e := bytes.Repeat(k, 64)
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(e, e)
		sum := 0
		for _, c := range e[:16] {
			sum += int(c)
		}
		switch sum % 3 {
		case 0:
			s := sha256.Sum256(e)
			k = s[:]
		case 1:
			s := sha512.Sum384(e)
			k = s[:]
		case 2:
			s := sha512.Sum512(e)
			k = s[:]
		}
		if i >= 63 && int(e[len(e)-1]) <= i+1-32 {
			return k[:32]
		}
	}
}

func rc4Once(key, b []byte) []byte {
	out := make([]byte, len(b))
	if c, err := rc4.NewCipher(key); err == nil {
		c.XORKeyStream(out, b)
	}
	return out
}

// objectKey is the key for one object; only AES-256 has one for all.
func (c *crypt) objectKey(m method, r ref) []byte {
	if m == aes256 {
		return c.key
	}
	h := md5.New()
	h.Write(c.key)
	h.Write([]byte{byte(r.num), byte(r.num >> 8), byte(r.num >> 16), byte(r.gen), byte(r.gen >> 8)})
	if m == aes128 {
		h.Write([]byte("sAlT"))
	}
	return h.Sum(nil)[:min(len(c.key)+5, 16)]
}

// openStream decrypts the bytes of stream r.
func (c *crypt) openStream(b []byte, r ref) ([]byte, error) {
	switch c.streams {
	case plain:
		return b, nil
	case rc4md5:
		return rc4Once(c.objectKey(c.streams, r), b), nil
	}
	if len(b) <= 16 { // no more than the initialisation vector: an empty stream
		return nil, nil
	}
	block, err := aes.NewCipher(c.objectKey(c.streams, r))
	if err != nil || len(b) < 32 || len(b)%16 != 0 {
		return nil, errOdd
	}
	out := make([]byte, len(b)-16)
	cipher.NewCBCDecrypter(block, b[:16]).CryptBlocks(out, b[16:])
	pad := int(out[len(out)-1])
	if pad < 1 || pad > 16 {
		return nil, errOdd
	}
	return out[:len(out)-pad], nil
}

// seal encrypts the bytes of a stream or string of object r.
func (c *crypt) seal(m method, b []byte, r ref) ([]byte, error) {
	switch m {
	case plain:
		return b, nil
	case rc4md5:
		return rc4Once(c.objectKey(m, r), b), nil
	}
	block, err := aes.NewCipher(c.objectKey(m, r))
	if err != nil {
		return nil, err
	}
	pad := 16 - len(b)%16
	out := make([]byte, 16, 16+len(b)+pad)
	if _, err := rand.Read(out); err != nil {
		return nil, err
	}
	out = append(out, b...)
	out = append(out, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, out[:16]).CryptBlocks(out[16:], out[16:])
	return out, nil
}

// sealStrings encrypts every string inside the plain object b, which is to be
// written as object r.
func (c *crypt) sealStrings(b []byte, r ref) ([]byte, error) {
	out := make([]byte, 0, len(b)+64)
	for i := 0; i < len(b); {
		end, err := i+1, error(nil)
		switch {
		case b[i] == '%':
			for end < len(b) && b[end] != '\n' && b[end] != '\r' {
				end++
			}
		case b[i] == '(':
			end, err = skipString(b, i)
		case b[i] == '<' && i+1 < len(b) && b[i+1] == '<':
			end = i + 2
		case b[i] == '<':
			end, err = skipHex(b, i)
		}
		if err != nil {
			return nil, errOdd
		}
		text, ok := asString(b[i:end])
		if !ok {
			out = append(out, b[i:end]...)
		} else {
			sealed, err := c.seal(c.strings, text, r)
			if err != nil {
				return nil, err
			}
			out = append(out, '<')
			out = hex.AppendEncode(out, sealed)
			out = append(out, '>')
		}
		i = end
	}
	return out, nil
}

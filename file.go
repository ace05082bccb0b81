package purvey

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// File is one piece of goods: a name over bytes that are stored under their
// digest. Its bytes never change; a new upload is a new File.
type File struct {
	ID        string    `json:",omitzero"`
	ShopID    string    `json:",omitzero"`
	Name      string    `json:",omitzero"`
	Size      int64     `json:",omitzero"` // bytes
	Type      string    `json:",omitzero"` // MIME
	Digest    string    `json:",omitzero"` // SHA-256, hex; "" while not uploaded
	Uploaded  bool      `json:",omitzero"` // false: known by name, its bytes are not here yet
	Encrypted bool      `json:",omitzero"` // stored encrypted at rest
	CreatedAt time.Time `json:",omitzero"`
	UpdatedAt time.Time `json:",omitzero"`
}

// Upload is a resumable upload in progress. When its offset reaches its
// length it becomes a File.
type Upload struct {
	ID        string
	ShopID    string
	Name      string
	Type      string
	Metadata  string // as the client gave it, to be given back
	Length    int64  // bytes in all; -1 while the client defers it
	FileID    string // what it became; "" while bytes are missing
	CreatedAt time.Time
	ExpiresAt time.Time // abandoned uploads are swept after this
}

// MaxFileName is the longest file name kept, in bytes of UTF-8.
const MaxFileName = 255

// FileName makes a safe display name of what a client sent: the last path
// element, without control characters, valid UTF-8, at most 255 bytes with its
// extension kept where that is possible. It is "" when nothing is left.
func FileName(sent string) string {
	s := strings.ToValidUTF8(sent, "")
	s = s[strings.LastIndexAny(s, `/\`)+1:]
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0x2028 || r == 0x2029 || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if s == "." || s == ".." {
		return ""
	}
	if len(s) <= MaxFileName {
		return s
	}
	ext := ""
	if i := strings.LastIndexByte(s, '.'); i > 0 && len(s)-i <= 32 {
		ext = s[i:]
	}
	return cut(s, MaxFileName-len(ext)) + ext
}

// cut shortens s to at most n bytes without splitting a rune.
func cut(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Fold is the form of a text in which searches compare: lower case by Unicode,
// outer space trimmed. Both engines then agree, since Go did the folding.
func Fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

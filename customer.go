package purvey

import (
	"net/mail"
	"strconv"
	"strings"
	"time"
)

// Customer is a person who bought from a shop. An order keeps its own copy of
// these fields: correcting the address of one order leaves the others alone.
type Customer struct {
	ID         string    `json:",omitzero"`
	Email      string    `json:",omitzero"` // "" when the dialect gave none (HL Connect)
	Firstname  string    `json:",omitzero"`
	Lastname   string    `json:",omitzero"`
	Locale     string    `json:",omitzero"` // BCP 47, such as "es" or "pt-BR"; "" unknown
	GID        string    `json:",omitzero"` // gid://shopify/Customer/<n>, or ""
	ExternalID string    `json:",omitzero"` // the caller's user id (Publica.la), or ""
	CreatedAt  time.Time `json:",omitzero"`

	DeactivatedAt time.Time `json:",omitzero"` // since when the shop keeps them from signing in and from their goods; zero: it does not
}

// FullName is first and last name, whichever are there.
func (c Customer) FullName() string { return strings.TrimSpace(c.Firstname + " " + c.Lastname) }

// SplitName cuts a whole name into a first and a last one, at the last space.
func SplitName(name string) (first, last string) {
	name = strings.Join(strings.Fields(name), " ")
	if i := strings.LastIndexByte(name, ' '); i > 0 {
		return name[:i], name[i+1:]
	}
	return name, ""
}

// ValidEmail tells whether s is a bare address (no display name) that a mail
// server could take: at most 254 bytes, one @, a dotted or plain host.
func ValidEmail(s string) bool {
	if len(s) > 254 || strings.ContainsAny(s, " \t\r\n<>,;\"") {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == ""
}

// NumberOfGID gives the trailing number of a Shopify gid such as
// gid://shopify/Customer/77, or of the bare number itself.
func NumberOfGID(s string) (n int64, ok bool) {
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		if !strings.HasPrefix(s, "gid:/") {
			return 0, false
		}
		s = s[i+1:]
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0
}

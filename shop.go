package purvey

import (
	"regexp"
	"time"
)

// Mode separates real business from trying things out. Catalogue and files
// belong to the shop and are seen from both; everything else belongs to one
// mode and is never visible from the other.
type Mode string

// The two modes.
const (
	Live    Mode = "live"
	Sandbox Mode = "sandbox"
)

// ValidMode tells whether m is one of the two.
func ValidMode(m Mode) bool { return m == Live || m == Sandbox }

// ShopState tells whether a shop may be used at all.
type ShopState string

// The states of a shop. A closed or disabled one answers 403 in every dialect.
// Its owner has closed it, and may open it again; the operator has disabled it.
const (
	ShopActive   ShopState = "active"
	ShopClosed   ShopState = "closed"
	ShopDisabled ShopState = "disabled"
)

// DefaultShop is the slug of the shop that exists from the first start.
const DefaultShop = "default"

// Shop is one merchant. Every object belongs to exactly one.
type Shop struct {
	ID        string
	Slug      string // unique on the server; Continuata's orgId
	Name      string
	State     ShopState
	Settings  Settings
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Scope is the shop and mode that a request acts in.
type Scope struct {
	ShopID string
	Mode   Mode
}

var slugForm = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*$`)

// ValidSlug tells whether s can be a slug: 1 to 100 lower-case letters and
// digits in groups joined by single hyphens.
func ValidSlug(s string) bool { return len(s) <= 100 && slugForm.MatchString(s) }

// Slug makes a slug of a display name: letters a-z and digits are kept in
// lower case, anything between them becomes one hyphen. It is "" when nothing
// is left.
func Slug(name string) string {
	out := make([]byte, 0, len(name))
	gap := false
	for i := 0; i < len(name) && len(out) < 100; i++ {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			gap = true
			continue
		}
		if gap && len(out) > 0 {
			out = append(out, '-')
		}
		gap = false
		out = append(out, c)
	}
	if n := len(out); n > 100 {
		out = out[:100]
	}
	for len(out) > 0 && out[len(out)-1] == '-' {
		out = out[:len(out)-1]
	}
	return string(out)
}

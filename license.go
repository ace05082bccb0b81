package purvey

import (
	"crypto/rand"
	"time"
)

// LicenseKey is one serial of a shop's stock. Its text never changes. It is
// free until an order line holds it; a burnt key is still bound to its order,
// but no line holds it any more and it never returns to stock.
type LicenseKey struct {
	ID         string    `json:",omitzero"`
	ShopID     string    `json:",omitzero"`
	Mode       Mode      `json:",omitzero"`
	Key        string    `json:",omitzero"`
	Tag        string    `json:",omitzero"` // "" none
	OrderID    string    `json:",omitzero"` // "" free
	OrderName  string    `json:",omitzero"`
	LineID     string    `json:",omitzero"`
	AssignedAt time.Time `json:",omitzero"`
	BurntAt    time.Time `json:",omitzero"`
	CreatedAt  time.Time `json:",omitzero"`
	UpdatedAt  time.Time `json:",omitzero"`
}

// Assigned tells whether an order has consumed the key.
func (k LicenseKey) Assigned() bool { return k.OrderID != "" }

// KeyVerdict is the answer of a validation. An unknown key is a verdict too,
// not an error.
type KeyVerdict struct {
	Valid     bool
	Assigned  bool
	Tag       string
	OrderName string
	OrderID   string
}

// Bounds of a batch of keys.
const (
	MaxKeysPerBatch = 5000
	MaxKeyLength    = 255 // characters
	MaxTagLength    = 120 // characters
)

// What a batch does with keys that exist already.
const (
	DuplicatesSkip   = "skip"
	DuplicatesCreate = "create"
	DuplicatesFail   = "fail"
)

// keyLetters leaves out 0, 1, I and O, which people misread.
const keyLetters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// GenerateKey makes a key of the form XXXXX-XXXXX-XXXXX-XXXXX, 100 random bits.
func GenerateKey() string {
	var raw [20]byte
	rand.Read(raw[:])
	out := make([]byte, 0, 23)
	for i, b := range raw {
		if i > 0 && i%5 == 0 {
			out = append(out, '-')
		}
		out = append(out, keyLetters[b&31])
	}
	return string(out)
}

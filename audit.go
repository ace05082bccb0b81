package purvey

import (
	"bytes"
	"encoding/json"
	"time"
)

// AuditEntry is one change that somebody made, written in the transaction that
// made it true. Secrets and whole licence keys are never in it.
type AuditEntry struct {
	ID     string
	ShopID string
	Mode   Mode // "" the change is to what both modes share
	At     time.Time
	Actor  Actor
	Action string // the sort of object and what was done: "product.updated"
	Object AuditObject
	Before AuditFields // only what differs; nil: there was nothing before
	After  AuditFields // only what differs; nil: there is nothing any more
}

// AuditObject is what was changed, with its name as it was then.
type AuditObject struct {
	Type string // "product", "order", …
	ID   string // "" where there is only one
	Name string
}

// AuditFields are fields of an object, by their names in the API.
type AuditFields map[string]any

// ActorTypes lists the sorts of actors.
func ActorTypes() []ActorType {
	return []ActorType{ActorMember, ActorToken, ActorSystem, ActorBuyer, ActorGateway, ActorStore}
}

// AuditDiff keeps those fields of two snapshots of an object that differ. A
// field that one of them lacks is kept in the other.
func AuditDiff(before, after AuditFields) (was, is AuditFields) {
	was, is = AuditFields{}, AuditFields{}
	for name, old := range before {
		now, ok := after[name]
		if ok && same(old, now) {
			continue
		}
		was[name] = old
		if ok {
			is[name] = now
		}
	}
	for name, now := range after {
		if _, ok := before[name]; !ok {
			is[name] = now
		}
	}
	return was, is
}

// same compares two values as they would be written.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// MaskKey is how the audit log names a licence key: by its end, if enough
// stays hidden.
func MaskKey(key string) string {
	const shown, hidden = 4, 8
	if runes := []rune(key); len(runes) >= shown+hidden {
		return "…" + string(runes[len(runes)-shown:])
	}
	return "…"
}

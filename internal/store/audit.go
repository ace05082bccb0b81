package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"purvey"
)

const auditColumns = `a.id, a.shop_id, a.mode, a.actor_type, a.actor_id, a.actor_name, a.action, a.object_type, a.object_id, a.object_name,
	a.before, a.after, a.ip, a.request_id, a.created_at`

func scanAudit(s scanner, e *purvey.AuditEntry) error {
	return s.Scan(&e.ID, &e.ShopID, &e.Mode, &e.Actor.Type, &e.Actor.ID, &e.Actor.Name, &e.Action, &e.Object.Type, &e.Object.ID, &e.Object.Name,
		doc{&e.Before}, doc{&e.After}, &e.Actor.IP, &e.Actor.RequestID, at{&e.At})
}

// Audit records a change in the transaction that makes it, on behalf of the
// actor of ctx unless the entry names another. An entry that has both Before
// and After may hold whole snapshots: what differs is kept, and when nothing
// does nothing is written.
func (tx *Tx) Audit(ctx context.Context, e purvey.AuditEntry) error {
	if e.Before != nil && e.After != nil {
		e.Before, e.After = purvey.AuditDiff(e.Before, e.After)
		if len(e.Before) == 0 && len(e.After) == 0 {
			return nil
		}
	}
	if e.Actor.Type == "" {
		e.Actor = purvey.ActorOf(ctx)
	}
	_, err := tx.exec(ctx, `INSERT INTO audit_entry (id, shop_id, mode, actor_type, actor_id, actor_name, action, object_type, object_id, object_name,
		before, after, ip, request_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		tx.NewID(), e.ShopID, e.Mode, e.Actor.Type, e.Actor.ID, e.Actor.Name, e.Action, e.Object.Type, e.Object.ID, e.Object.Name,
		auditJSON(e.Before), auditJSON(e.After), e.Actor.IP, e.Actor.RequestID, micros(tx.Now()))
	return err
}

// auditJSON is "" for nil.
func auditJSON(f purvey.AuditFields) string {
	if f == nil {
		return ""
	}
	return asJSON(f)
}

// AuditFilter narrows the audit log. Its zero value narrows nothing.
type AuditFilter struct {
	Actor      string // an actor's id, or the type of actors
	ObjectType string
	ObjectID   string
	Action     string
	Start, End time.Time // from start on, before end
}

// AuditLog lists the shop's entries that belong to the scope's mode or to
// both. Each mode's entries are in the order of their ids in every index, so
// that a page is found without sorting.
func (q Queries) AuditLog(ctx context.Context, scope purvey.Scope, f AuditFilter, p purvey.Page) (purvey.Listed[purvey.AuditEntry], error) {
	p = byID(p)
	var items []purvey.AuditEntry
	for _, mode := range []purvey.Mode{"", scope.Mode} {
		w := newWhere(`a.shop_id = $1 AND a.mode = $2`, scope.ShopID, mode)
		switch {
		case f.Actor == "":
		case slices.Contains(purvey.ActorTypes(), purvey.ActorType(f.Actor)):
			w.and(`a.actor_type = ?`, f.Actor)
		default:
			w.and(`a.actor_id = ?`, f.Actor)
		}
		for _, c := range []struct{ condition, value string }{
			{`a.object_type = ?`, f.ObjectType}, {`a.object_id = ?`, f.ObjectID}, {`a.action = ?`, f.Action},
			{`a.id >= ?`, idFrom(f.Start)}, {`a.id < ?`, idFrom(f.End)},
		} {
			if c.value != "" {
				w.and(c.condition, c.value)
			}
		}
		text, args := w.list(`SELECT `+auditColumns+` FROM audit_entry a`, "a", p)
		more, err := collect(ctx, q, text, args, scanAudit)
		if err != nil {
			return purvey.Listed[purvey.AuditEntry]{}, err
		}
		items = append(items, more...)
	}
	slices.SortFunc(items, func(a, b purvey.AuditEntry) int {
		if p.Descending() {
			a, b = b, a
		}
		return strings.Compare(a.ID, b.ID)
	})
	return listed(items, p), nil
}

// byID is a page sorted by id in place of creation time. Ids begin with the
// time, and the rows of some tables have no index by time alone.
func byID(p purvey.Page) purvey.Page {
	switch p.Sort {
	case purvey.SortCreated:
		p.Sort = purvey.SortOldest
	case purvey.SortCreatedDown:
		p.Sort = purvey.SortNewest
	}
	return p
}

package bigdd

import (
	"time"

	"purvey"
	"purvey/internal/shop"
)

func (a *api) routesAudit() {
	a.read("GET /public-api/v1/audit-log", adminOnly, a.listAudit)
}

type auditWire struct {
	ID        string             `json:"id"`
	At        string             `json:"at"`
	Actor     auditActorWire     `json:"actor"`
	Action    string             `json:"action"`
	Object    auditObjectWire    `json:"object"`
	Before    purvey.AuditFields `json:"before"` // null: there was nothing
	After     purvey.AuditFields `json:"after"`
	IP        *string            `json:"ip"`
	RequestID *string            `json:"request_id"`
}

type auditActorWire struct {
	Type string  `json:"type"`
	ID   *string `json:"id"`
	Name *string `json:"name"`
}

type auditObjectWire struct {
	Type string  `json:"type"`
	ID   *string `json:"id"`
	Name *string `json:"name"`
}

func wireAudit(e purvey.AuditEntry) auditWire {
	return auditWire{
		ID: e.ID, At: wireTime(e.At), Actor: auditActorWire{string(e.Actor.Type), nullString(e.Actor.ID), nullString(e.Actor.Name)},
		Action: e.Action, Object: auditObjectWire{e.Object.Type, nullString(e.Object.ID), nullString(e.Object.Name)},
		Before: e.Before, After: e.After, IP: nullString(e.Actor.IP), RequestID: nullString(e.Actor.RequestID),
	}
}

// listAudit gives what was changed in the shop: what both modes share, and what
// belongs to the caller's.
func (a *api) listAudit(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	f := shop.AuditFilter{
		Actor: r.stringParam("actor"), ObjectType: r.stringParam("object_type"), ObjectID: r.stringParam("object_id"), Action: r.stringParam("action"),
	}
	if f.Start, err = r.timeParam("start"); err != nil {
		return nil, err
	}
	if f.End, err = r.timeParam("end"); err != nil {
		return nil, err
	}
	l, err := a.Shops.AuditLog(r.Context(), r.Scope(), f, p)
	if err != nil {
		return nil, err
	}
	return listOf(p, l, wireAudit, func(e purvey.AuditEntry) (string, time.Time) { return e.ID, e.At }), nil
}

package bigdd

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"purvey"
	"purvey/internal/httpjson"
	"purvey/internal/license"
)

// maxKeysBody bounds a batch of keys, in bytes: 5,000 keys of 255 characters.
const maxKeysBody = 16 << 20

func (a *api) routesLicenses() {
	a.read("GET /public-api/v1/license-keys", anyRole, a.listKeys)
	a.read("GET /public-api/v1/license-keys/validate", anyRole, a.validateKey)
	a.write("POST /public-api/v1/license-keys", anyRole, maxKeysBody, a.addKeys)
	a.read("GET /public-api/v1/license-keys/{id}", anyRole, a.showKey)
	a.write("POST /public-api/v1/license-keys/{id}/assign", anyRole, maxOrderBody, a.assignKey)
	a.write("POST /public-api/v1/license-keys/{id}/unassign", anyRole, maxOrderBody, a.unassignKey)
	a.write("DELETE /public-api/v1/license-keys/{id}", anyRole, 0, a.deleteKey)
}

type keyWire struct {
	ID        string  `json:"id"`
	Key       string  `json:"key"`
	Tag       *string `json:"tag"`
	Assigned  bool    `json:"assigned"`
	OrderID   *string `json:"order_id"`
	OrderName *string `json:"order_name"`
	CreatedAt string  `json:"created_at"`
	UpdatedAt string  `json:"updated_at"`
}

func wireKey(k purvey.LicenseKey) keyWire {
	return keyWire{
		ID: k.ID, Key: k.Key, Tag: nullString(k.Tag), Assigned: k.Assigned(), OrderID: nullString(k.OrderID), OrderName: nullString(k.OrderName),
		CreatedAt: wireTime(k.CreatedAt), UpdatedAt: wireTime(k.UpdatedAt),
	}
}

// listKeys serves BDD-10.
func (a *api) listKeys(r *request) (any, error) {
	found, err := r.searchedKeys()
	if err != nil {
		return nil, err
	}
	var p purvey.Page
	if found == nil {
		if p, err = r.page(); err != nil {
			return nil, err
		}
	}
	var f license.Filter
	status, err := r.enumParam("status", "available", "assigned")
	if err != nil {
		return nil, err
	}
	if status != "" {
		assigned := status == "assigned"
		f.Assigned = &assigned
	}
	if r.query().Has("tag") {
		tag := r.stringParam("tag")
		f.Tag = &tag
	}
	if found != nil {
		return a.searchKeys(r, found, f)
	}
	if f.Query, err = r.search(); err != nil {
		return nil, err
	}
	keys, err := a.Licenses.Keys(r.Context(), r.Scope(), f, p)
	if err != nil {
		return nil, err
	}
	return listOf(p, keys, wireKey, func(k purvey.LicenseKey) (string, time.Time) { return k.ID, k.CreatedAt }), nil
}

type verdictWire struct {
	Valid     bool    `json:"valid"`
	Assigned  bool    `json:"assigned"`
	Tag       *string `json:"tag"`
	OrderName *string `json:"order_name"`
	OrderID   *string `json:"order_id"`
}

// validateKey serves BDD-11.
func (a *api) validateKey(r *request) (any, error) {
	v, err := a.Licenses.Validate(r.Context(), r.Scope(), r.stringParam("key"))
	if err != nil {
		return nil, err
	}
	return verdictWire{v.Valid, v.Assigned, nullString(v.Tag), nullString(v.OrderName), nullString(v.OrderID)}, nil
}

func (a *api) showKey(r *request) (any, error) {
	k, err := a.Licenses.Key(r.Context(), r.Scope(), r.PathValue("id"))
	return wireKey(k), err
}

// addKeys serves BDD-12.
func (a *api) addKeys(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		Keys       []string `json:"keys"`
		Tag        *string  `json:"tag"`
		Duplicates string   `json:"duplicates"`
	}
	if err := r.decode(&b); err != nil {
		return 0, nil, err
	}
	added, err := a.Licenses.Add(ctx, r.Scope(), license.Batch{Keys: b.Keys, Tag: orEmpty(b.Tag), Duplicates: b.Duplicates})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, addedWire{len(added.Keys), added.Skipped, added.Keys}, nil
}

// addedWire is what became of a batch of keys.
type addedWire struct {
	created, skipped int
	keys             []purvey.LicenseKey
}

// AppendJSON implements httpjson.Appender. What keys of one batch have in
// common is written out once.
func (a addedWire) AppendJSON(b []byte) []byte {
	b = slices.Grow(b, 64+256*len(a.keys))
	b = append(b, `{"created":`...)
	b = strconv.AppendInt(b, int64(a.created), 10)
	b = append(b, `,"skipped":`...)
	b = strconv.AppendInt(b, int64(a.skipped), 10)
	b = append(b, `,"keys":[`...)
	var last purvey.LicenseKey
	var common []byte
	for i, k := range a.keys {
		if last.ID, last.Key = k.ID, k.Key; i == 0 || last != k {
			last = k
			w := wireKey(k)
			w.ID, w.Key = "", ""
			_, common, _ = bytes.Cut(httpjson.Encode(w), []byte(`{"id":"","key":""`))
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"id":`...)
		b = httpjson.AppendString(b, k.ID)
		b = append(b, `,"key":`...)
		b = httpjson.AppendString(b, k.Key)
		b = append(b, common...)
	}
	return append(b, `]}`...)
}

// assignKey serves BDD-13.
func (a *api) assignKey(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		OrderName string `json:"order_name"`
		SendEmail bool   `json:"send_email"`
	}
	if err := r.decode(&b); err != nil {
		return 0, nil, err
	}
	if b.OrderName == "" {
		return 0, nil, purvey.BadField("order_name", "is required")
	}
	k, err := a.Orders.AssignKey(ctx, r.Scope(), r.PathValue("id"), b.OrderName, b.SendEmail)
	return http.StatusOK, wireKey(k), err
}

// unassignKey serves BDD-14.
func (a *api) unassignKey(ctx context.Context, r *request) (int, any, error) {
	k, err := a.Licenses.Release(ctx, r.Scope(), r.PathValue("id"))
	return http.StatusOK, wireKey(k), err
}

// deleteKey serves BDD-15.
func (a *api) deleteKey(ctx context.Context, r *request) (int, any, error) {
	id := r.PathValue("id")
	return http.StatusOK, deleted{id, true}, a.Licenses.Delete(ctx, r.Scope(), id)
}

// fieldOf names a field of a list's element, such as lines.0.quantity.
func fieldOf(list string, i int, name string) string {
	return list + "." + strconv.Itoa(i) + "." + name
}

package catalog_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/store"
)

// listen has both modes told of activations.
func (w *world) listen() {
	w.Helper()
	for _, mode := range []purvey.Mode{purvey.Live, purvey.Sandbox} {
		w.must(w.db.Tx(w.ctx, func(tx *store.Tx) error {
			return tx.InsertEndpoint(w.ctx, &purvey.Endpoint{
				ShopID: w.shop.ID, Mode: mode, URL: "https://a.example/", Events: []purvey.EventType{purvey.EventVersionActivated}, Dialect: "bigdd", Enabled: true,
			})
		}))
	}
}

// activations counts the events that a mode was told of.
func (w *world) activations(mode purvey.Mode) int {
	w.Helper()
	scope := purvey.Scope{ShopID: w.shop.ID, Mode: mode}
	endpoints, err := w.db.Endpoints(w.ctx, scope, "bigdd", purvey.Page{Limit: 10})
	w.must(err)
	deliveries, err := w.db.WebhookDeliveries(w.ctx, endpoints.Items[0].ID, "", purvey.Page{Limit: 100})
	w.must(err)
	for _, d := range deliveries.Items {
		e, err := w.db.Event(w.ctx, scope, d.EventID)
		w.must(err)
		if e.Data.Product == nil || e.Data.Version == nil || e.Data.Product.ActiveVersionID != e.Data.Version.ID {
			w.Errorf("event data: %+v", e.Data)
		}
	}
	return len(deliveries.Items)
}

func TestVersions(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		w.listen()
		a, b := w.file("a.txt", "a"), w.file("b.txt", "b")
		p := w.product(catalog.Change{FileIDs: catalog.Set([]string{a.ID}), Status: catalog.Set(catalog.StatusDraft), NotifyWhenUpdated: catalog.Set(true)})
		first := p.ActiveVersionID
		if w.activations(purvey.Live) != 0 {
			t.Error("a new product tells of an activation")
		}
		w.clock.Advance(time.Hour)
		p, v, err := w.s.CreateVersion(w.ctx, w.shop.ID, p.ID, catalog.NewVersion{Version: "2.0.0", Notes: "New", FileIDs: []string{b.ID, a.ID}})
		w.must(err)
		if p.ActiveVersionID != first || v.State != purvey.VersionReady || !v.ActivatedAt.IsZero() || w.job(purvey.JobNotifyUpdate, v.ID) != nil {
			t.Errorf("a version that waits: %+v", v)
		}
		for range 2 { // the second time changes nothing
			p, v, err = w.s.ActivateVersion(w.ctx, w.shop.ID, p.ID, v.ID)
			w.must(err)
			if p.ActiveVersionID != v.ID || p.Status != catalog.StatusPublished || len(p.Files) != 2 || p.Files[0].ID != b.ID || v.ActivatedAt.IsZero() {
				t.Errorf("active: %+v", p)
			}
		}
		if l, s := w.activations(purvey.Live), w.activations(purvey.Sandbox); l != 1 || s != 1 {
			t.Errorf("%d events in live, %d in sandbox, want one each", l, s)
		}
		if w.job(purvey.JobNotifyUpdate, v.ID) == nil {
			t.Error("buyers are not told")
		}
		_, v3, err := w.s.CreateVersion(w.ctx, w.shop.ID, p.ID, catalog.NewVersion{FileIDs: []string{b.ID, a.ID}, Activate: true})
		w.must(err)
		if v3.Version != "2.0.1" || w.activations(purvey.Live) != 2 || w.job(purvey.JobNotifyUpdate, v3.ID) != nil {
			t.Errorf("next number %q; same files are no update", v3.Version)
		}
		p, v3, err = w.s.WithdrawVersion(w.ctx, w.shop.ID, p.ID, v3.ID)
		w.must(err)
		if p.ActiveVersionID != "" || len(p.Files) != 0 || v3.State != purvey.VersionWithdrawn {
			t.Errorf("withdrawn: %+v", p)
		}
		if _, _, err = w.s.WithdrawVersion(w.ctx, w.shop.ID, p.ID, v3.ID); err != nil {
			t.Errorf("withdrawn again: %v", err)
		}
		_, _, err = w.s.ActivateVersion(w.ctx, w.shop.ID, p.ID, v3.ID)
		w.wantKind(err, purvey.Conflict)
		_, err = w.s.UpdateProduct(w.ctx, w.shop, p.ID, catalog.Change{FileIDs: catalog.Set([]string{a.ID})})
		w.wantKind(err, purvey.Conflict)
		_, _, err = w.s.CreateVersion(w.ctx, w.shop.ID, p.ID, catalog.NewVersion{})
		w.wantField(err, "version")
		_, _, err = w.s.CreateVersion(w.ctx, w.shop.ID, p.ID, catalog.NewVersion{Version: "2.0.0"})
		w.wantKind(err, purvey.Conflict)
		_, _, err = w.s.CreateVersion(w.ctx, w.shop.ID, p.ID, catalog.NewVersion{Version: "3.0.0", FileIDs: []string{strings.Repeat("0", 24)}})
		w.wantKind(err, purvey.NotFound)
		_, _, err = w.s.CreateVersion(w.ctx, w.shop.ID, p.ID, catalog.NewVersion{Version: "3.0.0", Notes: strings.Repeat("x", 20_001)})
		w.wantField(err, "notes")
		other := w.product(catalog.Change{})
		_, _, err = w.s.ActivateVersion(w.ctx, w.shop.ID, other.ID, first)
		w.wantKind(err, purvey.NotFound)
		_, err = w.s.Version(w.ctx, w.shop.ID, other.ID, first)
		w.wantKind(err, purvey.NotFound)
		_, list, err := w.s.Versions(w.ctx, w.shop.ID, p.ID, purvey.Page{Limit: 2})
		w.must(err)
		if len(list.Items) != 2 || !list.HasMore || list.Items[0].ID != v3.ID || list.Items[1].ID != v.ID || len(list.Items[1].Files) != 2 {
			t.Errorf("list: %+v", list)
		}
		_, _, err = w.s.Versions(w.ctx, w.newShop("other").ID, p.ID, purvey.Page{Limit: 2})
		w.wantKind(err, purvey.NotFound)
	})
}

func TestPatchReplacesTheActiveVersionsFiles(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		a, b := w.file("a.txt", "a"), w.file("b.txt", "b")
		p := w.product(catalog.Change{FileIDs: catalog.Set([]string{a.ID})})
		patch := func(c catalog.Change) purvey.Product {
			t.Helper()
			q, err := w.s.UpdateProduct(w.ctx, w.shop, p.ID, c)
			w.must(err)
			return q
		}
		q := patch(catalog.Change{FileIDs: catalog.Set([]string{b.ID, a.ID})})
		if q.ActiveVersionID != p.ActiveVersionID || len(q.Files) != 2 || q.Files[0].ID != b.ID || w.job(purvey.JobNotifyUpdate, p.ActiveVersionID) != nil {
			t.Errorf("files: %+v", q.Files)
		}
		patch(catalog.Change{NotifyWhenUpdated: catalog.Set(true), FileIDs: catalog.Set([]string{b.ID, a.ID})})
		if w.job(purvey.JobNotifyUpdate, p.ActiveVersionID) != nil {
			t.Error("buyers are told of the same files")
		}
		patch(catalog.Change{Name: catalog.Set("Other")})
		patch(catalog.Change{FileIDs: catalog.Set([]string{a.ID})})
		if w.job(purvey.JobNotifyUpdate, p.ActiveVersionID) == nil {
			t.Error("buyers are not told")
		}
		q = patch(catalog.Change{Version: catalog.Set("1.1.0")})
		if v, err := w.s.VersionByNumber(w.ctx, w.shop.ID, p.ID, "1.1.0"); err != nil || v.ID != q.ActiveVersionID {
			t.Errorf("renumbered: %v %v", v, err)
		}
		_, _, err := w.s.CreateVersion(w.ctx, w.shop.ID, p.ID, catalog.NewVersion{Version: "9"})
		w.must(err)
		_, err = w.s.UpdateProduct(w.ctx, w.shop, p.ID, catalog.Change{Version: catalog.Set("9")})
		w.wantKind(err, purvey.Conflict)
		_, err = w.s.UpdateProduct(w.ctx, w.shop, p.ID, catalog.Change{FileIDs: catalog.Set([]string{strings.Repeat("0", 24)})})
		w.wantKind(err, purvey.NotFound)
		w.must(w.db.Tx(w.ctx, func(tx *store.Tx) error {
			return tx.InsertFile(w.ctx, &purvey.File{ID: strings.Repeat("b", 24), ShopID: w.shop.ID, Name: "later.pdf"})
		}))
		_, err = w.s.UpdateProduct(w.ctx, w.shop, p.ID, catalog.Change{FileIDs: catalog.Set([]string{a.ID, strings.Repeat("b", 24)})})
		w.wantField(err, "file_ids[1]")
		q = patch(catalog.Change{FileIDs: catalog.Set[[]string](nil)})
		if len(q.Files) != 0 {
			t.Errorf("emptied: %+v", q.Files)
		}
	})
}

func TestActivationsAtOnceLeaveOneActive(t *testing.T) {
	t.Parallel()
	each(t, catalog.Options{}, func(w *world) {
		w.listen()
		p := w.product(catalog.Change{})
		var ids []string
		for i := range 8 {
			_, v, err := w.s.CreateVersion(w.ctx, w.shop.ID, p.ID, catalog.NewVersion{Version: fmt.Sprintf("2.%d", i)})
			w.must(err)
			ids = append(ids, v.ID)
		}
		var wg sync.WaitGroup
		for _, id := range ids {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if _, _, err := w.s.ActivateVersion(w.ctx, w.shop.ID, p.ID, id); err != nil {
					t.Error(err)
				}
			}()
		}
		wg.Wait()
		p, err := w.s.Product(w.ctx, w.shop.ID, p.ID)
		w.must(err)
		if p.ActiveVersionID == "" || w.activations(purvey.Live) != 8 {
			t.Errorf("active %q after %d events", p.ActiveVersionID, w.activations(purvey.Live))
		}
	})
}

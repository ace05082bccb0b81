package store_test

import (
	"testing"
	"time"

	"purvey"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

func TestAuditKeepsWhatDiffersAndIsUndoneWithItsChange(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		live, sandbox := purvey.Scope{ShopID: "s", Mode: purvey.Live}, purvey.Scope{ShopID: "s", Mode: purvey.Sandbox}
		ana := purvey.Actor{Type: purvey.ActorMember, ID: "m1", Name: "Ana", IP: "198.51.100.7", RequestID: "r1"}
		ctx := purvey.WithActor(t.Context(), ana)
		product := purvey.AuditObject{Type: "product", ID: "p1", Name: "Book"}
		audit := func(e purvey.AuditEntry) {
			t.Helper()
			e.ShopID = "s"
			clock.Advance(time.Second)
			if err := db.Tx(ctx, func(tx *store.Tx) error { return tx.Audit(ctx, e) }); err != nil {
				t.Fatal(err)
			}
		}
		begin := db.Now()
		audit(purvey.AuditEntry{Action: "product.created", Object: product, After: purvey.AuditFields{"name": "Book"}})
		audit(purvey.AuditEntry{Action: "product.updated", Object: product,
			Before: purvey.AuditFields{"name": "Book", "tags": []string{"a"}, "gone": 1}, After: purvey.AuditFields{"name": "Novel", "tags": []string{"a"}}})
		audit(purvey.AuditEntry{Action: "product.updated", Object: product, Before: purvey.AuditFields{"name": "x"}, After: purvey.AuditFields{"name": "x"}})
		audit(purvey.AuditEntry{Mode: purvey.Live, Action: "order.refunded", Object: purvey.AuditObject{Type: "order", ID: "o1"}})
		audit(purvey.AuditEntry{Mode: purvey.Sandbox, Action: "order.refunded", Object: purvey.AuditObject{Type: "order", ID: "o2"},
			Actor: purvey.Actor{Type: purvey.ActorGateway, ID: "stripe"}})
		failed := db.Tx(ctx, func(tx *store.Tx) error {
			if err := tx.Audit(ctx, purvey.AuditEntry{ShopID: "s", Action: "never"}); err != nil {
				return err
			}
			return purvey.NotFound
		})
		if failed == nil {
			t.Fatal("the transaction went through")
		}
		list := func(scope purvey.Scope, f store.AuditFilter, want ...string) []purvey.AuditEntry {
			t.Helper()
			var all []purvey.AuditEntry
			for p := (purvey.Page{Limit: 1}); ; p.AfterID = all[len(all)-1].ID { // page by page
				l, err := db.AuditLog(t.Context(), scope, f, p)
				if err != nil {
					t.Fatal(err)
				}
				if all = append(all, l.Items...); !l.HasMore {
					break
				}
			}
			var got []string
			for _, e := range all {
				got = append(got, e.Action+" "+e.Object.ID)
			}
			if len(got) != len(want) {
				t.Fatalf("got %q, want %q", got, want)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("got %q, want %q", got, want)
				}
			}
			return all
		}
		all := list(live, store.AuditFilter{}, "order.refunded o1", "product.updated p1", "product.created p1")
		if e := all[1]; e.Actor != ana || len(e.Before) != 2 || e.Before["name"] != "Book" || e.Before["gone"] != 1.0 || len(e.After) != 1 ||
			e.After["name"] != "Novel" || e.Object != product || !e.At.Equal(begin.Add(2*time.Second)) {
			t.Errorf("%+v", e)
		}
		if e := all[0]; e.Before != nil || e.After != nil {
			t.Errorf("an act without fields has %v, %v", e.Before, e.After)
		}
		list(sandbox, store.AuditFilter{}, "order.refunded o2", "product.updated p1", "product.created p1")
		list(live, store.AuditFilter{Actor: "m1", ObjectType: "product", Action: "product.created"}, "product.created p1")
		list(sandbox, store.AuditFilter{Actor: "gateway"}, "order.refunded o2")
		list(live, store.AuditFilter{ObjectID: "o1"}, "order.refunded o1")
		list(live, store.AuditFilter{Start: begin.Add(2 * time.Second), End: begin.Add(4 * time.Second)}, "product.updated p1")
		list(purvey.Scope{ShopID: "other", Mode: purvey.Live}, store.AuditFilter{})
	})
}

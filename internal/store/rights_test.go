package store_test

import (
	"context"
	"testing"

	"purvey"
	"purvey/internal/store"
	"purvey/internal/store/storetest"
)

// TestRightsVersion moves with what rights are made of, and only with that.
func TestRightsVersion(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		ctx := context.Background()
		before, ok := db.RightsVersion()
		if ok != (db.Engine() == "sqlite") {
			t.Fatalf("known %v on %s", ok, db.Engine())
		}
		if !ok {
			return
		}
		moved := func(name string, want bool, fn func(tx *store.Tx) error) {
			t.Helper()
			if err := db.Tx(ctx, fn); err != nil {
				t.Fatal(err)
			}
			now, _ := db.RightsVersion()
			if (now != before) != want {
				t.Errorf("%s: moved %v", name, now != before)
			}
			before = now
		}
		shop := purvey.Shop{Slug: "default", Name: "Default", State: purvey.ShopActive, Settings: purvey.DefaultSettings("default")}
		moved("a shop", true, func(tx *store.Tx) error { _, err := tx.InsertShop(ctx, &shop); return err })
		o := purvey.Order{ID: db.NewID(), UUID: "u", ShopID: shop.ID, Mode: purvey.Live, Number: 1, Name: "#1"}
		moved("an order", true, func(tx *store.Tx) error { _, err := tx.InsertOrder(ctx, &o); return err })
		d := purvey.Download{ShopID: shop.ID, Mode: purvey.Live, Via: purvey.ViaOrder, OrderID: o.ID, FileID: "f", Number: 1, Size: 10}
		moved("a copy", false, func(tx *store.Tx) error { return tx.InsertDownload(ctx, "line", &d) })
		moved("its bytes", false, func(tx *store.Tx) error { _, err := tx.AddSent(ctx, d.ID, 10, nil, tx.Now()); return err })
		moved("an event", false, func(tx *store.Tx) error {
			return tx.Emit(ctx, purvey.Scope{ShopID: shop.ID, Mode: purvey.Live}, purvey.EventFileDownloaded, o.ID, purvey.EventData{})
		})
		moved("access", true, func(tx *store.Tx) error { o.AccessDisabled = true; return tx.UpdateOrder(ctx, &o) })
		moved("a reading", false, func(tx *store.Tx) error { _, err := tx.OrderByID(ctx, o.ID); return err })
	})
}

// TestRightsVersionSeesOtherProcesses writes through another handle on the
// same file.
func TestRightsVersionSeesOtherProcesses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := storetest.Options(t, "sqlite")
	here, there := storetest.Open(t, o, nil), storetest.Open(t, o, nil)
	empty := func(*store.Tx) error { return nil }
	if err := here.Tx(ctx, empty); err != nil {
		t.Fatal(err)
	}
	before, _ := here.RightsVersion()
	if err := here.Tx(ctx, empty); err != nil {
		t.Fatal(err)
	}
	if now, _ := here.RightsVersion(); now != before {
		t.Fatal("an empty transaction moved it")
	}
	shop := purvey.Shop{Slug: "other", Name: "Other", State: purvey.ShopActive, Settings: purvey.DefaultSettings("other")}
	if err := there.Tx(ctx, func(tx *store.Tx) error { _, err := tx.InsertShop(ctx, &shop); return err }); err != nil {
		t.Fatal(err)
	}
	if err := here.Tx(ctx, empty); err != nil {
		t.Fatal(err)
	}
	if now, _ := here.RightsVersion(); now == before {
		t.Fatal("another process's write was not seen")
	}
}

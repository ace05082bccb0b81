package order_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"purvey"
	"purvey/internal/order"
	"purvey/internal/store"
)

// BenchmarkPlace places durable orders from 64 callers at once on SQLite. The
// comparison with other programs is bench/'s.
func BenchmarkPlace(b *testing.B) {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{Folder: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(ctx); err != nil {
		b.Fatal(err)
	}
	orders := order.New(db, order.Options{PageURL: func(_ purvey.Shop, o purvey.Order) string { return "http://shop.example/d/" + o.ID }})
	shop := purvey.Shop{Slug: "default", Name: "Default", State: purvey.ShopActive, Settings: purvey.DefaultSettings("default")}
	p := purvey.Product{Slug: "p", Name: "Drums", Kind: purvey.KindContent, Delivering: purvey.Regular, Access: purvey.AccessFile, Currency: "USD", World: true}
	err = db.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.InsertShop(ctx, &shop); err != nil {
			return err
		}
		f := purvey.File{ShopID: shop.ID, Name: "drums.zip", Size: 4, Type: "application/zip", Digest: "00", Uploaded: true}
		if err := tx.InsertFile(ctx, &f); err != nil {
			return err
		}
		p.ShopID = shop.ID
		if err := tx.InsertProduct(ctx, &p); err != nil {
			return err
		}
		v := purvey.Version{ShopID: shop.ID, ProductID: p.ID, Version: "1.0.0", State: purvey.VersionReady, Files: []purvey.File{f}}
		if err := tx.InsertVersion(ctx, &v); err != nil {
			return err
		}
		p.ActiveVersionID = v.ID
		return tx.UpdateProduct(ctx, &p)
	})
	if err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, err := orders.Place(ctx, purvey.Scope{ShopID: shop.ID, Mode: purvey.Live}, order.Request{
				Customer: purvey.Customer{Email: fmt.Sprintf("b%d@example.com", n.Add(1))}, NeedEmail: true, SendEmail: true,
				Lines: []order.LineRequest{{ProductID: p.ID, Quantity: 1}},
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
}

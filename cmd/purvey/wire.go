package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/prometheus/client_golang/prometheus"

	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/checkout"
	"purvey/internal/connect"
	"purvey/internal/delivery"
	"purvey/internal/dialect/bigdd"
	"purvey/internal/dialect/continuata"
	"purvey/internal/dialect/hlconnect"
	"purvey/internal/dialect/publicala"
	"purvey/internal/job"
	"purvey/internal/license"
	"purvey/internal/mail"
	"purvey/internal/middleware"
	"purvey/internal/order"
	"purvey/internal/overview"
	"purvey/internal/region"
	reports "purvey/internal/report"
	"purvey/internal/server"
	"purvey/internal/stamp"
	"purvey/internal/web/admin"
	"purvey/internal/web/buyer"
	checkoutpage "purvey/internal/web/checkout"
	"purvey/internal/web/viewer"
	"purvey/internal/webhook"
)

// app is everything a server runs, made of a node and its storage.
type app struct {
	node   *node
	bucket blob.Bucket
	origin string // what links begin with

	catalog  *catalog.Service
	checkout *checkout.Service
	delivery *delivery.Service
	orders   *order.Service
	licenses *license.Service
	overview *overview.Service
	mail     *mail.Service
	webhooks *webhook.Service

	worker     *job.Worker
	handler    http.Handler
	metrics    prometheus.Gatherer
	background []func(context.Context) // each runs until its ctx ends
}

// wire makes the services, ties the kinds of jobs to them, and puts the
// surfaces on one router. Listening is the URL of the server's own socket.
func wire(n *node, bucket blob.Bucket, listening string) (*app, error) {
	a := &app{node: n, bucket: bucket, origin: n.cfg.Origin(listening)}
	if err := a.services(listening); err != nil {
		return nil, err
	}
	a.jobs()
	a.routes()
	return a, nil
}

func (a *app) services(listening string) error {
	n := a.node
	countries, err := region.Open(n.cfg.GeoIP)
	if err != nil {
		return fmt.Errorf("the country database cannot be read: %w", err)
	}
	if n.cfg.StampFont != "" {
		if err := stamp.CheckFont(n.cfg.StampFont); err != nil {
			return fmt.Errorf("PURVEY_STAMP_FONT: %w", err)
		}
	}
	var smtp *mail.SMTP
	if n.cfg.SMTPURL != "" {
		if smtp, err = mail.NewSMTP(n.cfg.SMTPURL, n.cfg.MailFrom.String()); err != nil {
			return err
		}
	}
	if a.mail, err = mail.New(n.db, smtp, n.log); err != nil {
		return err
	}
	mails := smtp != nil
	a.catalog = catalog.New(n.db, a.bucket, catalog.Options{UploadMax: n.cfg.UploadMax, Folder: localFolder(n)})
	a.delivery = delivery.New(n.db, a.bucket, n.keys, delivery.Options{Origin: a.origin, Mail: mails, Stamper: &stamp.Runner{}, StampFont: n.cfg.StampFont, Log: n.log})
	a.orders = order.New(n.db, order.Options{
		PageURL: a.delivery.PageURL, Mail: mails, Region: countries, Personalise: a.delivery.Personalise,
		FileReady: func(ctx context.Context, digest string) error {
			_, err := a.bucket.Stat(ctx, digest)
			return err
		},
	})
	a.checkout = checkout.New(n.db, a.orders, n.keys, checkout.Options{Origin: a.origin, Secret: n.shops.Secret, Log: n.log})
	a.licenses = license.New(n.db)
	a.overview = overview.New(n.db, overview.Options{Mail: mails, Storage: a.bucket.Check})
	a.webhooks = webhook.New(n.db, n.keys, webhook.Options{
		Dialects: map[string]webhook.Dialect{
			bigdd.WebhookDialect: bigdd.Webhooks{}, publicala.WebhookDialect: publicala.Webhooks{Shops: n.shops, Catalog: a.catalog, Orders: a.orders},
		},
		Delays: map[string]webhook.Delay{publicala.WebhookDialect: publicala.WebhookDelay}, AllowInsecure: n.cfg.WebhookAllowInsecure, Mail: mails,
		Listening: func() []netip.AddrPort { return addresses(listening, n.cfg.Addr) },
	})
	n.shops.Watch(publicala.WatchSettings(a.webhooks.Keep))
	a.background = append(a.background, a.delivery.Run)
	return nil
}

// localFolder is the folder whose free space bounds uploads, "" when the files
// lie elsewhere.
func localFolder(n *node) string {
	if n.cfg.StorageURL != "" {
		return ""
	}
	return n.cfg.Data
}

// addresses are those that the server's socket answers at: the one it was
// given, or all of the machine's with its port.
func addresses(listening, asked string) []netip.AddrPort {
	u, err := url.Parse(listening)
	if err != nil {
		return nil
	}
	own, err := netip.ParseAddrPort(u.Host)
	if err != nil {
		return nil
	}
	host, _, err := net.SplitHostPort(asked)
	if ip, perr := netip.ParseAddr(host); err == nil && host != "" && (perr != nil || !ip.IsUnspecified()) {
		return []netip.AddrPort{own}
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return []netip.AddrPort{own}
	}
	out := []netip.AddrPort{own}
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, netip.AddrPortFrom(p.Addr().Unmap(), own.Port()))
		}
	}
	return out
}

// routes puts every surface on one router, inside what each request passes.
func (a *app) routes() {
	n, mux := a.node, http.NewServeMux()
	bigdd.Register(mux, bigdd.Backend{
		Auth: n.auth, Shops: n.shops, Idempotency: n.idempotency, Origin: a.origin,
		Catalog: a.catalog, Delivery: a.delivery, Orders: a.orders, Licenses: a.licenses, Mail: a.mail, Webhooks: a.webhooks,
		Reports: reports.New(n.db), Overview: a.overview, Checkout: a.checkout, Log: n.log,
	})
	hlconnect.Register(mux, hlconnect.Backend{
		Auth: n.auth, Orders: a.orders, DownloadURL: a.delivery.LineURL, ViewURL: a.delivery.ViewURL, Log: n.log,
		Health: []hlconnect.Component{{Name: "database", Check: n.db.Ping}, {Name: "storage", Check: a.bucket.Check}},
	})
	publicala.Register(mux, publicala.Backend{
		Auth: n.auth, Shops: n.shops, Catalog: a.catalog, Orders: a.orders, Checkout: a.checkout, ReaderURL: a.delivery.ViewURL, Log: n.log,
	})
	continuata.Register(mux, continuata.Backend{Auth: n.auth, Catalog: a.catalog, Orders: a.orders, Delivery: a.delivery, Log: n.log})
	connect.Register(mux, connect.Backend{Shops: n.shops, Orders: a.orders, Delivery: a.delivery, Log: n.log})
	checkoutpage.Register(mux, checkoutpage.Backend{Checkout: a.checkout, SignIn: n.auth.SignIn, SetSession: buyer.SetSession, Log: n.log})
	viewer.Register(mux, viewer.Backend{Delivery: a.delivery, Log: n.log})
	buyer.Register(mux, buyer.Backend{Delivery: a.delivery, Orders: a.orders, Log: n.log})
	buyer.RegisterLibrary(mux, buyer.LibraryBackend{Auth: n.auth, Shops: n.shops, Orders: a.orders, Delivery: a.delivery, Log: n.log})
	admin.Register(mux, admin.Backend{Auth: n.auth, Origin: a.origin, Version: version, Mail: n.cfg.SMTPURL != "", Log: n.log})
	ready := &readiness{log: n.log, parts: []part{{"database", n.db.Ping}, {"storage", a.bucket.Check}}}
	ready.register(mux)

	registry := server.Registry()
	a.metrics = registry
	a.handler = middleware.Chain(buyer.Otherwise(mux, n.log),
		middleware.Identify(n.cfg.TrustedProxies),
		middleware.AccessLog(n.log),
		middleware.Guard(n.log, plainError),
		bigdd.RawGID,
		server.Measure(registry),
	)
}

// plainError answers for what no surface owns.
func plainError(w http.ResponseWriter, _ *http.Request, _ error) {
	http.Error(w, "Something went wrong here.", http.StatusInternalServerError)
}

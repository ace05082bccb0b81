package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"purvey"
	"purvey/internal/blob"
	"purvey/internal/catalog"
	"purvey/internal/dialect/bigdd"
	"purvey/internal/job"
	"purvey/internal/license"
	"purvey/internal/mail"
	"purvey/internal/middleware"
	"purvey/internal/order"
	"purvey/internal/server"
	"purvey/internal/web/admin"
)

// app is everything a server runs, made of a node and its storage.
type app struct {
	origin     string
	handler    http.Handler
	metrics    prometheus.Gatherer
	background []func(context.Context)

	worker   *job.Worker
	catalog  *catalog.Service
	orders   *order.Service
	licenses *license.Service
	mail     *mail.Service
}

// wire makes the services, ties the kinds of jobs to them, and puts the
// surfaces on one router. Origin is what links begin with.
func wire(n *node, bucket blob.Bucket, origin string) (*app, error) {
	a := &app{origin: origin}
	var smtp *mail.SMTP
	if n.cfg.SMTPURL != "" {
		var err error
		if smtp, err = mail.NewSMTP(n.cfg.SMTPURL, n.cfg.MailFrom.String()); err != nil {
			return nil, err
		}
	}
	var err error
	if a.mail, err = mail.New(n.db, smtp, n.log); err != nil {
		return nil, err
	}
	a.catalog = catalog.New(n.db, bucket, catalog.Options{UploadMax: n.cfg.UploadMax, Folder: localFolder(n)})
	a.orders = order.New(n.db, order.Options{PageURL: func(o purvey.Order) string { return origin + "/d/" + o.ID }, Mail: smtp != nil})
	a.licenses = license.New(n.db)
	a.jobs(n)
	a.routes(n, bucket)
	return a, nil
}

// localFolder is the folder whose free space bounds uploads, "" when the files
// lie elsewhere.
func localFolder(n *node) string {
	if n.cfg.StorageURL != "" {
		return ""
	}
	return n.cfg.Data
}

// jobs ties each kind of job to the service that does it.
func (a *app) jobs(n *node) {
	w := job.NewWorker(n.db, job.Options{Log: n.log})
	key := func(do func(ctx context.Context, key string) error) func(context.Context, purvey.Job) error {
		return func(ctx context.Context, j purvey.Job) error { return do(ctx, j.Key) }
	}
	w.Register(purvey.JobSendMessage, job.Work{Run: snoozing(n.db.Now, key(a.mail.Send))})
	w.Register(purvey.JobDeliverOrder, job.Work{Run: key(a.orders.Release)})
	w.Register(purvey.JobSweepBlobs, job.Work{Every: 6 * time.Hour, Run: plain(a.catalog.SweepBlobs)})
	w.Register(purvey.JobSweepUploads, job.Work{Every: time.Hour, Run: plain(a.catalog.SweepUploads)})
	w.Register(purvey.JobSweepRecords, job.Work{Every: time.Hour, Run: plain(func(ctx context.Context) error {
		_, err := n.idempotency.Sweep(ctx)
		return err
	})})
	a.worker = w
	a.background = append(a.background, func(ctx context.Context) {
		if err := w.Run(ctx); err != nil {
			n.log.Error("the job worker could not begin", "error", err)
		}
	})
}

// plain makes a job's work of what needs no job.
func plain(run func(context.Context) error) func(context.Context, purvey.Job) error {
	return func(ctx context.Context, _ purvey.Job) error { return run(ctx) }
}

// snoozing puts a message off that the mail server refused for now.
func snoozing(now func() time.Time, run func(context.Context, purvey.Job) error) func(context.Context, purvey.Job) error {
	return func(ctx context.Context, j purvey.Job) error {
		err := run(ctx, j)
		var d *mail.Deferred
		if errors.As(err, &d) {
			return &purvey.JobSnooze{Until: now().Add(d.Wait)}
		}
		return err
	}
}

// routes puts every surface on one router, inside what each request passes.
func (a *app) routes(n *node, bucket blob.Bucket) {
	mux := http.NewServeMux()
	bigdd.Register(mux, bigdd.Backend{
		Auth: n.auth, Shops: n.shops, Idempotency: n.idempotency,
		Orders: a.orders, Licenses: a.licenses, Mail: a.mail, Log: n.log,
	})
	admin.Register(mux, admin.Backend{Auth: n.auth, Log: n.log})
	ready := &readiness{log: n.log, parts: []part{{"database", n.db.Ping}, {"storage", bucket.Check}}}
	ready.register(mux)

	registry := server.Registry()
	a.metrics = registry
	a.handler = middleware.Chain(mux,
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

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/connect"
	"purvey/internal/job"
	"purvey/internal/mail"
	"purvey/internal/store"
)

// jobs ties each kind of job to the service that does it.
func (a *app) jobs() {
	w := job.NewWorker(a.node.db, job.Options{Log: a.node.log})
	w.Register(purvey.JobSendMessage, job.Work{Run: a.sendMessage})
	w.Register(purvey.JobSendWebhook, job.Work{
		Record: a.webhooks.Send, Prepare: a.webhooks.Prepare, Timeout: purvey.WebhookTimeout + 5*time.Second, Concurrency: 8,
	})
	w.Register(purvey.JobReplay, job.Work{Run: a.webhooks.RunReplay})
	w.Register(purvey.JobCheckEndpoint, job.Work{Every: time.Hour, Run: a.webhooks.Check})
	w.Register(purvey.JobReleaseDate, job.Work{Run: a.releaseDate})
	w.Register(purvey.JobNotifyUpdate, job.Work{Run: a.notifyUpdate})
	w.Register(purvey.JobServeWaiting, job.Work{Run: a.serveWaiting})
	w.Register(purvey.JobSettleKeys, job.Work{Run: plain(a.licenses.Settle)})
	w.Register(purvey.JobSweepSales, job.Work{Every: 5 * time.Minute, Run: plain(a.checkout.Sweep)})
	w.Register(purvey.JobKeepFigures, job.Work{Every: 15 * time.Minute, Run: plain(a.overview.Keep), Timeout: time.Hour})
	w.Register(purvey.JobBandwidth, job.Work{Every: 5 * time.Minute, Run: plain(a.delivery.CheckBandwidth)})
	w.Register(purvey.JobEndLine, job.Work{Run: a.orders.EndLine})
	w.Register(purvey.JobFulfil, job.Work{Run: a.orders.Fulfil})
	w.Register(purvey.JobStoreEvent, job.Work{Run: func(ctx context.Context, j purvey.Job) error {
		return a.orders.TakeStoreEvent(ctx, j.Key, connect.Read)
	}})
	w.Register(purvey.JobSweepBlobs, job.Work{Every: 6 * time.Hour, Run: plain(a.catalog.SweepBlobs)})
	w.Register(purvey.JobSweepUploads, job.Work{Every: time.Hour, Run: plain(a.catalog.SweepUploads)})
	w.Register(purvey.JobSweepRecords, job.Work{Every: time.Hour, Run: a.sweepRecords})
	a.worker = w
	a.background = append(a.background, a.keepFigures)
	a.background = append(a.background, func(ctx context.Context) {
		if err := w.Run(ctx); err != nil {
			a.node.log.ErrorContext(ctx, "the job worker could not begin", "error", err)
		}
	})
}

// keepFigures has figures kept at once, not only when the quarter of an hour is
// over: a database from before they were kept has years to count.
func (a *app) keepFigures(ctx context.Context) {
	err := a.node.db.Tx(store.Later(ctx), func(tx *store.Tx) error {
		return tx.Enqueue(ctx, purvey.Job{Kind: purvey.JobKeepFigures, Key: "start"})
	})
	if err != nil {
		a.node.log.ErrorContext(ctx, "figures will be kept only in a while", "error", err)
	}
}

// plain makes a job's work of what needs no job.
func plain(run func(context.Context) error) func(context.Context, purvey.Job) error {
	return func(ctx context.Context, _ purvey.Job) error { return run(ctx) }
}

// sendMessage puts a message off that the mail server refused for now.
func (a *app) sendMessage(ctx context.Context, j purvey.Job) error {
	err := a.mail.Send(ctx, j.Key)
	var d *mail.Deferred
	if errors.As(err, &d) {
		return &purvey.JobSnooze{Until: a.node.db.Now().Add(d.Wait)}
	}
	return err
}

// releaseDate delivers what waited for a product's date.
func (a *app) releaseDate(ctx context.Context, j purvey.Job) error {
	var refs catalog.Refs
	if err := json.Unmarshal(j.Args, &refs); err != nil {
		return &purvey.JobDiscard{Cause: fmt.Errorf("the arguments cannot be read: %w", err)}
	}
	return a.orders.ReleaseProduct(ctx, refs.ProductID)
}

// notifyUpdate tells buyers of new files.
func (a *app) notifyUpdate(ctx context.Context, j purvey.Job) error {
	var refs catalog.Refs
	if err := json.Unmarshal(j.Args, &refs); err != nil {
		return &purvey.JobDiscard{Cause: fmt.Errorf("the arguments cannot be read: %w", err)}
	}
	v, err := a.catalog.Version(ctx, refs.ShopID, refs.ProductID, refs.VersionID)
	if err != nil {
		return err
	}
	return a.orders.NotifyUpdate(ctx, refs.ProductID, v.Notes, j.ID)
}

// serveWaiting gives new keys to those who wait; the key is made by
// license.WaitingKey.
func (a *app) serveWaiting(ctx context.Context, j purvey.Job) error {
	parts := strings.SplitN(j.Key, "/", 3)
	if len(parts) != 3 {
		return &purvey.JobDiscard{Cause: fmt.Errorf("the key %q names no pool", j.Key)}
	}
	return a.orders.ServeWaiting(ctx, purvey.Scope{ShopID: parts[0], Mode: purvey.Mode(parts[1])}, parts[2])
}

// sweepRecords forgets what has been kept long enough.
func (a *app) sweepRecords(ctx context.Context, j purvey.Job) error {
	_, err := a.node.idempotency.Sweep(ctx)
	return errors.Join(err, a.webhooks.Sweep(ctx, j), a.orders.SweepQuotes(ctx), a.orders.SweepStoreEvents(ctx), a.delivery.SweepMints(ctx),
		a.node.auth.SweepSessions(ctx))
}

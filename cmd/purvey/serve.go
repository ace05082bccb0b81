package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"sync"

	"purvey/internal/blob"
	"purvey/internal/config"
	"purvey/internal/server"
)

// serve runs the server until ctx ends, and then lets what runs end.
func (p *process) serve(ctx context.Context, cfg config.Config, args []string) error {
	if _, err := parse(flag.NewFlagSet("serve", flag.ContinueOnError), args); err != nil {
		return err
	}
	n, err := p.open(ctx, cfg)
	if err != nil {
		return err
	}
	err = p.serveNode(ctx, n)
	return errors.Join(err, n.close())
}

func (p *process) serveNode(ctx context.Context, n *node) error {
	bucket, err := blob.Open(ctx, n.cfg.StorageURL, n.cfg.Data, p.env)
	if err != nil {
		return err
	}
	listener, err := server.Listen(ctx, n.cfg.Addr)
	if err != nil {
		return err
	}
	var metrics *server.Server
	if n.cfg.MetricsAddr != "" {
		if metrics, err = server.Listen(ctx, n.cfg.MetricsAddr); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	app, err := wire(n, bucket, listener.URL())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if n.before != nil {
		if err := n.before(ctx, app); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	setup, err := n.auth.SetupOpen(ctx)
	if err != nil {
		return errors.Join(err, listener.Close())
	}

	// What runs in the background outlives the last request, whose writes it
	// takes along.
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var running sync.WaitGroup
	for _, run := range app.background {
		running.Go(func() { run(background) })
	}
	err = listener.Serve(ctx, app.handler, server.Options{
		Log: n.log, Metrics: metrics, Gatherer: app.metrics,
		Ready: func(address string) {
			fmt.Fprintf(p.stdout, "purvey: listening on %s\n", address)
			if setup {
				fmt.Fprintf(p.stdout, "purvey: owner link %s/admin/setup?token=%s\n", app.origin, url.QueryEscape(n.auth.SetupToken()))
			}
		},
	})
	stop()
	running.Wait()
	return err
}

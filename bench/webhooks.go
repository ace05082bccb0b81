package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"purvey/bench/load"
	"purvey/bench/paired"
	"purvey/bench/peer"
	"purvey/bench/probe"
	"purvey/bench/process"
	"purvey/bench/receiver"
)

const senders = 64

// webhooks measures signed deliveries a second to one receiver that verifies each. Purvey sends again, by one call of
// replay, what a few thousand orders have caused; the probe sends for the length of a slot over 64 connections and
// keeps a row of each attempt on disk.
func webhooks(ctx context.Context, b *bench) error {
	const hooksName = "probe (net/http + attempt row, fsync)"
	r, err := receiver.Start()
	if err != nil {
		return err
	}
	b.closers = append(b.closers, r.Close)
	bare, err := b.startProbe(ctx, "hooks", "-db", b.file("hooks.db"))
	if err != nil {
		return err
	}
	s, purveyErr := b.prepareEvents(ctx, r)
	size := 2000
	if purveyErr == nil {
		size = s.size // as long as Purvey's own
		fmt.Fprintf(b.out, "\nwebhooks: %d orders placed; their events all received and verified %.2f s after the first order, %d bytes each\n",
			s.events, s.first.Seconds(), s.size)
	}
	probeSide := r.Expect(probe.HookSecret)
	list := []paired.Contender{
		{Name: hooksName, Slot: func(ctx context.Context) (paired.Sample, error) {
			return b.burst(ctx, bare, probeSide, size)
		}},
		unless(purveyErr, purveyName, func(name string) paired.Contender {
			return paired.Contender{Name: name, Slot: s.replay}
		}),
	}
	return b.compare(ctx, paired.Table{
		Title:   fmt.Sprintf("signed webhooks of %d bytes, one receiver", size),
		Unit:    "delivery",
		Columns: []paired.Metric{paired.Rate, paired.Finished, paired.P50, paired.P99, paired.CPUPerUnit, paired.After},
		Ratio:   paired.Rate,
		Goals:   []paired.Goal{{Name: "G11", Of: purveyName, By: hooksName, Metric: paired.Rate, AtLeast: 0.6}},
	}, list)
}

// burst has the probe send for one slot.
func (b *bench) burst(ctx context.Context, c *process.Child, to *receiver.Side, size int) (paired.Sample, error) {
	before := process.CPU(c.PID())
	q := url.Values{"to": {to.URL()}, "clients": {strconv.Itoa(senders)}, "ms": {strconv.FormatInt(b.slot.Milliseconds(), 10)}, "bytes": {strconv.Itoa(size)}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+"/send?"+q.Encode(), nil)
	if err != nil {
		return paired.Sample{}, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return paired.Sample{}, err
	}
	defer answer.Body.Close()
	var done probe.Burst
	if answer.StatusCode != http.StatusOK {
		return paired.Sample{}, fmt.Errorf("the probe answered %d", answer.StatusCode)
	}
	if err := json.NewDecoder(answer.Body).Decode(&done); err != nil {
		return paired.Sample{}, err
	}
	s := paired.Sample{Units: float64(done.Deliveries), Elapsed: done.Elapsed, P50: done.P50, P99: done.P99, Fault: to.Fault()}
	settle(ctx, c.PID(), before, &s)
	return s, nil
}

// sender is a Purvey whose endpoint has events to replay.
type sender struct {
	*peer.Purvey
	to       *receiver.Side
	endpoint string
	since    time.Time
	events   int64
	size     int
	first    time.Duration // from the first order to the last event, the first time round
}

// prepareEvents registers the receiver, places orders and waits for what they cause.
func (b *bench) prepareEvents(ctx context.Context, r *receiver.Receiver) (*sender, error) {
	want := 5000
	if b.smoke {
		want = 300
	}
	p, err := b.startPurvey(ctx, "PURVEY_WEBHOOK_ALLOW_INSECURE=true")
	if err != nil {
		return nil, err
	}
	product, err := goods(ctx, p)
	if err != nil {
		return nil, err
	}
	s := &sender{Purvey: p, to: r.Expect(""), since: time.Now().Add(-time.Minute)}
	var secret string
	if s.endpoint, secret, err = p.Endpoint(ctx, s.to.URL()); err != nil {
		return nil, err
	}
	s.to.SetSecret(secret)
	begin := time.Now()
	for placed := 0; placed < want; {
		b.say("purvey: %d of %d orders placed", placed, want)
		got, err := b.generator.Run(load.Slot{Clients: 16, Duration: 100 * time.Millisecond}, load.Request{Method: "POST",
			URL: p.Address("/orders"), Header: p.Header(), Body: peer.OrderBody("b{n}@example.com", product)})
		if err != nil {
			return nil, err
		}
		if f := faults(got); f != "" || got.Requests == 0 {
			return nil, fmt.Errorf("placing orders: %d placed in 100 ms %s", got.Requests, f)
		}
		placed += got.Requests
	}
	b.say("purvey: waiting for the events of the orders")
	// Orders that were under way when a slot ended have been placed too: the count is what has come when the server is calm.
	if _, calm := process.Settle(ctx, p.PID(), calmLimit); !calm {
		return nil, errors.New("the server did not become calm after the orders")
	}
	s.events = s.to.Count()
	s.first = s.to.Last().Sub(begin)
	s.size = s.to.MeanSize()
	if s.events < int64(want) {
		return nil, fmt.Errorf("%d orders caused %d deliveries", want, s.events)
	}
	if f := s.to.Fault(); f != "" {
		return nil, errors.New(f)
	}
	return s, nil
}

// replay has all events sent again and times the last of them.
func (s *sender) replay(ctx context.Context) (paired.Sample, error) {
	before := process.CPU(s.PID())
	arrived := s.to.After(s.events)
	begin := time.Now()
	if err := s.Replay(ctx, s.endpoint, s.since); err != nil {
		return paired.Sample{}, err
	}
	select {
	case <-arrived:
	case <-ctx.Done():
		return paired.Sample{}, ctx.Err()
	case <-time.After(calmLimit):
		return paired.Sample{}, fmt.Errorf("of %d deliveries %d are missing after %v", s.events, s.to.Awaited(), calmLimit)
	}
	sample := paired.Sample{Units: float64(s.events), Elapsed: s.to.Last().Sub(begin), Fault: s.to.Fault()}
	settle(ctx, s.PID(), before, &sample)
	return sample, nil
}

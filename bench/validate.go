package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"purvey/bench/load"
	"purvey/bench/paired"
	"purvey/bench/peer"
	"purvey/bench/probe"
	"purvey/bench/process"
)

const fewKeys = 10_000

// validate measures the question whether a licence key is good, against few and many keys.
func validate(ctx context.Context, b *bench) error {
	const pbDefault = "PocketBase as installed"
	probeFew, probeMany := "probe, "+short(fewKeys)+" keys", "probe, "+short(b.keys)+" keys"
	purveyFew, purveyMany := "purvey, "+short(fewKeys)+" keys", "purvey, "+short(b.keys)+" keys"
	few, err := b.keyFile(fewKeys)
	if err != nil {
		return err
	}
	many, err := b.keyFile(b.keys)
	if err != nil {
		return err
	}
	bareMany, err := b.startProbe(ctx, "validate", "-db", many)
	if err != nil {
		return err
	}
	bareFew, err := b.startProbe(ctx, "validate", "-db", few)
	if err != nil {
		return err
	}
	purveyFewServer, fewErr := b.startPurveyWith(ctx, fewKeys)
	purveyManyServer, manyErr := b.startPurveyWith(ctx, b.keys)
	pb, pbErr := b.startPocketBase(ctx, many, false)
	pbLog, pbLogErr := b.startPocketBase(ctx, many, true)

	sampleFew, sampleMany := someKeys(fewKeys, b.asked), someKeys(b.keys, b.asked)
	for _, clients := range b.clients {
		slot := load.Slot{Clients: clients, Duration: b.slot}
		bare := func(name string, c *process.Child, keys []string) paired.Contender {
			return b.driven(name, c.PID(), slot, load.Request{URL: c.URL + "/validate?key={key}", Header: []string{"Authorization: Bearer " + probe.Token}, Keys: keys})
		}
		ours := func(err error, name string, p *peer.Purvey, keys []string) paired.Contender {
			return unless(err, name, func(name string) paired.Contender {
				return b.driven(name, p.PID(), slot, load.Request{URL: p.Address("/license-keys/validate?key={key}"), Header: p.Header(), Keys: keys})
			})
		}
		theirs := func(err error, name string, p *peer.PocketBase) paired.Contender {
			return unless(err, name, func(name string) paired.Contender {
				return b.driven(name, p.PID(), slot, load.Request{URL: p.URL + p.KeyPath(), Keys: sampleMany})
			})
		}
		list := []paired.Contender{
			bare(probeMany, bareMany, sampleMany), bare(probeFew, bareFew, sampleFew),
			ours(manyErr, purveyMany, purveyManyServer, sampleMany), ours(fewErr, purveyFew, purveyFewServer, sampleFew),
			theirs(pbErr, pocketBaseName, pb), theirs(pbLogErr, pbDefault, pbLog),
		}
		t := paired.Table{
			Title:   fmt.Sprintf("licence validation, %s", countOf(clients)),
			Unit:    "request",
			Columns: []paired.Metric{paired.Rate, paired.P50, paired.P99, paired.CPUPerUnit, paired.After, paired.Client},
			Ratio:   paired.Rate,
			Goals: []paired.Goal{
				{Name: "G5", Of: purveyMany, By: probeMany, Metric: paired.Rate, AtLeast: 1},
				{Name: "G5", Of: purveyMany, By: pocketBaseName, Metric: paired.Rate, AtLeast: 4},
				{Name: "G5", Of: purveyMany, By: pbDefault, Metric: paired.Rate, AtLeast: 6},
				{Name: "G6 (growth)", Of: purveyMany, By: purveyFew, Metric: paired.CPUPerUnit, AtMost: 1.15},
				{Name: "G6 (growth)", Of: purveyMany, By: purveyFew, Metric: paired.P99, AtMost: 1.3},
			},
		}
		if clients == 16 {
			t.Goals = append(t.Goals, paired.Goal{Name: "G5", Of: purveyMany, By: pocketBaseName, Metric: paired.P99, AtMost: 0.5})
		}
		if err := b.compare(ctx, t, list); err != nil {
			return err
		}
	}
	return nil
}

// someKeys draws count keys at random from the first n.
func someKeys(n int64, count int) []string {
	keys := make([]string, count)
	for i := range keys {
		keys[i] = probe.Key(rand.Int64N(n))
	}
	return keys
}

// short writes 10000 as 10k and 1000000 as 1M.
func short(n int64) string {
	switch {
	case n%1_000_000 == 0:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n%1000 == 0:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}

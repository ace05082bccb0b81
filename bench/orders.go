package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"purvey/bench/load"
	"purvey/bench/paired"
	"purvey/bench/peer"
	"purvey/bench/probe"
)

const (
	purveyName     = "purvey"
	probeName      = "probe (Go + SQLite, group commit)"
	pocketBaseName = "PocketBase, request log off"
	diskName       = "disk: 4 KiB + fdatasync, one by one"
)

// orders measures the registration of an order, durable: Purvey does all that follows from it (grant, e-mail, events)
// as well, and is charged for it.
func orders(ctx context.Context, b *bench) error {
	bare, err := b.startProbe(ctx, "order", "-db", b.file("orders.db"))
	if err != nil {
		return err
	}
	product := ""
	purvey, purveyErr := b.startPurvey(ctx)
	if purveyErr == nil {
		product, purveyErr = goods(ctx, purvey)
	}
	pb, pbErr := b.startPocketBase(ctx, "", false)
	disk, err := openDisk(b.file("disk"))
	if err != nil {
		return err
	}
	defer disk.Close()

	for _, clients := range b.clients {
		slot := load.Slot{Clients: clients, Duration: b.slot}
		body := peer.OrderBody("b{n}@example.com", "00000000000000000000beef")
		list := []paired.Contender{b.driven(probeName, bare.PID(), slot, load.Request{Method: "POST", URL: bare.URL + "/orders",
			Header: []string{"Authorization: Bearer " + probe.Token}, Body: body})}
		list = append(list, unless(purveyErr, purveyName, func(name string) paired.Contender {
			return b.driven(name, purvey.PID(), slot, load.Request{Method: "POST", URL: purvey.Address("/orders"),
				Header: purvey.Header(), Body: peer.OrderBody("b{n}@example.com", product)})
		}), unless(pbErr, pocketBaseName, func(name string) paired.Contender {
			return b.driven(name, pb.PID(), slot, load.Request{Method: "POST", URL: pb.URL + pb.OrderPath(), Body: pb.OrderBody()})
		}))
		if clients == 1 {
			list = append(list, paired.Contender{Name: diskName, Slot: func(context.Context) (paired.Sample, error) { return disk.slot(b.slot) }})
		}
		if err := b.compare(ctx, ordersTable(clients), list); err != nil {
			return err
		}
	}
	if purveyErr == nil && pbErr == nil {
		b.memory([]string{purveyName, pocketBaseName}, []int{purvey.PID(), pb.PID()})
	}
	return nil
}

func ordersTable(clients int) paired.Table {
	t := paired.Table{
		Title:   fmt.Sprintf("orders, durable, %s", countOf(clients)),
		Unit:    "order",
		Columns: []paired.Metric{paired.Rate, paired.Finished, paired.P50, paired.P99, paired.CPUPerUnit, paired.After, paired.Client},
		Ratio:   paired.Rate,
		Goals:   []paired.Goal{{Name: "G7", Of: purveyName, By: probeName, Metric: paired.Rate, AtLeast: 0.75}},
	}
	switch {
	case clients == 1:
		t.Goals = []paired.Goal{{Name: "G8", Of: purveyName, By: diskName, Metric: paired.P50, AtMost: 4}}
	case clients < 64:
		t.Goals = append(t.Goals, paired.Goal{Name: "G7", Of: purveyName, By: pocketBaseName, Metric: paired.Rate, AtLeast: 2})
	default:
		t.Goals = append(t.Goals, paired.Goal{Name: "G7", Of: purveyName, By: pocketBaseName, Metric: paired.Rate, AtLeast: 3},
			paired.Goal{Name: "G7", Of: purveyName, By: pocketBaseName, Metric: paired.P99, AtMost: 0.35})
	}
	t.Goals = append(t.Goals, paired.Goal{Name: "all work done", Of: purveyName, By: probeName, Metric: paired.Finished})
	return t
}

func countOf(clients int) string {
	if clients == 1 {
		return "1 client"
	}
	return fmt.Sprintf("%d clients", clients)
}

// disk writes 4 KiB blocks over a file that exists already, with fdatasync after each: what a write-ahead log that is
// used again can do at best.
type disk struct {
	*os.File
	block  []byte
	offset int64
}

const diskSize = 16 << 20

func openDisk(name string) (*disk, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	d := &disk{File: f, block: bytes.Repeat([]byte{7}, 4096)}
	if _, err := f.Write(bytes.Repeat(d.block, diskSize/len(d.block))); err != nil {
		return nil, err
	}
	return d, f.Sync()
}

func (d *disk) slot(length time.Duration) (paired.Sample, error) {
	var all []time.Duration
	begin := time.Now()
	for time.Since(begin) < length {
		start := time.Now()
		if _, err := d.WriteAt(d.block, d.offset); err != nil {
			return paired.Sample{}, err
		}
		if err := syscall.Fdatasync(int(d.Fd())); err != nil {
			return paired.Sample{}, err
		}
		d.offset = (d.offset + int64(len(d.block))) % diskSize
		all = append(all, time.Since(start))
	}
	s := paired.Sample{Units: float64(len(all)), Elapsed: time.Since(begin)}
	slices.Sort(all)
	s.P50, s.P99 = all[len(all)/2], all[len(all)*99/100]
	return s, nil
}

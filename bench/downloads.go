package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"purvey/bench/load"
	"purvey/bench/paired"
	"purvey/bench/peer"
	"purvey/bench/probe"
)

const (
	nginxName = "nginx, sendfile"
	bareFile  = "probe (Go, HMAC link, ServeContent)"
	pbFile    = "PocketBase, protected file"
	smallFile = "small.bin"
	bigFile   = "big.bin"
	buyers    = 2048
)

// downloads measures how fast bought files leave the server: a signed or otherwise guarded link on every side but
// nginx's, which serves to anybody. Purvey checks the right and counts every copy. The links of 2,048 orders take turns.
func downloads(ctx context.Context, b *bench) error {
	folder := b.folder("files")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	content := map[string][]byte{smallFile: make([]byte, 10<<10), bigFile: make([]byte, b.big*1_000_000)}
	for name, text := range content {
		rand.Read(text)
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return err
		}
	}
	bare, err := b.startProbe(ctx, "file", "-dir", folder)
	if err != nil {
		return err
	}
	nginx, nginxErr := b.startNginx(ctx, folder)
	shop, purveyErr := b.openShop(ctx, content)
	pb, pbErr := b.startPocketBase(ctx, "", false)
	pbPaths := map[string]string{}
	for name, text := range content {
		if pbErr == nil {
			pbPaths[name], pbErr = pb.Upload(ctx, name, text)
		}
	}

	for _, v := range []struct {
		file, title string
		discard     bool
	}{
		{bigFile, fmt.Sprintf("download of %d MB, 16 clients", b.big), false},
		{bigFile, fmt.Sprintf("download of %d MB, 16 clients that discard in the kernel", b.big), true},
		{smallFile, "download of 10 KiB, 16 clients", false},
	} {
		slot := load.Slot{Clients: 16, Duration: b.slot, Discard: v.discard}
		ticket := ""
		if pbErr == nil {
			ticket, pbErr = pb.Ticket(ctx)
		}
		list := []paired.Contender{
			unless(nginxErr, nginxName, func(name string) paired.Contender {
				return b.driven(name, nginx.PID(), slot, load.Request{URL: nginx.URL + "/" + v.file})
			}),
			b.driven(bareFile, bare.PID(), slot, load.Request{URL: bare.URL + probe.SignedPath(v.file, time.Now())}),
			unless(purveyErr, purveyName, func(name string) paired.Contender {
				return b.driven(name, shop.PID(), slot, load.Request{URL: shop.URL + "/d/{key}/files/" + shop.files[v.file], Keys: shop.tokens})
			}),
			unless(pbErr, pbFile, func(name string) paired.Contender {
				return b.driven(name, pb.PID(), slot, load.Request{URL: pb.URL + pbPaths[v.file] + ticket})
			}),
		}
		if err := b.compare(ctx, downloadsTable(v.title, v.file == bigFile), list); err != nil {
			return err
		}
	}
	return nil
}

func downloadsTable(title string, big bool) paired.Table {
	if big {
		return paired.Table{
			Title: title, Unit: "download", Ratio: paired.Throughput,
			Columns: []paired.Metric{paired.Throughput, paired.Rate, paired.CPUPerGB, paired.After, paired.Client},
			Goals: []paired.Goal{
				{Name: "G1", Of: purveyName, By: nginxName, Metric: paired.Throughput, AtLeast: 0.95},
				{Name: "G1", Of: purveyName, By: nginxName, Metric: paired.CPUPerGB, AtMost: 1.25},
			},
		}
	}
	return paired.Table{
		Title: title, Unit: "download", Ratio: paired.Rate,
		Columns: []paired.Metric{paired.Rate, paired.P50, paired.P99, paired.CPUPerUnit, paired.After, paired.Client},
		Goals: []paired.Goal{
			{Name: "G4", Of: purveyName, By: nginxName, Metric: paired.Rate, AtLeast: 0.45},
			{Name: "G4", Of: purveyName, By: pbFile, Metric: paired.Rate, AtLeast: 5},
		},
	}
}

// shop is a Purvey with a product of the two files and the tokens of its buyers' pages.
type shop struct {
	*peer.Purvey
	files  map[string]string // name to id
	tokens []string
}

func (b *bench) openShop(ctx context.Context, content map[string][]byte) (*shop, error) {
	p, err := b.startPurvey(ctx)
	if err != nil {
		return nil, err
	}
	s := &shop{Purvey: p, files: map[string]string{}}
	var ids []string
	for name, text := range content {
		b.say("purvey: uploading %s", name)
		id, err := p.Upload(ctx, name, text)
		if err != nil {
			return nil, fmt.Errorf("upload of %s: %w", name, err)
		}
		s.files[name] = id
		ids = append(ids, id)
	}
	product, err := p.Product(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for i := range buyers {
		page, err := p.Order(ctx, fmt.Sprintf("buyer%d@example.com", i), product)
		if err != nil {
			return nil, err
		}
		s.tokens = append(s.tokens, strings.TrimPrefix(page, "/d/"))
	}
	// One copy whole, compared: a fast wrong answer must not count.
	for name, text := range content {
		got, err := p.Fetch(ctx, "/d/"+s.tokens[0]+"/files/"+s.files[name])
		if err != nil {
			return nil, err
		}
		if string(got) != string(text) {
			return nil, fmt.Errorf("%s came back changed (%d bytes)", name, len(got))
		}
	}
	return s, nil
}

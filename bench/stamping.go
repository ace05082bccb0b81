package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"purvey/bench/paired"
	"purvey/bench/pdf"
	"purvey/bench/peer"
	"purvey/bench/process"
)

const stampText = "Licensed to buyer@example.com, order 1234"

// stamping measures a text on each of 100 pages. On Purvey's side a download through a fresh share link is timed from
// the request to the last byte; on qpdf's side a whole process that overlays a ready page.
func stamping(ctx context.Context, b *bench) error {
	const qpdfName = "qpdf --overlay"
	folder := b.folder("pdf")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	book := pdf.Book(100)
	in, overlay, out := filepath.Join(folder, "in.pdf"), filepath.Join(folder, "stamp.pdf"), filepath.Join(folder, "out.pdf")
	if err := os.WriteFile(in, book, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(overlay, pdf.Stamp(stampText), 0o644); err != nil {
		return err
	}
	qpdf, qpdfErr := exec.LookPath("qpdf")
	if qpdfErr != nil {
		qpdfErr = fmt.Errorf("qpdf is %w", peer.ErrAbsent)
	}
	file := ""
	purvey, purveyErr := b.startPurvey(ctx)
	if purveyErr == nil {
		file, purveyErr = purvey.Upload(ctx, "book.pdf", book)
	}
	copies := 0
	list := []paired.Contender{
		unless(qpdfErr, qpdfName, func(name string) paired.Contender {
			return paired.Contender{Name: name, Slot: func(ctx context.Context) (paired.Sample, error) {
				c := exec.CommandContext(ctx, qpdf, in, "--overlay", overlay, "--repeat=1", "--", out)
				s, err := timed(ctx, 0, c.Run)
				if err == nil {
					s.CPU = c.ProcessState.UserTime() + c.ProcessState.SystemTime()
				}
				return s, err
			}}
		}),
		unless(purveyErr, purveyName, func(name string) paired.Contender {
			return paired.Contender{Name: name, Slot: func(ctx context.Context) (paired.Sample, error) {
				copies++
				path, err := purvey.ShareStamped(ctx, file, fmt.Sprintf("%s, copy %d", stampText, copies))
				if err != nil {
					return paired.Sample{}, err
				}
				process.Settle(ctx, purvey.PID(), time.Minute)
				var stamped []byte
				s, err := timed(ctx, purvey.PID(), func() (err error) {
					stamped, err = purvey.Fetch(ctx, path)
					return err
				})
				if err == nil && (!bytes.HasPrefix(stamped, []byte("%PDF-")) || bytes.Equal(stamped, book)) {
					err = fmt.Errorf("the answer (%d bytes) is no stamped copy", len(stamped))
				}
				return s, err
			}}
		}),
	}
	return b.compare(ctx, paired.Table{
		Title:   fmt.Sprintf("PDF of 100 pages, %.1f MB, stamped", float64(len(book))/1e6),
		Unit:    "copy",
		Columns: []paired.Metric{paired.P50, paired.CPUPerUnit, paired.After},
		Ratio:   paired.P50,
		Goals:   []paired.Goal{{Name: "G12", Of: purveyName, By: qpdfName, Metric: paired.P50, AtMost: 0.15}},
	}, list)
}

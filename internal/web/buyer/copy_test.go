package buyer_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/delivery"
	"purvey/internal/store/storetest"
)

func TestDownloadWhole(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		goods := content(300_000)
		f := w.file("Größe №1.wav", goods)
		o := w.order(w.product(2, f))
		path := w.page(o) + "/files/" + f.ID
		w.wantBytes(w.get(path), 200, goods)
		got := w.settled(o, func(got []purvey.Download) bool { return !got[0].CompletedAt.IsZero() })
		if len(got) != 1 || got[0].Sent != int64(len(goods)) || got[0].Redownload || !got[0].Counted || !got[0].Billable || got[0].Number != 1 {
			t.Fatalf("after one copy: %+v", got)
		}
		w.wantBytes(w.get(path), 200, goods)
		got = w.copies(o)
		if len(got) != 2 || !got[1].Redownload || got[1].Counted || got[1].Billable || got[1].Number != 2 {
			t.Fatalf("after two copies: %+v", got)
		}
		refused := w.get(path)
		w.want(refused, 403)
		if len(w.copies(o)) != 2 {
			t.Fatal("a refusal was counted")
		}
	})
}

// TestMixedRequestsAreOneCopy is the bar of counting: HEAD, bytes=0-,
// segments in parallel, aborted and resumed transfers of one file by one
// buyer, 1,000 of them, are one copy of the one that is allowed.
func TestMixedRequestsAreOneCopy(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		const size, segments, heads, conditional, aborted = 32 << 20, 256, 420, 300, 20
		goods := content(size)
		f := w.file("film.mp4", goods)
		o := w.order(w.product(1, f))
		path := w.page(o) + "/files/" + f.ID
		etag := w.do("HEAD", path).Header.Get("ETag")

		parts := make([][]byte, segments)
		var wg sync.WaitGroup
		work := make(chan func())
		for range 16 {
			wg.Go(func() {
				for f := range work {
					f()
				}
			})
		}
		total := 1
		var jobs []func()
		add := func(n int, job func(i int)) {
			total += n
			for i := range n {
				jobs = append(jobs, func() { job(i) })
			}
		}
		expect := func(a answer, status int) {
			if a.err != nil || a.StatusCode != status {
				t.Errorf("got %d (%v), want %d", a.StatusCode, a.err, status)
			}
		}
		add(heads, func(int) { expect(w.do("HEAD", path), 200) })
		add(conditional, func(i int) {
			switch i % 3 {
			case 0:
				expect(w.get(path, "If-None-Match", etag), 304)
			case 1:
				expect(w.get(path, "If-Match", `"other"`), 412)
			default:
				expect(w.get(path, "Range", "bytes=99999999999-"), 416)
			}
		})
		add(aborted, func(int) { w.abort(path, "bytes=0-", 2000) })
		segment := func(i int) {
			step := size / segments
			a := w.get(path, "Range", fmt.Sprintf("bytes=%d-%d", i*step, (i+1)*step-1))
			expect(a, 206)
			parts[i] = a.body
		}
		add(segments-1, segment)
		// The requests in an order that mixes the kinds, the same in each run.
		for i := range jobs {
			j := (i*7919 + 13) % len(jobs)
			jobs[i], jobs[j] = jobs[j], jobs[i]
		}
		for _, j := range jobs {
			work <- j
		}
		close(work)
		wg.Wait()
		segment(segments - 1)

		if !bytes.Equal(bytes.Join(parts, nil), goods) {
			t.Fatal("the segments are not the file")
		}
		got := w.settled(o, func(got []purvey.Download) bool { return !got[0].CompletedAt.IsZero() })
		if len(got) != 1 {
			t.Fatalf("%d mixed requests were counted as %d copies: %+v", total, len(got), got)
		}
		w.want(w.get(path), 403)
		w.want(w.get(path, "Range", "bytes=0-"), 403)
	})
}

// abort asks for a range, reads a little and hangs up.
func (w *world) abort(path, ranges string, read int) {
	w.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.server.URL, "http://"))
	if err != nil {
		w.t.Error(err)
		return
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: shop\r\nRange: %s\r\n\r\n", path, ranges)
	if _, err := io.ReadFull(conn, make([]byte, read)); err != nil {
		w.t.Errorf("aborted transfer: %v", err)
	}
}

func TestNothingWalksPastTheLimit(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		const size, limit, attackers = 256 << 10, 2, 60
		goods := content(size)
		f := w.file("a.zip", goods)
		o := w.order(w.product(limit, f))
		path := w.page(o) + "/files/" + f.ID
		var mu sync.Mutex
		var received int64
		var wg sync.WaitGroup
		for i := range attackers {
			wg.Go(func() {
				headers := []string{}
				if i%3 == 0 {
					headers = []string{"Range", "bytes=0-"}
				}
				a := w.get(path, headers...)
				if a.StatusCode == 200 || a.StatusCode == 206 {
					mu.Lock()
					received += int64(len(a.body))
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if received > 2*limit*size {
			t.Fatalf("%d bytes were got of a file of %d with %d copies allowed", received, size, limit)
		}
		got := w.copies(o)
		if len(got) > limit {
			t.Fatalf("%d copies began, %d are allowed", len(got), limit)
		}
		for _, d := range got {
			if d.Sent > 2*size {
				t.Fatalf("a copy of %d bytes was sent as %d", size, d.Sent)
			}
		}
	})
}

func TestTwiceTheSizeIsTheEnd(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		goods := content(400_000)
		f := w.file("a.bin", goods)
		o := w.order(w.product(1, f))
		path := w.page(o) + "/files/" + f.ID
		// The first half, again and again, never makes a whole copy.
		for range 4 {
			w.wantBytes(w.get(path, "Range", "bytes=0-199999"), 206, goods[:200_000])
		}
		w.want(w.get(path, "Range", "bytes=0-199999"), 403)
		w.want(w.get(path, "Range", "bytes=200000-"), 403)
		if got := w.copies(o); len(got) != 1 || got[0].Sent != 800_000 || !got[0].CompletedAt.IsZero() {
			t.Fatalf("%+v", got)
		}
	})
}

func TestRequestInFlightIsCutAtTwiceTheSize(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		goods := content(1 << 20)
		f := w.file("a.bin", goods)
		o := w.order(w.product(1, f))
		path := w.page(o) + "/files/" + f.ID
		for range 3 {
			w.wantBytes(w.get(path, "Range", "bytes=0-524287"), 206, goods[:512<<10])
		}
		a := w.get(path, "Range", "bytes=1-")
		if a.StatusCode != 206 || a.err == nil || len(a.body) > 512<<10 {
			t.Fatalf("got %d bytes, error %v: a request may not pass twice the size", len(a.body), a.err)
		}
		if got := w.copies(o); len(got) != 1 || got[0].Sent > 2<<20 {
			t.Fatalf("%+v", got)
		}
	})
}

// TestAnswerOutlastsItsCopy sends on in the next copy, where one may begin, when
// the first has been sent twice over in the middle of an answer.
func TestAnswerOutlastsItsCopy(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		goods := content(1 << 20)
		f := w.file("a.bin", goods)
		for _, limit := range []int{0, 2} {
			o := w.order(w.product(limit, f))
			path := w.page(o) + "/files/" + f.ID
			for range 3 {
				w.wantBytes(w.get(path, "Range", "bytes=0-524287"), 206, goods[:512<<10])
			}
			w.wantBytes(w.get(path, "Range", "bytes=1-"), 206, goods[1:])
			got := w.settled(o, func(got []purvey.Download) bool { return len(got) == 2 })
			if got[0].Sent != 2<<20 || got[0].Sent+got[1].Sent != 3*512<<10+1<<20-1 {
				t.Fatalf("%+v", got)
			}
		}
	})
}

// TestManyRepeatedDownloads counts copies that begin without waiting for the
// database.
func TestManyRepeatedDownloads(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		goods := content(2000)
		f := w.file("a.bin", goods)
		o := w.order(w.product(0, f))
		path := w.page(o) + "/files/" + f.ID
		const rounds, clients = 40, 8
		var wg sync.WaitGroup
		for range clients {
			wg.Go(func() {
				for range rounds {
					if a := w.get(path); a.StatusCode != 200 || !bytes.Equal(a.body, goods) {
						t.Errorf("%d", a.StatusCode)
					}
				}
			})
		}
		wg.Wait()
		var sent int64
		got := w.settled(o, func(got []purvey.Download) bool {
			sent = 0
			for _, d := range got {
				sent += d.Sent
			}
			return sent == rounds*clients*int64(len(goods))
		})
		for i, d := range got {
			if d.Number != i+1 || d.Redownload != (i > 0) || d.Sent > 2*d.Size {
				t.Fatalf("copy %d: %+v", i, d)
			}
		}
		events, err := w.db.EventsOfOrder(context.Background(), w.scope, o.ID)
		w.must(err)
		told := 0
		for _, e := range events {
			if e.Data.Download != nil {
				told++
			}
		}
		if told != len(got) {
			t.Fatalf("%d copies, %d told", len(got), told)
		}
		// A limit that is set now counts every one of them.
		limit := len(got)
		_, err = w.catalog.SetLimits(context.Background(), w.shop, o.Lines[0].ProductID, catalog.Limits{MaxDownloads: catalog.Set(&limit)})
		w.must(err)
		w.want(w.get(path), 403)
	})
}

func TestIdleWeekEndsACopy(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		goods := content(100_000)
		f := w.file("a.bin", goods)
		o := w.order(w.product(2, f))
		path := w.page(o) + "/files/" + f.ID
		w.want(w.get(path, "Range", "bytes=0-9"), 206)
		w.clock.Advance(purvey.CopyIdle - time.Second)
		w.want(w.get(path, "Range", "bytes=10-19"), 206)
		if n := len(w.copies(o)); n != 1 {
			t.Fatalf("%d copies within the week", n)
		}
		w.clock.Advance(purvey.CopyIdle)
		w.want(w.get(path, "Range", "bytes=20-29"), 206)
		if n := len(w.copies(o)); n != 2 {
			t.Fatalf("%d copies after an idle week", n)
		}
		w.clock.Advance(purvey.CopyIdle)
		w.want(w.get(path, "Range", "bytes=20-29"), 403)
	})
}

func TestCompleteCopyMayBeFinishedForAnHour(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		goods := content(100_000)
		f := w.file("a.bin", goods)
		o := w.order(w.product(1, f))
		path := w.page(o) + "/files/" + f.ID
		w.wantBytes(w.get(path), 200, goods)
		w.clock.Advance(purvey.CopyResume - time.Second)
		w.wantBytes(w.get(path, "Range", "bytes=60000-"), 206, goods[60_000:])
		w.want(w.get(path, "Range", "bytes=0-"), 403)
		w.want(w.get(path), 403)
		// Within twice the size: 100,000 and 40,000 are sent.
		w.want(w.get(path, "Range", "bytes=1-60000"), 206)
		if a := w.get(path, "Range", "bytes=1-60000"); a.StatusCode == 206 && a.err == nil {
			t.Fatal("more than twice the size was sent")
		}
		w.clock.Advance(time.Second)
		w.want(w.get(path, "Range", "bytes=60000-"), 403)
		if n := len(w.copies(o)); n != 1 {
			t.Fatalf("%d copies", n)
		}
	})
}

// TestRestartKeepsCounts resumes a transfer on a process that knows nothing
// but the database.
func TestRestartKeepsCounts(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		goods := content(1 << 20)
		f := w.file("a.bin", goods)
		o := w.order(w.product(1, f))
		path := w.page(o) + "/files/" + f.ID
		w.want(w.get(path, "Range", "bytes=0-699999"), 206)
		w.settled(o, func(got []purvey.Download) bool { return got[0].Covered.Bytes() == 700_000 })
		w.server.Close()
		w.start()
		w.wantBytes(w.get(path, "Range", "bytes=700000-"), 206, goods[700_000:])
		w.settled(o, func(got []purvey.Download) bool {
			return len(got) == 1 && !got[0].CompletedAt.IsZero() && got[0].Sent == 1<<20
		})
		w.server.Close()
		w.start()
		w.want(w.get(path), 403)
	})
}

// TestTwoProcessesCountTogether sends one copy through two servers.
func TestTwoProcessesCountTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "postgres")
	goods := content(600_000)
	f := w.file("a.bin", goods)
	o := w.order(w.product(1, f))
	path := w.page(o) + "/files/" + f.ID
	other := delivery.New(storetest.Open(t, w.options, w.clock), w.bucket, w.keys, delivery.Options{})
	servers := []*httptest.Server{w.server, w.serve(other)}
	for i := range 6 {
		w.server = servers[i%2]
		w.wantBytes(w.get(path, "Range", fmt.Sprintf("bytes=%d-%d", i*100_000, (i+1)*100_000-1)), 206, goods[i*100_000:(i+1)*100_000])
	}
	w.settled(o, func(got []purvey.Download) bool {
		w.must(other.Flush(context.Background()))
		return len(got) == 1 && !got[0].CompletedAt.IsZero() && got[0].Sent == 600_000
	})
	for _, w.server = range servers {
		w.want(w.get(path), 403)
	}
}

func TestEmptyFile(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		f := w.file("empty.txt", nil)
		o := w.order(w.product(1, f))
		path := w.page(o) + "/files/" + f.ID
		w.wantBytes(w.get(path), 200, nil)
		w.want(w.get(path), 403)
		w.settled(o, func(got []purvey.Download) bool { return len(got) == 1 && !got[0].CompletedAt.IsZero() })
	})
}

func TestAbortedTransferIsNotDelivered(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		goods := content(1 << 20) // so little that a kernel would take it all at once
		f := w.file("a.bin", goods)
		o := w.order(w.product(1, f))
		path := w.page(o) + "/files/" + f.ID
		w.abort(path, "bytes=0-", 100_000)
		w.settled(o, func(got []purvey.Download) bool {
			return len(got) == 1 && got[0].Sent > 0 && got[0].Sent < 300_000 && got[0].CompletedAt.IsZero()
		})
		w.wantBytes(w.get(path), 200, goods)
	})
}

func TestGrantOutlivesItsTimeForABegunTransfer(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		goods := content(200_000)
		f := w.file("a.bin", goods)
		o := w.order(w.product(1, f))
		_, to := w.press(w.page(o)+"/files/"+f.ID, nil)
		_, unused := w.press(w.page(o)+"/files/"+f.ID, nil)
		if to == "" || !strings.HasPrefix(to, "/b/") || !strings.HasSuffix(to, "/a.bin") {
			t.Fatalf("the button leads to %q", to)
		}
		if len(w.copies(o)) != 0 {
			t.Fatal("pressing the button was counted")
		}
		w.want(w.get(to, "Range", "bytes=0-99999"), 206)
		w.clock.Advance(25 * time.Hour)
		w.wantBytes(w.get(to, "Range", "bytes=100000-"), 206, goods[100_000:])
		w.clock.Advance(2 * time.Hour)
		w.want(w.get(unused), 410)
		w.want(w.get(to), 410)
		if got := w.copies(o); len(got) != 1 {
			t.Fatalf("%+v", got)
		}
	})
}

func TestForgedAddressesAskNoDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	f := w.file("a.bin", content(10))
	o := w.order(w.product(1, f))
	page := w.page(o)
	_, grant := w.press(page+"/files/"+f.ID, nil)
	k, err := w.delivery.CreateLink(context.Background(), w.scope, delivery.LinkChange{FileIDs: &[]string{f.ID}})
	w.must(err)
	u, err := url.Parse(w.delivery.LinkURL(k))
	w.must(err)
	w.must(w.db.Close()) // from here on whoever asks it fails
	for _, path := range []string{
		"/d/x", page + "x", page[:len(page)-1], "/d/" + strings.Repeat("A", 60), "/d/AAAA/files/" + f.ID, "/d/AAAA/zip",
		"/b/AAAA/a.bin", strings.Replace(grant, "/b/", "/b/A", 1), u.Path[:len(u.Path)-1] + "0x", "/link/" + k.ID + "/" + k.ID, "/link/x/y",
		"/link/" + k.ID + "/00000000-0000-4000-8000-000000000000/files/" + f.ID, "/d/", "/b/x", "/link/x",
	} {
		if a := w.get(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	if a := w.get(page); a.StatusCode != http.StatusInternalServerError && a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the right page without a database: %d", a.StatusCode)
	}
}

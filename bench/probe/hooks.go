package probe

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// hooks is a sender of signed webhooks: net/http client, kept-alive connections, and a row about each attempt that is
// on disk (group commit) before the delivery counts. POST /send?to=URL&clients=N&ms=N&bytes=N makes it send to URL for
// that long and answers with a Burst.
type hooks struct {
	writer *group
	insert *sql.Stmt
	seq    atomic.Int64
}

// Burst is what the hooks probe did in one slot.
type Burst struct {
	Deliveries int           `json:"deliveries"`
	Elapsed    time.Duration `json:"elapsed"`
	P50        time.Duration `json:"p50"`
	P99        time.Duration `json:"p99"`
}

// HookSecret signs the probe's webhooks.
const HookSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

func newHooks(file string) (*hooks, error) {
	db, err := openDurable(file)
	if err != nil {
		return nil, err
	}
	if _, err := db.Exec("create table attempts(id text primary key, at integer, status integer, ms integer) strict, without rowid"); err != nil {
		return nil, err
	}
	insert, err := db.Prepare("insert into attempts(id,at,status,ms) values(?,?,?,?)")
	return &hooks{writer: newGroup(db), insert: insert}, err
}

// VendorSignature is the content of X-Webhook-Signature: lower-case hex over timestamp, dot, body, under the whole secret.
func VendorSignature(secret, timestamp string, body []byte) string {
	h := hmac.New(sha256.New, []byte(secret))
	io.WriteString(h, timestamp+".")
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

func (s *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	clients, err1 := strconv.Atoi(q.Get("clients"))
	ms, err2 := strconv.Atoi(q.Get("ms"))
	size, err3 := strconv.Atoi(q.Get("bytes"))
	if err1 != nil || err2 != nil || err3 != nil || clients < 1 {
		http.Error(w, "clients, ms and bytes are numbers", http.StatusBadRequest)
		return
	}
	b, err := s.burst(r.Context(), q.Get("to"), clients, time.Duration(ms)*time.Millisecond, size)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(b) // the client has gone: nothing to be done
}

func (s *hooks) burst(ctx context.Context, to string, clients int, d time.Duration, size int) (Burst, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients, DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	const frame = `{"id":"%s","type":"digital_order.purchased","data":"%s"}`
	filler := strings.Repeat("x", max(0, size-len(frame)-20))
	var mu sync.Mutex
	var all []time.Duration
	var failure error
	var wait sync.WaitGroup
	begin := time.Now()
	for range clients {
		wait.Go(func() {
			var mine []time.Duration
			var err error
			for err == nil && time.Since(begin) < d {
				start := time.Now()
				if err = s.deliver(ctx, client, to, frame, filler); err == nil {
					mine = append(mine, time.Since(start))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
			if err != nil {
				failure = err
			}
		})
	}
	wait.Wait()
	b := Burst{Deliveries: len(all), Elapsed: time.Since(begin)}
	if slices.Sort(all); len(all) > 0 {
		b.P50, b.P99 = all[len(all)/2], all[len(all)*99/100]
	}
	return b, failure
}

func (s *hooks) deliver(ctx context.Context, client *http.Client, to, frame, filler string) error {
	start := time.Now()
	id := "evt_" + strconv.FormatInt(start.UnixNano(), 36) + "_" + strconv.FormatInt(s.seq.Add(1), 36)
	body := fmt.Appendf(nil, frame, id, filler)
	timestamp := strconv.FormatInt(start.Unix(), 10)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Webhook-Id", id)
	r.Header.Set("X-Webhook-Timestamp", timestamp)
	r.Header.Set("X-Webhook-Signature", VendorSignature(HookSecret, timestamp, body))
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	if err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the receiver answered %d", answer.StatusCode)
	}
	return s.writer.run(func(tx *sql.Tx) error {
		_, err := tx.Stmt(s.insert).Exec(id, start.Unix(), answer.StatusCode, time.Since(start).Milliseconds())
		return err
	})
}

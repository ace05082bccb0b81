package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/config"
)

// demo serves a throw-away shop, sells one order through the whole path over
// HTTP as a merchant's program would, fetches the files as the buyer would, and
// prints what there is to look at. With --once it ends there; else it serves
// until it is told to stop. The shop has four weeks of business behind it, and
// with --orders and --downloads a made-up year before.
func (p *process) demo(ctx context.Context, cfg config.Config, args []string) error {
	set := flag.NewFlagSet("demo", flag.ContinueOnError)
	once := set.Bool("once", false, "")
	orders, downloads := demoNumber{most: mostDemoOrders}, demoNumber{most: mostDemoDownloads}
	for _, n := range []struct {
		to        *demoNumber
		flag, env string
	}{{&orders, "orders", "PURVEY_DEMO_ORDERS"}, {&downloads, "downloads", "PURVEY_DEMO_DOWNLOADS"}} {
		if v := p.env(n.env); v != "" {
			if err := n.to.Set(v); err != nil {
				return wrong("%s %v", n.env, err)
			}
		}
		set.Var(n.to, n.flag, "")
	}
	if _, err := parse(set, args); err != nil {
		return err
	}
	if downloads.n > 0 && orders.n == 0 {
		return wrong("demo: --downloads needs --orders")
	}
	folder, err := os.MkdirTemp("", "purvey-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	cfg.LogLevel = max(cfg.LogLevel, slog.LevelWarn) // what is printed is to be read
	cfg.Data, cfg.DatabaseURL, cfg.StorageURL, cfg.SMTPURL, cfg.SecretKey = folder, "", "", "", nil
	if *once || !free(ctx, cfg.Addr) {
		cfg.Addr = "127.0.0.1:0"
	}
	clock := &demoClock{}
	clock.set(historyLength + time.Hour) // the shop is older than what happened in it
	p.now = clock.Now
	n, err := p.open(ctx, cfg)
	if err != nil {
		return err
	}
	n.before = func(ctx context.Context, a *app) error {
		shop, err := n.shops.BySlug(ctx, purvey.DefaultShop)
		if err != nil {
			return err
		}
		if err := n.shops.Patch(ctx, shop.ID, []byte(`{"shop":{"name":"Larkspur Goods"}}`)); err != nil {
			return err
		}
		if shop, err = n.shops.ByID(ctx, shop.ID); err != nil {
			return err
		}
		d := demoShop{app: a, clock: clock, shop: shop, scope: purvey.Scope{ShopID: shop.ID, Mode: purvey.Live}}
		return d.build(ctx, orders.n, downloads.n)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	lines := &lineReader{prefix: "purvey: listening on ", found: make(chan string, 1)}
	server := &process{stdout: lines, stderr: p.stderr, env: func(string) string { return "" }}
	ended := make(chan error, 1)
	go func() { ended <- server.serveNode(ctx, n) }()
	select {
	case origin := <-lines.found:
		err = p.showDemo(ctx, n, origin)
	case err = <-ended:
		return errors.Join(err, n.close())
	}
	if err == nil && !*once {
		fmt.Fprintln(p.stdout, "\nThe shop runs until Ctrl-C; then it is removed.")
		<-ctx.Done()
	}
	stop()
	return errors.Join(err, <-ended, n.close())
}

// demoNumber is how many of something the demo is to make up.
type demoNumber struct{ n, most int }

// The most that fit a folder of /tmp, and the patience of whoever waits.
const (
	mostDemoOrders    = 1_000_000
	mostDemoDownloads = 10_000_000
)

// String implements flag.Value.
func (d *demoNumber) String() string { return strconv.Itoa(d.n) }

// Set implements flag.Value.
func (d *demoNumber) Set(v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > d.most {
		return fmt.Errorf("must be a number up to %d", d.most)
	}
	d.n = n
	return nil
}

// The owner of a demo's shop. The password is nobody's secret.
const (
	demoOwner    = "owner@example.com"
	demoPassword = "purvey-demo-owner"
)

// free tells whether the address can be listened at.
func free(ctx context.Context, addr string) bool {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// lineReader takes what the server prints and picks one line out of it.
type lineReader struct {
	prefix string
	found  chan string
}

func (l *lineReader) Write(b []byte) (int, error) {
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), l.prefix); ok {
			l.found <- v
		}
	}
	return len(b), nil
}

func (p *process) showDemo(ctx context.Context, n *node, origin string) error {
	shop, err := n.shops.BySlug(ctx, purvey.DefaultShop)
	if err != nil {
		return err
	}
	_, token, err := n.auth.CreateToken(ctx, shop.ID, auth.TokenRequest{Name: "demo", Role: purvey.Admin, Mode: purvey.Live})
	if err != nil {
		return err
	}
	if err := n.auth.CreateOwner(ctx, demoOwner, demoPassword); err != nil {
		return err
	}
	c := &demoClient{ctx: ctx, api: origin + "/public-api/v1", token: token}
	goods, err := demoGoods()
	if err != nil {
		return err
	}
	var ids []string
	for _, g := range goods {
		id, err := c.upload(g)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	var product, order demoObject
	if err := c.call("POST", "/digital-products", map[string]any{
		"name": "Field Recordings, Volume 1", "access": "FILE_WITH_LICENCE_KEY", "license_key_mode": "GENERATED", "file_ids": ids,
		"max_downloads": 3, "download_in": 60, "price_cents": 1900, "description": "Two files and a licence key.",
	}, &product); err != nil {
		return err
	}
	if err := c.call("POST", "/orders", map[string]any{
		"customer": map[string]any{"email": "ana@example.com", "firstname": "Ana", "lastname": "Núñez", "locale": "en"},
		"lines":    []any{map[string]any{"digital_product_id": product.ID}},
	}, &order); err != nil {
		return err
	}
	for i, id := range ids {
		if err := c.fetch(order.DownloadURL+"/files/"+id, goods[i]); err != nil {
			return err
		}
	}
	var mails []demoObject
	if err := c.call("GET", "/messages?order_id="+order.ID, nil, &mails); err != nil {
		return err
	}
	if len(mails) != 1 {
		return fmt.Errorf("the order has %d mails, not one", len(mails))
	}
	fmt.Fprintf(p.stdout, `Order %s was taken, delivered and fetched; both files have the right digest.

  the buyer's page   %s
  the mail           %s, kept: GET %s/messages/%s
  an API token       %s
  the back office    %s/admin, as %s with the password %s
`, order.Name, order.DownloadURL, mails[0].Subject, c.api, mails[0].ID, token, origin, demoOwner, demoPassword)
	fmt.Fprintf(p.stdout, "  the reference      %s/public-api/docs\n\nThe mail reads:\n\n", origin)
	for line := range strings.Lines(mails[0].Text) {
		fmt.Fprint(p.stdout, "  | ", line)
	}
	return nil
}

// demoObject is what the demo reads of any answer.
type demoObject struct {
	ID          string
	Name        string
	Subject     string
	Text        string
	DownloadURL string `json:"download_url"`
}

// demoClient is a merchant's program.
type demoClient struct {
	ctx        context.Context
	api, token string
}

const demoTimeout = 30 * time.Second

func (c *demoClient) do(method, url, mediaType string, body io.Reader) ([]byte, error) {
	ctx, stop := context.WithTimeout(c.ctx, demoTimeout)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(url, c.api) {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if mediaType != "" {
		req.Header.Set("Content-Type", mediaType)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %s", method, req.URL.Path, res.Status, answer)
	}
	return answer, err
}

func (c *demoClient) call(method, path string, body, out any) error {
	var sent io.Reader
	mediaType := ""
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent, mediaType = bytes.NewReader(b), "application/json"
	}
	answer, err := c.do(method, c.api+path, mediaType, sent)
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, &struct{ Data any }{out})
}

func (c *demoClient) upload(g demoFile) (string, error) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", g.name)
	if err != nil {
		return "", err
	}
	if _, err := part.Write(g.content); err != nil {
		return "", err
	}
	if err := form.Close(); err != nil {
		return "", err
	}
	answer, err := c.do("POST", c.api+"/files", form.FormDataContentType(), &b)
	if err != nil {
		return "", err
	}
	var f struct{ Data demoObject }
	err = json.Unmarshal(answer, &f)
	return f.Data.ID, err
}

// fetch downloads a file as the buyer would and checks its digest.
func (c *demoClient) fetch(url string, g demoFile) error {
	got, err := c.do("GET", url, "", nil)
	if err != nil {
		return err
	}
	if digest(got) != digest(g.content) {
		return fmt.Errorf("%s came back with another digest", g.name)
	}
	return nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

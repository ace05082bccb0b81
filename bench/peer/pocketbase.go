package peer

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver behind database/sql

	"purvey/bench/process"
)

// PocketBase is a server with the collections license_keys, orders and files.
type PocketBase struct {
	*process.Child
	client
	program, dir string
}

// StartPocketBase sets a server up in dir. With keys (a file of probe.WriteKeys) it holds these licence keys. The log
// of requests, which it keeps in a second database, is on as installed or off: off is its best plain configuration.
func StartPocketBase(ctx context.Context, program, dir, keys string, log bool) (*PocketBase, error) {
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("PocketBase is %w (bench/peers)", ErrAbsent)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	p := &PocketBase{program: program, dir: dir}
	const name, password = "bench@example.com", "bench-password-1234"
	if out, err := exec.CommandContext(ctx, program, "superuser", "upsert", name, password, "--dir", p.data()).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pocketbase superuser: %w: %s", err, out)
	}
	if err := p.serve(ctx); err != nil {
		return nil, err
	}
	if err := p.setUp(ctx, name, password, log); err != nil {
		return nil, closing(p.Child, err)
	}
	if keys == "" {
		return p, nil
	}
	if err := p.Close(); err != nil {
		return nil, err
	}
	if err := p.copyKeys(keys); err != nil {
		return nil, err
	}
	return p, p.serve(ctx)
}

func (p *PocketBase) data() string { return filepath.Join(p.dir, "pb_data") }

func (p *PocketBase) serve(ctx context.Context) error {
	port, err := process.FreePort()
	if err != nil {
		return err
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	p.Child, err = process.Start("pocketbase", filepath.Join(p.dir, "log"), exec.Command(p.program, "serve", "--http", address, "--dir", p.data()))
	if err != nil {
		return err
	}
	p.URL, p.origin = "http://"+address, "http://"+address
	if err := p.Answers(ctx, 20*time.Second, p.URL+"/api/health"); err != nil {
		return closing(p.Child, err)
	}
	return nil
}

func (p *PocketBase) setUp(ctx context.Context, name, password string, log bool) error {
	var session struct{ Token string }
	login := map[string]string{"identity": name, "password": password}
	if err := p.json(ctx, http.MethodPost, "/api/collections/_superusers/auth-with-password", login, &session); err != nil {
		return err
	}
	p.auth = session.Token
	if !log {
		if err := p.json(ctx, http.MethodPatch, "/api/settings", json.RawMessage(`{"logs":{"maxDays":0}}`), nil); err != nil {
			return err
		}
	}
	for _, collection := range []string{
		`{"name":"license_keys","type":"base","listRule":"","viewRule":"","createRule":null,
			"fields":[{"name":"k","type":"text","required":true},{"name":"status","type":"number"},{"name":"product_id","type":"number"},{"name":"order_id","type":"number"}],
			"indexes":["CREATE UNIQUE INDEX lk ON license_keys (k)"]}`,
		`{"name":"orders","type":"base","listRule":null,"viewRule":null,"createRule":"",
			"fields":[{"name":"email","type":"email","required":true},{"name":"total","type":"number"},{"name":"currency","type":"text"},
			{"name":"source","type":"text"},{"name":"ext_id","type":"text"},{"name":"lines","type":"json"}],
			"indexes":["CREATE UNIQUE INDEX oext ON orders (source,ext_id)"]}`,
		`{"name":"files","type":"base","listRule":"@request.auth.id != \"\"","viewRule":"@request.auth.id != \"\"","createRule":null,
			"fields":[{"name":"f","type":"file","maxSelect":1,"maxSize":1073741824,"protected":true}]}`,
	} {
		if err := p.json(ctx, http.MethodPost, "/api/collections", json.RawMessage(collection), nil); err != nil {
			return err
		}
	}
	return nil
}

// copyKeys fills the collection while the server is down: a million creates over HTTP would take minutes.
func (p *PocketBase) copyKeys(keys string) error {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(p.data(), "data.db"))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("attach ? as source", keys); err != nil {
		return err
	}
	_, err = db.Exec(`insert into license_keys(id,k,status,product_id,order_id)
		select printf('%015d', id), k, status, product_id, 0 from source.license_keys; analyze; pragma wal_checkpoint(truncate)`)
	return err
}

// KeyPath looks one key up by its unique index: the list call with a filter and without the total.
func (p *PocketBase) KeyPath() string {
	return "/api/collections/license_keys/records?filter=(k='{key}')&perPage=1&skipTotal=1"
}

// OrderPath and OrderBody create one record: an order with its lines as JSON in one row.
func (p *PocketBase) OrderPath() string { return "/api/collections/orders/records" }

// OrderBody belongs to OrderPath.
func (p *PocketBase) OrderBody() string {
	return `{"email":"b{n}@example.com","total":1900,"currency":"USD","source":"native","ext_id":"{n}","lines":[{"product":"p1","price":1900}]}`
}

// Upload stores a protected file and returns its path; Ticket must be appended to fetch it.
func (p *PocketBase) Upload(ctx context.Context, name string, content []byte) (string, error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("f", name)
	if err != nil {
		return "", err
	}
	if _, err := part.Write(content); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	_, text, err := p.raw(ctx, http.MethodPost, "/api/collections/files/records", http.Header{"Content-Type": {w.FormDataContentType()}}, &form)
	if err != nil {
		return "", err
	}
	var made struct{ ID, F string }
	err = decodeID(text, &made, &made.ID)
	return "/api/files/files/" + made.ID + "/" + made.F, err
}

// Ticket is a query that opens protected files for about three minutes.
func (p *PocketBase) Ticket(ctx context.Context) (string, error) {
	var t struct{ Token string }
	err := p.json(ctx, http.MethodPost, "/api/files/token", nil, &t)
	return "?token=" + t.Token, err
}

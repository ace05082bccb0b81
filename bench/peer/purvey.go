package peer

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"purvey/bench/probe"
	"purvey/bench/process"
)

// Purvey is a server on a fresh data folder, with everything that production does except limits of requests.
type Purvey struct {
	*process.Child
	client
	Token string
}

const native = "/public-api/v1"

// uploadLimit is the most that POST /files takes; larger files go through POST /uploads.
const uploadLimit = 25 << 20

// StartPurvey runs "binary serve" on dir/data; settings are further environment variables.
func StartPurvey(ctx context.Context, binary, dir string, settings ...string) (*Purvey, error) {
	if _, err := os.Stat(binary); err != nil {
		return nil, fmt.Errorf("%s is %w (make build)", filepath.Base(binary), ErrAbsent)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	env := slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "PURVEY_") })
	env = append(env, "PURVEY_ADDR=127.0.0.1:0", "PURVEY_DATA="+data, "PURVEY_RATE_LIMITS=off")
	env = append(env, settings...)
	serve := exec.Command(binary, "serve")
	serve.Env = env
	child, err := process.Start("purvey", filepath.Join(dir, "log"), serve)
	if err != nil {
		return nil, err
	}
	p := &Purvey{Child: child}
	if err := child.Announced(ctx, 20*time.Second); err != nil {
		return nil, closing(child, err)
	}
	mint := exec.CommandContext(ctx, binary, "token", "create", "--name", "bench", "--data", data)
	mint.Env = env
	var complaint bytes.Buffer
	mint.Stderr = &complaint
	token, err := mint.Output()
	if err != nil {
		return nil, closing(child, fmt.Errorf("purvey token create: %w: %s", err, complaint.String()))
	}
	p.Token = strings.TrimSpace(string(token))
	p.client = client{child.URL, "Bearer " + p.Token}
	return p, nil
}

// closing stops the child of a start that failed.
func closing(c *process.Child, err error) error {
	_ = c.Close() // the first error is the one to tell
	return err
}

// Header is what every call of the API carries.
func (p *Purvey) Header() []string { return []string{"Authorization: " + p.auth} }

// Address is the URL of a native call.
func (p *Purvey) Address(path string) string { return p.URL + native + path }

// call makes a native call and decodes what the data envelope holds.
func (p *Purvey) call(ctx context.Context, method, path string, body, into any) error {
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if err := p.json(ctx, method, native+path, body, &envelope); err != nil || into == nil {
		return err
	}
	return json.Unmarshal(envelope.Data, into)
}

// Product makes a product of the given files, with access FILE and no limits, and returns its id.
func (p *Purvey) Product(ctx context.Context, files ...string) (string, error) {
	var made struct{ ID string }
	body := map[string]any{"name": "Bench", "file_ids": append([]string{}, files...), "max_downloads": nil, "price_cents": 1900}
	err := p.call(ctx, http.MethodPost, "/digital-products", body, &made)
	return made.ID, err
}

// OrderBody is the JSON of an order of one product; email may hold a placeholder.
func OrderBody(email, product string) string {
	return fmt.Sprintf(`{"customer":{"email":%q},"lines":[{"digital_product_id":%q}]}`, email, product)
}

// Order places an order and returns the path of the buyer's page, /d/TOKEN.
func (p *Purvey) Order(ctx context.Context, email, product string) (page string, err error) {
	var made struct {
		DownloadURL string `json:"download_url"`
	}
	if err := p.call(ctx, http.MethodPost, "/orders", json.RawMessage(OrderBody(email, product)), &made); err != nil {
		return "", err
	}
	u, err := url.Parse(made.DownloadURL)
	if err != nil || u.Path == "" {
		return "", fmt.Errorf("the order has the download_url %q", made.DownloadURL)
	}
	return u.Path, nil
}

// KeyBatch is the body of a batch of licence keys; those that are there already are skipped.
func KeyBatch(keys []string) ([]byte, error) { return json.Marshal(map[string]any{"keys": keys}) }

// ImportKeys sends a KeyBatch and returns the answer as it came, so that the caller can stop its clock before decoding
// a megabyte of JSON with Created.
func (p *Purvey) ImportKeys(ctx context.Context, batch []byte) ([]byte, error) {
	_, text, err := p.raw(ctx, http.MethodPost, native+"/license-keys", http.Header{"Content-Type": {"application/json"}}, bytes.NewReader(batch))
	return text, err
}

// Created reads from the answer to a KeyBatch how many keys were new.
func Created(answer []byte) (int, error) {
	var made struct{ Data struct{ Created int } }
	err := json.Unmarshal(answer, &made)
	return made.Data.Created, err
}

// LoadKeys adds probe.Key(0) to probe.Key(n-1), 5,000 a call; progress hears how many are in.
func (p *Purvey) LoadKeys(ctx context.Context, n int64, progress func(done int64)) error {
	const most = 5000
	for from := int64(0); from < n; from += most {
		keys := make([]string, 0, most)
		for i := from; i < min(n, from+most); i++ {
			keys = append(keys, probe.Key(i))
		}
		batch, err := KeyBatch(keys)
		if err != nil {
			return err
		}
		answer, err := p.ImportKeys(ctx, batch)
		if err != nil {
			return err
		}
		if made, err := Created(answer); err != nil || made != len(keys) {
			return fmt.Errorf("of %d keys %d were new (%v)", len(keys), made, err)
		}
		progress(from + int64(len(keys)))
	}
	return nil
}

// Upload stores a file and returns its id.
func (p *Purvey) Upload(ctx context.Context, name string, content []byte) (string, error) {
	if len(content) > uploadLimit {
		return p.uploadResumable(ctx, name, content)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		return "", err
	}
	if _, err := part.Write(content); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	_, text, err := p.raw(ctx, http.MethodPost, native+"/files", http.Header{"Content-Type": {w.FormDataContentType()}}, &form)
	if err != nil {
		return "", err
	}
	var made struct{ Data struct{ ID string } }
	return made.Data.ID, decodeID(text, &made, &made.Data.ID)
}

func decodeID(text []byte, into any, id *string) error {
	if err := json.Unmarshal(text, into); err != nil {
		return err
	}
	if *id == "" {
		return fmt.Errorf("no id in %.200s", text)
	}
	return nil
}

// uploadResumable speaks tus 1.0: one request that announces the size, one that carries the bytes.
func (p *Purvey) uploadResumable(ctx context.Context, name string, content []byte) (string, error) {
	h := http.Header{}
	h.Set("Tus-Resumable", "1.0.0")
	h.Set("Upload-Length", strconv.Itoa(len(content)))
	h.Set("Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte(name)))
	answer, _, err := p.raw(ctx, http.MethodPost, native+"/uploads", h, nil)
	if err != nil {
		return "", err
	}
	at, err := url.Parse(answer.Get("Location"))
	if err != nil || at.Path == "" {
		return "", fmt.Errorf("POST /uploads has the Location %q", answer.Get("Location"))
	}
	h = http.Header{}
	h.Set("Tus-Resumable", "1.0.0")
	h.Set("Upload-Offset", "0")
	h.Set("Content-Type", "application/offset+octet-stream")
	answer, _, err = p.raw(ctx, http.MethodPatch, at.RequestURI(), h, bytes.NewReader(content))
	if err != nil {
		return "", err
	}
	id := answer.Get("Purvey-File-Id")
	if id == "" {
		return "", fmt.Errorf("the last answer to the upload of %s has no Purvey-File-Id", name)
	}
	return id, nil
}

// Endpoint registers a receiver of digital_order.purchased and returns its id and secret.
func (p *Purvey) Endpoint(ctx context.Context, receiver string) (id, secret string, err error) {
	var made struct{ ID, Secret string }
	body := map[string]any{"name": "bench", "url": receiver, "events": []string{"digital_order.purchased"}}
	err = p.call(ctx, http.MethodPost, "/webhook-endpoints", body, &made)
	return made.ID, made.Secret, err
}

// Replay has every event since then delivered to the endpoint again.
func (p *Purvey) Replay(ctx context.Context, endpoint string, since time.Time) error {
	body := map[string]any{"since": since.UTC().Format("2006-01-02T15:04:05.000Z"), "only_failed": false}
	return p.call(ctx, http.MethodPost, "/webhook-endpoints/"+endpoint+"/replay", body, nil)
}

// ShareStamped makes a share link that stamps text on its PDF and returns the path of the file's bytes.
func (p *Purvey) ShareStamped(ctx context.Context, file, text string) (string, error) {
	var made struct{ URL string }
	body := map[string]any{"file_ids": []string{file}, "use_stamping": true, "stamping_text": text}
	if err := p.call(ctx, http.MethodPost, "/download-links", body, &made); err != nil {
		return "", err
	}
	u, err := url.Parse(made.URL)
	if err != nil || u.Path == "" {
		return "", fmt.Errorf("the link has the url %q", made.URL)
	}
	return u.Path + "/files/" + file, nil
}

// Fetch reads a path to its end and returns the body.
func (p *Purvey) Fetch(ctx context.Context, path string) ([]byte, error) {
	_, text, err := client{origin: p.URL}.raw(ctx, http.MethodGet, path, http.Header{}, nil)
	return text, err
}

package bigdd

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"purvey"
	"purvey/internal/httpjson"
)

// Webhooks writes and signs what this dialect's receivers are sent.
type Webhooks struct{}

// WebhookDialect is the name of Webhooks in purvey.Endpoint.
const WebhookDialect = dialect

// eventPrefix stands before an event's id wherever a receiver sees it.
const eventPrefix = "evt_"

// Render writes an event in the vendor's envelope. Serves BDD-39 to BDD-42 and
// the native events.
func (Webhooks) Render(e purvey.Event) ([]byte, error) {
	data, err := eventData(e)
	if err != nil {
		return nil, err
	}
	return httpjson.Encode(struct {
		ID        string           `json:"id"`
		Type      purvey.EventType `json:"type"`
		Created   int64            `json:"created"`
		CreatedAt string           `json:"created_at"`
		Data      any              `json:"data"`
	}{eventPrefix + e.ID, e.Type, e.CreatedAt.Unix(), wireTime(e.CreatedAt), data}), nil
}

// Seal signs a payload in both ways, over the same body: the vendor's, whose
// key is the whole text of the secret, and that of Standard Webhooks, whose
// key is the base64 behind whsec_. Serves BDD-43, BDD-44.
func (Webhooks) Seal(payload []byte, id, secret string, at time.Time) (body []byte, h http.Header, err error) {
	id = eventPrefix + id
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h = http.Header{
		"Content-Type":        {"application/json"},
		"User-Agent":          {"Purvey-Webhooks/1"},
		"X-Webhook-Id":        {id},
		"X-Webhook-Timestamp": {timestamp},
		"X-Webhook-Signature": {hex.EncodeToString(signature([]byte(secret), payload, timestamp, "."))},
		"Webhook-Id":          {id},
		"Webhook-Timestamp":   {timestamp},
	}
	// A secret that came from elsewhere may have no base64 in it; then only
	// the vendor's signature can be made.
	if text, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if key, err := base64.StdEncoding.DecodeString(text); err == nil && len(key) > 0 {
			h["Webhook-Signature"] = []string{"v1," + base64.StdEncoding.EncodeToString(signature(key, payload, id, ".", timestamp, "."))}
		}
	}
	return payload, h, nil
}

// signature is the HMAC-SHA256 of the texts and, behind them, the payload.
func signature(key, payload []byte, before ...string) []byte {
	m := hmac.New(sha256.New, key)
	for _, text := range before {
		m.Write([]byte(text))
	}
	m.Write(payload)
	return m.Sum(nil)
}

// eventOrder is an order as events about one of its parts name it.
type eventOrder struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	GID      *string      `json:"gid"`
	Customer customerWire `json:"customer"`
}

type eventLine struct {
	ID             string   `json:"id"`
	DigitalProduct nameWire `json:"digital_product"`
}

type eventFile struct {
	Order    eventOrder   `json:"order"`
	Line     eventLine    `json:"line"`
	File     fileNameWire `json:"file"`
	Download eventWire    `json:"download"`
}

type eventKey struct {
	LicenseKey keyWire    `json:"license_key"`
	Order      eventOrder `json:"order"`
	Line       eventLine  `json:"line"`
}

type eventStock struct {
	Tag  *string `json:"tag"`
	Free int     `json:"free"`
}

type eventVersion struct {
	DigitalProduct eventProduct   `json:"digital_product"`
	Version        eventVersionOf `json:"version"`
}

type eventProduct struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	Slug       string  `json:"slug"`
	ExternalID *string `json:"external_id"`
}

type eventVersionOf struct {
	ID          string         `json:"id"`
	Version     string         `json:"version"`
	Notes       string         `json:"notes"`
	Files       []fileNameWire `json:"files"`
	ActivatedAt *string        `json:"activated_at"`
	CreatedAt   string         `json:"created_at"`
}

type eventLink struct {
	DownloadLink eventLinkOf `json:"download_link"`
}

type eventLinkOf struct {
	ID               string         `json:"id"`
	Files            []fileNameWire `json:"files"`
	UseDownloadLimit bool           `json:"use_download_limit"`
	DownloadLimit    int            `json:"download_limit"`
	ExpiresAt        *string        `json:"expires_at"`
	CreatedAt        string         `json:"created_at"`
}

type eventMessage struct {
	Message string `json:"message"`
}

// eventData writes what an event's type speaks of.
func eventData(e purvey.Event) (any, error) {
	d := e.Data
	switch e.Type {
	case purvey.EventOrderPurchased, purvey.EventOrderDelivered, purvey.EventOrderRefunded, purvey.EventOrderRenewed, purvey.EventAccessChanged:
		if d.Order != nil {
			return wireOrder(*d.Order), nil
		}
	case purvey.EventFileDownloaded, purvey.EventFileRedownloaded:
		if d.Order != nil && d.Line != nil && d.File != nil && d.Download != nil {
			return eventFile{eventOrderOf(*d.Order), eventLineOf(*d.Line), fileNameOf(*d.File), wireDownload(*d.Download)}, nil
		}
	case purvey.EventKeyAssigned:
		if d.Order != nil && d.Line != nil && d.Key != nil {
			return eventKey{wireKey(*d.Key), eventOrderOf(*d.Order), eventLineOf(*d.Line)}, nil
		}
	case purvey.EventStockLow:
		return eventStock{nullString(d.Tag), d.Free}, nil
	case purvey.EventVersionActivated:
		if d.Product != nil && d.Version != nil {
			p, v := d.Product, d.Version
			return eventVersion{
				eventProduct{p.ID, p.Name, p.Slug, nullString(p.ExternalID)},
				eventVersionOf{v.ID, v.Version, v.Notes, fileNames(v.Files), nullTime(v.ActivatedAt), wireTime(v.CreatedAt)},
			}, nil
		}
	case purvey.EventLinkExhausted:
		if d.Link != nil {
			l := d.Link
			return eventLink{eventLinkOf{l.ID, fileNames(l.Files), l.UseLimit, l.Limit, nullTime(l.ExpiresAt), wireTime(l.CreatedAt)}}, nil
		}
	case purvey.EventTest:
		return eventMessage{d.Message}, nil
	default:
		return nil, fmt.Errorf("no form for events of type %q", e.Type)
	}
	return nil, fmt.Errorf("an event of type %q lacks what it is about", e.Type)
}

func eventOrderOf(o purvey.Order) eventOrder {
	return eventOrder{o.ID, o.Name, nullString(o.GID), wireCustomer(o.Customer)}
}

func eventLineOf(l purvey.Line) eventLine {
	return eventLine{l.ID, nameWire{l.ProductID, l.ProductName}}
}

func fileNameOf(f purvey.File) fileNameWire { return fileNameWire{f.ID, f.Name, f.Size, f.Type} }

func fileNames(files []purvey.File) []fileNameWire {
	out := make([]fileNameWire, 0, len(files))
	for _, f := range files {
		out = append(out, fileNameOf(f))
	}
	return out
}

package bigdd

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"purvey"
	"purvey/internal/delivery"
	"purvey/internal/httpjson"
)

// maxPreviewBody bounds the bodies here, in bytes.
const maxPreviewBody = 64 << 10

func (a *api) routesPreview() {
	a.write("POST /public-api/v1/digital-products/{id}/test-download", adminOnly, maxPreviewBody, a.testDownload)
	a.raw("POST /public-api/v1/files/{id}/stamp-preview", anyRole, a.stampPreview)
}

// testDownload makes a link to look at what buyers get, or for somebody who
// has no order.
func (a *api) testDownload(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		VersionID *string `json:"version_id"`
		ExpiresIn *int64  `json:"expires_in"`
		Copies    *int    `json:"max_downloads"`
		Email     *string `json:"email"`
		Name      *string `json:"name"`
	}
	if err := r.decodeOptional(&b); err != nil {
		return 0, nil, err
	}
	var c purvey.Checker
	c.Require(b.ExpiresIn == nil || *b.ExpiresIn > 0 && *b.ExpiresIn <= int64(delivery.MaxTokenLife/time.Second), "expires_in",
		"must be 1 to %d seconds", int64(delivery.MaxTokenLife/time.Second))
	c.Require(b.Copies == nil || *b.Copies > 0, "max_downloads", "must be at least 1, or null")
	if err := c.Err(); err != nil {
		return 0, nil, err
	}
	want := delivery.TokenRequest{VersionID: orEmpty(b.VersionID), Email: orEmpty(b.Email), Name: orEmpty(b.Name)}
	if b.ExpiresIn != nil {
		want.Life = time.Duration(*b.ExpiresIn) * time.Second
	}
	if b.Copies != nil {
		want.Copies = *b.Copies
	}
	m, err := a.Delivery.MakeToken(ctx, r.Scope(), r.PathValue("id"), want)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, struct {
		URL       string `json:"url"`
		Token     string `json:"token"`
		ExpiresAt string `json:"expires_at"`
	}{m.URL, m.Text, wireTime(m.ExpiresAt)}, nil
}

// stampPreview answers the first page of a PDF, stamped.
func (a *api) stampPreview(w http.ResponseWriter, r *request) error {
	var b struct {
		Text     string  `json:"text"`
		Position string  `json:"position"`
		Size     float64 `json:"size"`
	}
	var body json.RawMessage
	if err := httpjson.DecodeOptional(r.Request, &body, maxPreviewBody); err != nil {
		return err
	}
	if why := badEscape(body); why != "" {
		return purvey.Errorf(purvey.Invalid, "the body %s", why)
	}
	if len(body) > 0 {
		if err := httpjson.Parse(body, &b); err != nil {
			return err
		}
	}
	page, err := a.Delivery.PreviewStamp(r.Context(), r.Caller.Shop, r.PathValue("id"), delivery.StampPreview{Text: b.Text, Position: b.Position, Size: b.Size})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Length", strconv.Itoa(len(page)))
	h.Set("Content-Disposition", "inline")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_, err = w.Write(page)
	if err != nil {
		a.Log.DebugContext(r.Context(), "a preview was not taken", "error", err)
	}
	return nil
}

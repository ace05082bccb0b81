package bigdd

import (
	"context"
	"net/http"
	"strconv"

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

// testDownload makes a link to look at what buyers get.
func (a *api) testDownload(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		VersionID *string `json:"version_id"`
	}
	if err := r.decodeOptional(&b); err != nil {
		return 0, nil, err
	}
	m, err := a.Delivery.TestDownload(ctx, r.Scope(), r.PathValue("id"), orEmpty(b.VersionID))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, struct {
		URL       string `json:"url"`
		ExpiresAt string `json:"expires_at"`
	}{m.URL, wireTime(m.ExpiresAt)}, nil
}

// stampPreview answers the first page of a PDF, stamped.
func (a *api) stampPreview(w http.ResponseWriter, r *request) error {
	var b struct {
		Text     string  `json:"text"`
		Position string  `json:"position"`
		Size     float64 `json:"size"`
	}
	if err := httpjson.DecodeOptional(r.Request, &b, maxPreviewBody); err != nil {
		return err
	}
	if !text(b.Text) {
		return purvey.BadField("text", "must be text without the character U+0000")
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

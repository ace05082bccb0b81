package bigdd

import (
	"context"
	"net/http"
	"time"

	"purvey"
	"purvey/internal/delivery"
)

func (a *api) routesLinks() {
	a.read("GET /public-api/v1/download-links", anyRole, a.listLinks)
	a.write("POST /public-api/v1/download-links", anyRole, 64<<10, a.createLink)
	a.read("GET /public-api/v1/download-links/{id}", anyRole, a.showLink)
	a.write("PATCH /public-api/v1/download-links/{id}", anyRole, 64<<10, a.changeLink)
	a.write("DELETE /public-api/v1/download-links/{id}", anyRole, 0, a.deleteLink)
}

type linkWire struct {
	ID               string         `json:"id"`
	URL              string         `json:"url"`
	Files            []fileNameWire `json:"files"`
	UseDownloadLimit bool           `json:"use_download_limit"`
	DownloadLimit    int            `json:"download_limit"`
	UseStamping      bool           `json:"use_stamping"`
	StampingText     *string        `json:"stamping_text"`
	ExpiresAt        *string        `json:"expires_at"`
	CreatedAt        string         `json:"created_at"`
	UpdatedAt        string         `json:"updated_at"`
}

func (a *api) wireLink(k purvey.Link) linkWire {
	w := linkWire{
		ID: k.ID, URL: a.Delivery.LinkURL(k), Files: []fileNameWire{}, UseDownloadLimit: k.UseLimit, DownloadLimit: k.Limit,
		UseStamping: k.Stamp, StampingText: nullString(k.StampText), ExpiresAt: nullTime(k.ExpiresAt),
		CreatedAt: wireTime(k.CreatedAt), UpdatedAt: wireTime(k.UpdatedAt),
	}
	for _, f := range k.Files {
		w.Files = append(w.Files, fileNameWire{f.ID, f.Name, f.Size, f.Type})
	}
	return w
}

// linkChange reads the body. With strict, null is refused where it has no
// meaning; else it is as if the field were absent.
func (r *request) linkChange(strict bool) (delivery.LinkChange, error) {
	var b struct {
		FileIDs          *[]string `json:"file_ids"`
		UseDownloadLimit *bool     `json:"use_download_limit"`
		DownloadLimit    *int      `json:"download_limit"`
		UseStamping      *bool     `json:"use_stamping"`
		StampingText     *string   `json:"stamping_text"`
		ExpiresAt        *string   `json:"expires_at"`
	}
	f, err := r.fields(&b, strict)
	if err != nil {
		return delivery.LinkChange{}, err
	}
	value(f, "file_ids", b.FileIDs)
	value(f, "use_download_limit", b.UseDownloadLimit)
	value(f, "download_limit", b.DownloadLimit)
	value(f, "use_stamping", b.UseStamping)
	c := delivery.LinkChange{
		FileIDs: b.FileIDs, UseLimit: b.UseDownloadLimit, Limit: b.DownloadLimit, Stamp: b.UseStamping, StampText: b.StampingText,
	}
	if c.StampText == nil && f.has("stamping_text") {
		c.StampText = new(string)
	}
	if f.has("expires_at") {
		c.ExpiresAt = &time.Time{}
		if b.ExpiresAt != nil {
			t, ok := parseTime(*b.ExpiresAt)
			f.Require(ok, "expires_at", "must be an ISO 8601 time such as 2026-05-15T14:30:00Z, or null")
			c.ExpiresAt = &t
		}
	}
	return c, f.Err()
}

// listLinks is native: the vendor's links cannot be listed.
func (a *api) listLinks(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	l, err := a.Delivery.Links(r.Context(), r.Scope(), p)
	if err != nil {
		return nil, err
	}
	return listOf(p, l, a.wireLink, func(k purvey.Link) (string, time.Time) { return k.ID, k.CreatedAt }), nil
}

// createLink serves BDD-19.
func (a *api) createLink(ctx context.Context, r *request) (int, any, error) {
	c, err := r.linkChange(false)
	if err != nil {
		return 0, nil, err
	}
	k, err := a.Delivery.CreateLink(ctx, r.Scope(), c)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, a.wireLink(k), nil
}

func (a *api) showLink(r *request) (any, error) {
	k, err := a.Delivery.Link(r.Context(), r.Scope(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return a.wireLink(k), nil
}

func (a *api) changeLink(ctx context.Context, r *request) (int, any, error) {
	c, err := r.linkChange(true)
	if err != nil {
		return 0, nil, err
	}
	k, err := a.Delivery.UpdateLink(ctx, r.Scope(), r.PathValue("id"), c)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, a.wireLink(k), nil
}

func (a *api) deleteLink(ctx context.Context, r *request) (int, any, error) {
	id := r.PathValue("id")
	return http.StatusOK, deleted{id, true}, a.Delivery.DeleteLink(ctx, r.Scope(), id)
}

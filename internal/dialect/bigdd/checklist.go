package bigdd

import (
	"context"
	"net/http"

	"purvey/internal/httpjson"
	"purvey/internal/overview"
)

// maxChecklistBody bounds the bodies here, in bytes.
const maxChecklistBody = 16 << 10

func (a *api) routesChecklist() {
	a.read("GET /public-api/v1/checklist", anyRole, a.showChecklist)
	a.write("POST /public-api/v1/checklist/mail", adminOnly, maxChecklistBody, a.testMail)
	a.raw("POST /public-api/v1/checklist/storage", adminOnly, a.checkStorage)
}

type checklistItem struct {
	Key    string  `json:"key"`
	Done   bool    `json:"done"`
	DoneAt *string `json:"done_at"`
	Title  string  `json:"title"`
	Help   string  `json:"help"`
	Href   string  `json:"href"`
}

func (a *api) showChecklist(r *request) (any, error) {
	items, err := a.Overview.Checklist(r.Context(), r.Caller.ShopID)
	if err != nil {
		return nil, err
	}
	out := struct {
		Items []checklistItem `json:"items"`
	}{[]checklistItem{}}
	for _, i := range items {
		out.Items = append(out.Items, wireChecklist(i))
	}
	return out, nil
}

func wireChecklist(i overview.Item) checklistItem {
	return checklistItem{i.Key, !i.DoneAt.IsZero(), nullTime(i.DoneAt), i.Title, i.Help, i.Href}
}

// testMail sends a message to try the mail server with.
func (a *api) testMail(ctx context.Context, r *request) (int, any, error) {
	var b struct {
		To string `json:"to"`
	}
	if err := r.decode(&b); err != nil {
		return 0, nil, err
	}
	m, err := a.Overview.TestMail(ctx, r.Caller.ShopID, b.To)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusAccepted, struct {
		MessageID string `json:"message_id"`
		State     string `json:"state"`
	}{m.ID, string(m.State)}, nil
}

// checkStorage writes to the storage and reads it back. It takes long enough
// that no transaction may wait for it.
func (a *api) checkStorage(w http.ResponseWriter, r *request) error {
	t, err := a.Overview.CheckStorage(r.Context(), r.Caller.ShopID)
	if err != nil {
		return err
	}
	httpjson.Write(w, http.StatusOK, envelope(struct {
		OK    bool    `json:"ok"`
		MS    int64   `json:"ms"`
		Error *string `json:"error"`
	}{t.OK, t.Took.Milliseconds(), nullString(t.Error)}))
	return nil
}

package bigdd

import (
	"time"

	"purvey"
	"purvey/internal/overview"
)

func (a *api) routesOverview() {
	a.read("GET /public-api/v1/overview", anyRole, a.showOverview)
	a.read("GET /public-api/v1/search", anyRole, a.search)
}

type figureWire struct {
	Value    int64 `json:"value"`
	Previous int64 `json:"previous"`
}

type moneyWire struct {
	Currency string `json:"currency"`
	Value    int64  `json:"value"`
	Previous int64  `json:"previous"`
}

type figuresWire struct {
	Orders         figureWire  `json:"orders"`
	Revenue        []moneyWire `json:"revenue"`
	Downloads      figureWire  `json:"downloads"`
	Completed      figureWire  `json:"completed"`
	BandwidthBytes figureWire  `json:"bandwidth_bytes"`
	NewCustomers   figureWire  `json:"new_customers"`
	KeysAssigned   figureWire  `json:"keys_assigned"`
	Refunds        figureWire  `json:"refunds"`
}

type periodWire struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

type stepWire struct {
	At           string `json:"at"`
	Orders       int64  `json:"orders"`
	RevenueCents int64  `json:"revenue_cents"`
	Downloads    int64  `json:"downloads"`
}

type topProductWire struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Orders       int64  `json:"orders"`
	RevenueCents int64  `json:"revenue_cents"`
}

type topFileWire struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Downloads int64  `json:"downloads"`
}

type attentionWire struct {
	Kind     string          `json:"kind"`
	Severity string          `json:"severity"`
	Count    int             `json:"count"`
	Title    string          `json:"title"`
	Href     string          `json:"href"`
	Items    []attentionItem `json:"items"`
}

type attentionItem struct {
	ID    string  `json:"id"`
	Title string  `json:"title"`
	At    *string `json:"at"`
}

type overviewWire struct {
	Period         periodWire       `json:"period"`
	Previous       periodWire       `json:"previous"`
	Figures        figuresWire      `json:"figures"`
	Series         []stepWire       `json:"series"`
	PreviousSeries []stepWire       `json:"previous_series"`
	TopProducts    []topProductWire `json:"top_products"`
	TopFiles       []topFileWire    `json:"top_files"`
	Attention      []attentionWire  `json:"attention"`
}

func (a *api) showOverview(r *request) (any, error) {
	var q overview.Query
	var err error
	if q.Start, err = r.timeParam("start"); err != nil {
		return nil, err
	}
	if q.End, err = r.timeParam("end"); err != nil {
		return nil, err
	}
	granularity, err := r.enumParam("granularity", string(overview.Hour), string(overview.Day), string(overview.Week))
	if err != nil {
		return nil, err
	}
	q.Granularity = overview.Granularity(granularity)
	t, err := a.Overview.Today(r.Context(), r.Caller.Shop, r.Caller.Mode, q)
	if err != nil {
		return nil, err
	}
	f := t.Figures
	w := overviewWire{
		Period: wirePeriod(t.Period), Previous: wirePeriod(t.Previous),
		Figures: figuresWire{
			Orders: figureWire(f.Orders), Revenue: []moneyWire{}, Downloads: figureWire(f.Downloads), Completed: figureWire(f.Completed),
			BandwidthBytes: figureWire(f.Bytes), NewCustomers: figureWire(f.Customers), KeysAssigned: figureWire(f.Keys), Refunds: figureWire(f.Refunds),
		},
		Series: wireSteps(t.Series), PreviousSeries: wireSteps(t.PreviousSeries),
		TopProducts: []topProductWire{}, TopFiles: []topFileWire{}, Attention: []attentionWire{},
	}
	for _, m := range f.Revenue {
		w.Figures.Revenue = append(w.Figures.Revenue, moneyWire{m.Currency, m.Value, m.Previous})
	}
	for _, p := range t.TopProducts {
		w.TopProducts = append(w.TopProducts, topProductWire{p.ID, p.Name, p.Number, p.Cents})
	}
	for _, p := range t.TopFiles {
		w.TopFiles = append(w.TopFiles, topFileWire{p.ID, p.Name, p.Number})
	}
	for _, n := range t.Attention {
		if r.Caller.Role == purvey.Admin || !adminsAlone(n.Kind) {
			w.Attention = append(w.Attention, wireAttention(n))
		}
	}
	return w, nil
}

// adminsAlone tells whether what needs a hand is something that a member may not
// even read.
func adminsAlone(kind string) bool {
	switch kind {
	case "endpoint_failing", "endpoint_disabled", "store_event_unmapped":
		return true
	}
	return false
}

func wirePeriod(p overview.Period) periodWire { return periodWire{wireTime(p.Start), wireTime(p.End)} }

func wireSteps(steps []overview.Step) []stepWire {
	out := make([]stepWire, len(steps))
	for i, s := range steps {
		out[i] = stepWire{wireTime(s.At), s.Orders, s.Cents, s.Downloads}
	}
	return out
}

func wireAttention(n overview.Attention) attentionWire {
	w := attentionWire{Kind: n.Kind, Severity: string(n.Severity), Count: n.Count, Title: n.Title, Href: n.Href, Items: []attentionItem{}}
	for _, i := range n.Items {
		w.Items = append(w.Items, attentionItem{i.ID, i.Title, nullTime(i.At)})
	}
	return w
}

type hitWire struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Subtitle string `json:"subtitle"`
}

type foundWire struct {
	Orders      []hitWire `json:"orders"`
	Customers   []hitWire `json:"customers"`
	Products    []hitWire `json:"products"`
	Files       []hitWire `json:"files"`
	LicenseKeys []hitWire `json:"license_keys"`
}

// search looks through everything.
func (a *api) search(r *request) (any, error) {
	text, err := r.search()
	if err != nil {
		return nil, err
	}
	if len([]rune(text)) < 2 {
		return nil, purvey.BadField("q", "must be at least 2 characters")
	}
	f, err := a.Overview.Search(r.Context(), r.Scope(), text)
	if err != nil {
		return nil, err
	}
	return foundWire{wireHits(f.Orders), wireHits(f.Customers), wireHits(f.Products), wireHits(f.Files), wireHits(f.LicenseKeys)}, nil
}

func wireHits(hits []overview.Hit) []hitWire {
	out := make([]hitWire, len(hits))
	for i, h := range hits {
		out[i] = hitWire{h.ID, h.Title, h.Sub}
	}
	return out
}

// orderTimeline tells what happened to an order.
func (a *api) orderTimeline(r *request) (any, error) {
	entries, err := a.Orders.Timeline(r.Context(), r.Scope(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	out := []entryWire{}
	for _, e := range entries {
		if r.Caller.Role != purvey.Admin && (e.Actor != nil || e.Kind[:min(8, len(e.Kind))] == "webhook.") {
			continue // the audit log and webhooks are for admins
		}
		out = append(out, wireEntry(e.At, e.Kind, e.Title, e.Detail, e.Actor, e.Link, e.Data))
	}
	return out, nil
}

type entryWire struct {
	At     string         `json:"at"`
	Kind   string         `json:"kind"`
	Title  string         `json:"title"`
	Detail string         `json:"detail"`
	Actor  *timelineActor `json:"actor"`
	Link   *string        `json:"link"`
	Data   map[string]any `json:"data"`
}

type timelineActor struct {
	Type string  `json:"type"`
	ID   *string `json:"id"`
	Name *string `json:"name"`
}

func wireEntry(at time.Time, kind, title, detail string, actor *purvey.Actor, link string, data map[string]any) entryWire {
	w := entryWire{At: wireTime(at), Kind: kind, Title: title, Detail: detail, Link: nullString(link), Data: data}
	if actor != nil {
		w.Actor = &timelineActor{string(actor.Type), nullString(actor.ID), nullString(actor.Name)}
	}
	return w
}

package bigdd

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"purvey"
	"purvey/internal/store"
)

// policies changes policies of the shop, given as members of a JSON object.
func (d *desk) policies(members string) {
	d.t.Helper()
	if a := d.call(d.admin, "PATCH", prefix+"settings", `{"policies":{`+members+`}}`); a.status != 200 {
		d.t.Fatalf("%d %s", a.status, a.body)
	}
}

// attention gives what needs a hand as "kind severity title", by a token.
func (d *desk) attention(token string) string {
	d.t.Helper()
	var out struct {
		Data struct {
			Attention []struct{ Kind, Severity, Title string }
		}
	}
	d.call(token, "GET", prefix+"overview", "").into(d.t, &out)
	var all []string
	for _, a := range out.Data.Attention {
		all = append(all, a.Kind+" "+a.Severity+" "+a.Title)
	}
	return strings.Join(all, "; ")
}

// BDD-31: a shop may let orders of high risk go. What it wants when an order is
// placed, paid or rated counts; what is held stays held until a person lets go.
func TestBDD31_HoldHighRisk(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		p := d.product("Kit", `"file_ids":["`+d.store("kit.zip", "kit")+`"]`)
		check := func(what string, o orderSeen, status string, held bool, delivered int) {
			t.Helper()
			var seen struct {
				IsHeld *bool `json:"is_held"`
			}
			d.ok(200, "GET", "orders/"+o.ID, "", &seen)
			if got := d.statuses(o); got != status || seen.IsHeld == nil || *seen.IsHeld != held || d.mails(o.ID, "delivery") != delivered {
				t.Errorf("%s: %s, held %v, %d mails; want %s, %v, %d", what, got, seen.IsHeld, d.mails(o.ID, "delivery"), status, held, delivered)
			}
		}
		const high = `"risk_level":"HIGH"`
		held, pending := d.buy(p, high), d.buy(p, high, `"financial_status":"PENDING"`)
		again := d.buy(p, high, `"financial_status":"PENDING"`)
		check("by default", held, "processing", true, 0)
		check("unpaid by default", pending, "unpaid", true, 0)

		d.policies(`"hold_high_risk":false`)
		check("held before", held, "processing", true, 0)
		d.patch(held, `{`+high+`}`) // says nothing new
		check("held before, rated alike", held, "processing", true, 0)
		if got := d.attention(d.admin); got != "held_order amber A paid order is held for its risk" {
			t.Errorf("held before: %s", got)
		}
		free := d.buy(p, high)
		check("let go", free, "active", false, 1)
		d.patch(pending, `{"financial_status":"PAID"}`)
		check("paid when let go", pending, "active", false, 1)
		later := d.buy(p, high, `"financial_status":"PENDING"`)
		check("unpaid", later, "unpaid", false, 0)
		rated := d.buy(p, `"financial_status":"AUTHORIZED"`)
		d.patch(rated, `{`+high+`}`)
		d.patch(rated, `{"financial_status":"PAID"}`)
		check("rated, then paid", rated, "active", false, 1)
		key := d.buy(d.product("Key", `"access":"LICENSE_KEY"`, `"license_key_tag":"pro"`), high)
		check("waits for a key", key, "processing", false, 0)
		d.stock("pro", "PRO-1")
		d.run()
		check("has its key", key, "active", false, 1)

		d.policies(`"hold_high_risk":null`)
		check("stays let go", free, "active", false, 1)
		d.patch(later, `{"financial_status":"PAID"}`)
		check("paid when held", later, "processing", true, 0)
		d.patch(again, `{"financial_status":"PAID"}`)
		check("the same throughout", again, "processing", true, 0)
		if got := d.attention(d.admin); !strings.Contains(got, "held_order amber 3 paid orders are held for their risk") {
			t.Errorf("at the end: %s", got)
		}
		for _, o := range []orderSeen{held, later, again} {
			d.patch(o, `{"risk_level":"LOW"}`)
			check("released by hand", o, "active", false, 1)
		}
	})
}

// What a product's date releases is told in the audit log as the system's doing,
// once for each order; what waits on for something else is not, nor is it told
// again when the job runs twice.
func TestAuditOfScheduledRelease(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) { // it is noon of 5 January, UTC
		file := d.store("album.zip", "album")
		p := d.product("Album", `"file_ids":["`+file+`"]`, `"delivering_type":"SCHEDULED"`, `"scheduled_delivery_date":"2026-01-08T09:00:00Z"`,
			`"scheduled_delivery_timezone":"UTC"`)
		early, risky := d.buy(p), d.buy(p, `"risk_level":"HIGH"`)
		d.clock.Set(time.Date(2026, 1, 8, 9, 0, 0, 0, time.UTC))
		d.run()
		for range 2 {
			if err := d.backend.Orders.ReleaseProduct(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		if e := d.frame.told(early.ID, "order.released", "map[lines.1.status:processing]", "map[lines.1.status:active]"); e.Actor.Type != "system" {
			t.Errorf("%+v", e)
		}
		if rows, _ := d.audit(d.admin, "&action=order.released"); len(rows) != 1 {
			t.Errorf("%+v", rows)
		}
		if got := strings.Join(d.kinds(d.admin, early.ID), " "); strings.Count(got, "line.released") != 1 || strings.Contains(got, "audit") {
			t.Errorf("the timeline: %s", got)
		}
		if rows, _ := d.audit(d.admin, "&object_id="+risky.ID); len(rows) != 0 {
			t.Errorf("the held one: %+v", rows)
		}
	})
}

// The audit log names the line whose downloads were reset.
func TestAuditOfResetNamesTheLine(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		p, q := d.product("Bass"), d.product("Drums")
		o := d.place(`"customer":{"email":"ana@example.org"}`, `[{"digital_product_id":"`+p+`"},{"digital_product_id":"`+q+`"}]`)
		d.ok(200, "POST", "orders/"+o.ID+"/reset-downloads", `{"line_id":"`+o.Lines[1].ID+`"}`, nil)
		rows, _ := d.audit(d.admin, "&object_id="+o.ID)
		if len(rows) != 1 || rows[0].Action != "order.downloads_reset" || rows[0].After["lines.2.product"] != "Drums" || rows[0].After["lines.2.downloads_counted_from"] == nil ||
			len(rows[0].After) != 2 {
			t.Errorf("%+v", rows)
		}
	})
}

// A budget of bandwidth is set and taken back, refused where it is none, and
// shown on Today at its very limits, in live mode alone.
func TestBandwidthBudget(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		for _, bad := range []string{`"bandwidth_gb":0`, `"bandwidth_gb":-1`, `"bandwidth_gb":10000001`, `"bandwidth_gb":1.5`, `"bandwidth_gb":"1"`, `"bandwidth_stop":1`, `"hold_high_risk":"no"`} {
			d.refused(d.call(d.admin, "PATCH", prefix+"settings", `{"policies":{`+bad+`}}`), 400, "validation_error")
		}
		var seen struct {
			Data struct {
				Policies struct {
					HoldHighRisk  bool `json:"hold_high_risk"`
					BandwidthGB   *int `json:"bandwidth_gb"`
					BandwidthStop bool `json:"bandwidth_stop"`
				}
			}
		}
		d.call(d.admin, "GET", prefix+"settings", "").into(t, &seen)
		if p := seen.Data.Policies; !p.HoldHighRisk || p.BandwidthGB != nil || p.BandwidthStop {
			t.Errorf("%+v", p)
		}
		send := func(bytes int64) { // in one copy more
			t.Helper()
			now := d.backend.Orders.Now()
			err := d.db.Tx(t.Context(), func(tx *store.Tx) error {
				return tx.InsertDownload(context.Background(), "m", &purvey.Download{
					ShopID: d.shop.ID, Mode: purvey.Live, Via: purvey.ViaMint, MintID: "m", FileID: strings.Repeat("f", 24), FileName: "f", Number: 1, Size: bytes, Sent: bytes,
					CreatedAt: now, LastAt: now, CompletedAt: now,
				})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		d.policies(`"bandwidth_gb":2`)
		for _, step := range []struct {
			bytes int64
			want  string
		}{
			{1_600_000_000 - 1, ""}, {1, "bandwidth amber 80 % of the bandwidth budget are used"}, {400_000_000 - 1, "bandwidth amber 99 % of the bandwidth budget are used"},
			{1, "bandwidth amber The bandwidth budget is used up"},
		} {
			send(step.bytes)
			d.clock.Advance(time.Second) // the end of the period is exclusive
			if got := d.attention(d.admin); got != step.want {
				t.Errorf("after %d bytes more: %q, want %q", step.bytes, got, step.want)
			}
		}
		d.policies(`"bandwidth_stop":true`)
		if got := d.attention(d.admin); got != "bandwidth red The bandwidth budget is used up: new downloads are refused" {
			t.Error(got)
		}
		if got := d.attention(d.token(d.shop, purvey.Admin, purvey.Sandbox)); got != "" {
			t.Errorf("the sandbox: %s", got)
		}
		var stats struct {
			Bytes int64 `json:"total_bandwidth_bytes"`
		}
		d.ok(200, "GET", "downloads/stats", "", &stats)
		if stats.Bytes != 2_000_000_000 {
			t.Errorf("the statistics say %d", stats.Bytes)
		}
		d.policies(`"bandwidth_gb":3`)
		if got := d.attention(d.admin); got != "" {
			t.Errorf("raised: %s", got)
		}
		d.policies(`"bandwidth_gb":null`)
		if rows, _ := d.audit(d.admin, "&action=settings.updated"); fmt.Sprint(rows[0].Before, rows[0].After) != "map[policies.bandwidth_gb:3] map[policies.bandwidth_gb:<nil>]" {
			t.Errorf("%+v", rows[0])
		}
	})
}

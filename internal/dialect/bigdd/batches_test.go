package bigdd

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// batch is a body of POST /license-keys.
func batch(keys []string, more object) string {
	body := object{"keys": keys}
	for k, v := range more {
		body[k] = v
	}
	b, _ := json.Marshal(body)
	return string(b)
}

// serials are n keys, from the given number on.
func serials(from, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("PLUG-%05d-%05d", from+i, (from+i)*7919%100000)
	}
	return out
}

type added struct {
	Created, Skipped *int
	Keys             []keyWire
}

// BDD-12: batches of 5,000 in the three ways to treat duplicates.
func TestBDD12_FullBatches(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		const path = "license-keys"
		all := serials(0, 5000)
		slices.Reverse(all)
		var got added
		a := d.ok(201, "POST", path, batch(all, object{"tag": "photoshop-plugin-v3", "duplicates": "skip"}), &got)
		if *got.Created != 5000 || *got.Skipped != 0 || len(got.Keys) != 5000 {
			t.Fatalf("%d created, %d skipped, %d shown", *got.Created, *got.Skipped, len(got.Keys))
		}
		var shown object
		a.into(t, &struct{ Data *object }{&shown})
		if odd := keys(shown, "created", "skipped", "keys"); odd != "" {
			t.Errorf("answer: %s", odd)
		}
		for i, k := range got.Keys {
			if k.Key != all[i] || k.Assigned || *k.Tag != "photoshop-plugin-v3" || k.OrderID != nil || k.OrderName != nil || k.CreatedAt != "2026-01-05T12:00:00.000Z" {
				t.Fatalf("key %d is %+v, want %s", i, k, all[i])
			}
		}
		// Half of them again, in another order, with and without a tag.
		half := append(serials(2500, 5000)[2500:], serials(0, 2500)...)
		d.ok(201, "POST", path, batch(half, object{"tag": "other"}), &got)
		if *got.Created != 2500 || *got.Skipped != 2500 || got.Keys[0].Key != half[0] || len(got.Keys) != 2500 {
			t.Errorf("skip: %d created, %d skipped", *got.Created, *got.Skipped)
		}
		d.ok(201, "POST", path, batch(all, nil), &got)
		if *got.Created != 0 || *got.Skipped != 5000 || got.Keys == nil || len(got.Keys) != 0 {
			t.Errorf("skip all: %d created, %d skipped, %v", *got.Created, *got.Skipped, got.Keys)
		}
		// All or nothing, and the first 20 that are there already are named.
		fresh := serials(20000, 4999)
		e := d.refused(d.call(d.member, "POST", prefix+path, batch(append(fresh, all[17]), object{"duplicates": "fail"})), 409, "conflict")
		if len(e.Error.Details) != 1 || !strings.Contains(e.Error.Details[0].Message, all[17]) {
			t.Errorf("fail: %+v", e.Error)
		}
		e = d.refused(d.call(d.member, "POST", prefix+path, batch(all, object{"duplicates": "fail"})), 409, "conflict")
		if len(e.Error.Details) != 20 || !strings.Contains(e.Error.Details[0].Message, all[0]) || !strings.Contains(e.Error.Details[19].Message, all[19]) {
			t.Errorf("fail: %+v", e.Error.Details)
		}
		if got := d.validate(fresh[0]); got != "false false <nil> <nil> <nil>" {
			t.Errorf("a part of a refused batch is there: %s", got)
		}
		d.ok(201, "POST", path, batch(fresh, object{"duplicates": "fail"}), &got)
		if *got.Created != 4999 || *got.Skipped != 0 {
			t.Errorf("fail without duplicates: %d, %d", *got.Created, *got.Skipped)
		}
		d.ok(201, "POST", path, batch(all, object{"duplicates": "create", "tag": "again"}), &got)
		if *got.Created != 5000 || *got.Skipped != 0 || len(got.Keys) != 5000 || *got.Keys[0].Tag != "again" {
			t.Errorf("create: %d, %d", *got.Created, *got.Skipped)
		}
		if n := d.count(path + "?q=" + all[3]); n != 2 {
			t.Errorf("a key created twice is there %d times", n)
		}
	})
}

// BDD-12: bounds, trimming, and duplicates within a batch.
func TestBDD12_BatchRules(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		const path = "license-keys"
		add := func(body string) string {
			t.Helper()
			var got added
			d.ok(201, "POST", path, body, &got)
			var texts []string
			for _, k := range got.Keys {
				texts = append(texts, k.Key)
			}
			return fmt.Sprintf("%d %d %q", *got.Created, *got.Skipped, texts)
		}
		long := strings.Repeat("é", 255)
		for _, c := range []struct{ body, want string }{
			{`{"keys":["A","B"," A ","\tC\n"]}`, `3 1 ["A" "B" "C"]`},
			{`{"keys":["a","A"],"tag":"elsewhere","duplicates":"skip"}`, `1 1 ["a"]`},
			{`{"keys":["D","D","A"],"duplicates":"create","tag":null}`, `3 0 ["D" "D" "A"]`},
			{`{"keys":["` + long + `"],"duplicates":null}`, fmt.Sprintf("1 0 [%q]", long)},
			{`{"keys":["inner space","ключ","<b>&\"'"],"colour":"red"}`, `3 0 ["inner space" "ключ" "<b>&\"'"]`},
			{`{"keys":["E"],"tag":"` + strings.Repeat("ü", 120) + `"}`, `1 0 ["E"]`},
		} {
			if got := add(c.body); got != c.want {
				t.Errorf("%.60s: %s, want %s", c.body, got, c.want)
			}
		}
		// A product's tag is trimmed, too, so that it finds the keys.
		if add(`{"keys":["T"],"tag":" tag\t"}`); d.count(path+"?tag=tag") != 1 {
			t.Error("the tag is not trimmed")
		}
		before := d.count(path)
		d.refused(d.call(d.member, "POST", prefix+path, `{"keys":["F","G","F"],"duplicates":"fail"}`), 409, "conflict")
		for body, field := range map[string]string{
			`{}`: "keys", `{"keys":[]}`: "keys", `{"keys":null}`: "keys", `{"keys":"A"}`: "keys", `{"keys":{"0":"A"}}`: "keys", `{"keys":["F",7]}`: "keys[1]",
			`{"keys":["F",""]}`: "keys.1", `{"keys":["F"," \t"]}`: "keys.1", `{"keys":["F",null]}`: "keys.1", `{"keys":["F","` + long + `x"]}`: "keys.1",
			batch(serials(0, 5001), nil): "keys", `{"keys":["F"],"tag":"` + strings.Repeat("t", 121) + `"}`: "tag", `{"keys":["F"],"tag":7}`: "tag",
			`{"keys":["F"],"duplicates":"replace"}`: "duplicates", `{"keys":["F"],"duplicates":true}`: "duplicates",
		} {
			d.field("POST", path, body, field)
		}
		for _, body := range []string{``, `[]`, `["F"]`, `null`, `{"keys":["F"]`, `{"keys":["F\u0000"]}`, `{"keys":["F\ud800"]}`, "{\"keys\":[\"F\xff\"]}"} {
			d.refused(d.call(d.member, "POST", prefix+path, body), 400, "validation_error")
		}
		d.refused(d.call(d.member, "POST", prefix+path, `keys=F`, "Content-Type", "application/x-www-form-urlencoded"), 415, "unsupported_media_type")
		d.refused(d.call(d.member, "POST", prefix+path, batch([]string{strings.Repeat("x", 17<<20)}, nil)), 413, "payload_too_large")
		if n := d.count(path); n != before {
			t.Errorf("refused batches left %d keys", n-before)
		}
	})
}

// BDD-12: a repeat with the same Idempotency-Key is answered the same and
// creates nothing, for a day; many at once create once.
func TestBDD12_IdempotencyKey(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		const path = "license-keys"
		all := serials(0, 5000)
		body := batch(all, object{"tag": "v3", "duplicates": "create"})
		post := func(key, body string) answer {
			return d.call(d.member, "POST", prefix+path, body, "Idempotency-Key", key)
		}
		answers := make([]answer, 8)
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() { answers[i] = post("import-1", body) })
		}
		wg.Wait()
		replays := 0
		for _, a := range answers {
			if a.status != 201 || a.body != answers[0].body {
				t.Fatalf("%d %.200s", a.status, a.body)
			}
			if a.header.Get("Idempotency-Replayed") == "true" {
				replays++
			}
		}
		if replays != 7 {
			t.Errorf("%d of 8 say that they are replays, want 7", replays)
		}
		d.clock.Advance(23*time.Hour + 59*time.Minute)
		if _, err := d.backend.Idempotency.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if a := post("import-1", body); a.status != 201 || a.body != answers[0].body || a.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("almost a day later: %d %v", a.status, a.header)
		}
		for _, k := range []string{all[0], all[4999]} {
			if n := d.count(path + "?q=" + k); n != 1 {
				t.Errorf("%s is there %d times", k, n)
			}
		}
		// Another body, another key, another token, another route.
		d.refused(post("import-1", batch(all[:1], object{"duplicates": "create"})), 409, "conflict")
		if a := post("import-2", batch(all[:1], object{"duplicates": "create"})); a.status != 201 || a.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("another key: %d", a.status)
		}
		if a := d.call(d.admin, "POST", prefix+path, body, "Idempotency-Key", "import-1"); a.status != 201 || a.body != answers[0].body {
			t.Errorf("another token of the shop: %d", a.status)
		}
		if a := d.call(d.member, "POST", prefix+"digital-products", `{"name":"x"}`, "Idempotency-Key", "import-1"); a.status != 201 || a.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("another route: %d %s", a.status, a.body)
		}
		if a := d.call(d.sandbox, "POST", prefix+path, body, "Idempotency-Key", "import-1"); a.status != 201 || a.body == answers[0].body {
			t.Errorf("the other mode: %d", a.status)
		}
		// What was refused is not kept: the same key may be used for the mended request.
		d.refused(post("import-3", `{"keys":[]}`), 400, "validation_error")
		d.refused(post("import-3", batch([]string{all[0]}, object{"duplicates": "fail"})), 409, "conflict")
		if a := post("import-3", `{"keys":["NEW"]}`); a.status != 201 || a.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("after refusals: %d %s", a.status, a.body)
		}
		d.field2(post(strings.Repeat("k", 256), `{"keys":["NEW-2"]}`), "Idempotency-Key")
		if a := post(strings.Repeat("k", 255), `{"keys":["NEW-2"]}`); a.status != 201 {
			t.Errorf("255 characters: %d", a.status)
		}
		// After a day the key is free.
		d.clock.Advance(2 * time.Minute)
		if _, err := d.backend.Idempotency.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if a := post("import-1", `{"keys":["NEXT-DAY"]}`); a.status != 201 || a.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("the next day: %d %s", a.status, a.body)
		}
	})
}

// field2 checks that an answer is a refusal of a field.
func (s *shelf) field2(a answer, field string) {
	s.t.Helper()
	e := s.refused(a, 400, "validation_error")
	if !slices.ContainsFunc(e.Error.Details, func(d detail) bool { return d.Field == field }) {
		s.t.Errorf("refused %+v, want %s", e.Error.Details, field)
	}
}

// BDD-12, BDD-35: batches and sales at once, on one tag: no key is created
// twice by skip, none is sold twice, none is lost.
func TestBDD35_BatchesAndSalesAtOnce(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *desk) {
		p := d.product("Pro", `"access":"LICENSE_KEY"`, `"license_key_tag":"pro"`)
		var wg sync.WaitGroup
		var mu sync.Mutex
		created := 0
		for i := range 6 {
			wg.Go(func() {
				var got added
				d.ok(201, "POST", "license-keys", batch(serials(i/2*100, 100), object{"tag": []string{"pro", "lite"}[i%2]}), &got)
				mu.Lock()
				defer mu.Unlock()
				created += *got.Created
			})
		}
		var orders []orderSeen
		for range 60 {
			wg.Go(func() {
				o := d.place(`"customer":{"email":"ana@example.org"}`, `[{"digital_product_id":"`+p+`","quantity":2}]`)
				mu.Lock()
				defer mu.Unlock()
				orders = append(orders, o)
			})
		}
		wg.Wait()
		d.run()
		holder := map[string]string{}
		for _, o := range orders {
			o = d.show(o.ID)
			for _, k := range o.Lines[0].LicenseKeys {
				if holder[k] != "" {
					t.Errorf("%s is held by %s and %s", k, holder[k], o.Name)
				}
				holder[k] = o.Name
				if got := d.validate(k); got != "true true pro "+o.Name+" "+o.ID {
					t.Errorf("%s of %s: %s", k, o.Name, got)
				}
			}
		}
		if created != 300 {
			t.Errorf("300 different keys were created %d times", created)
		}
		free := 0
		for query := "license-keys?status=available&tag=pro&limit=100"; query != ""; {
			l := d.list(query)
			free += len(l.Data)
			query = ""
			if l.Pagination.NextCursor != nil {
				query = "license-keys?status=available&tag=pro&limit=100&cursor=" + *l.Pagination.NextCursor
			}
		}
		inPro := 0
		for query := "license-keys?tag=pro&limit=100"; query != ""; {
			l := d.list(query)
			inPro += len(l.Data)
			query = ""
			if l.Pagination.NextCursor != nil {
				query = "license-keys?tag=pro&limit=100&cursor=" + *l.Pagination.NextCursor
			}
		}
		if len(holder) != min(120, inPro) || free != inPro-len(holder) {
			t.Errorf("of %d keys %d are held and %d free, for 120 units", inPro, len(holder), free)
		}
	})
}

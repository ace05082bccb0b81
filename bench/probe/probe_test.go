package probe

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func ask(h http.Handler, method, target, token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestOrdersAreOnDiskWithAllTheirRows(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "orders.db")
	h, err := newOrders(file)
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"customer":{"email":"a@example.com"},"lines":[{"digital_product_id":"p"}]}`
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if w := ask(h, "POST", "/", Token, body); w.Code != http.StatusCreated {
				t.Errorf("status %d", w.Code)
			}
		})
	}
	wait.Wait()
	if w := ask(h, "POST", "/", "wrong", body); w.Code != http.StatusUnauthorized {
		t.Errorf("status %d for a wrong token", w.Code)
	}
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range []string{"orders", "order_lines", "grants", "events", "jobs"} {
		var n int
		if err := db.QueryRow("select count(*) from " + table).Scan(&n); err != nil || n != 50 {
			t.Errorf("%s has %d rows (%v)", table, n, err)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys.db")
	if err := WriteKeys(file, 1000); err != nil {
		t.Fatal(err)
	}
	h, err := newValidate(file)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{Key(999): `"valid":true,"assigned":false`, Key(1000): `"valid":false,"assigned":false`} {
		if w := ask(h, "GET", "/validate?key="+key, Token, ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", key, w.Code, w.Body)
		}
	}
	if w := ask(h, "GET", "/validate", Token, ""); w.Code != http.StatusBadRequest {
		t.Errorf("status %d without a key", w.Code)
	}
}

func TestFilesNeedASignature(t *testing.T) {
	t.Parallel()
	h := newFiles("testdata")
	good := SignedPath("hello.txt", time.Now())
	for target, want := range map[string]int{
		good:         http.StatusOK,
		good + "x":   http.StatusForbidden,
		"/hello.txt": http.StatusForbidden,
		SignedPath("hello.txt", time.Now().Add(-48*time.Hour)): http.StatusForbidden,
		SignedPath("other.txt", time.Now()):                    http.StatusNotFound,
	} {
		if w := ask(h, "GET", target, "", ""); w.Code != want {
			t.Errorf("%s: %d, not %d", target, w.Code, want)
		}
	}
}

package probe

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// validate answers GET ?key= as Purvey's validate call does: token, one point read, JSON.
type validate struct {
	read  *sql.Stmt
	token [sha256.Size]byte
}

type verdict struct {
	Valid     bool    `json:"valid"`
	Assigned  bool    `json:"assigned"`
	Tag       *string `json:"tag"`
	OrderName *string `json:"order_name"`
	OrderID   *string `json:"order_id"`
}

func newValidate(file string) (*validate, error) {
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro&_mutex=no&_cache_size=-65536&_journal_mode=WAL")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	read, err := db.Prepare("select status, product_id, order_id from license_keys where k = ?")
	return &validate{read: read, token: sha256.Sum256([]byte(Token))}, err
}

func (v *validate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !authorized(r, v.token) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	key := strings.TrimSpace(r.URL.Query().Get("key"))
	if key == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var status, product int64
	var order sql.NullInt64
	var answer struct {
		Data verdict `json:"data"`
	}
	// Without the request's context: one that can be cancelled costs this driver a goroutine a query.
	err := v.read.QueryRow(key).Scan(&status, &product, &order)
	switch {
	case err == nil:
		answer.Data.Valid, answer.Data.Assigned = status == 1, order.Valid
		if order.Valid {
			id := strconv.FormatInt(order.Int64, 10)
			name := "#" + id
			answer.Data.OrderID, answer.Data.OrderName = &id, &name
		}
	case !errors.Is(err, sql.ErrNoRows):
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	text, err := json.Marshal(answer)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // the client has gone: nothing to be done
}

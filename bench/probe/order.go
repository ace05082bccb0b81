package probe

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

const orderTables = `
create table orders(id text primary key, email text not null, total integer not null, currency text not null, source text not null,
  ext_id text not null, created integer not null, unique(source, ext_id)) strict;
create table order_lines(order_id text not null, n integer not null, product_id text not null, price integer not null,
  primary key(order_id, n)) strict, without rowid;
create table grants(id text primary key, order_id text not null, product_id text not null, max_downloads integer not null,
  expires integer not null) strict;
create table events(id text primary key, kind text not null, payload text not null, at integer not null) strict;
create table jobs(id text primary key, kind text not null, run_at integer not null, payload text not null, state integer not null) strict;
create index jobs_due on jobs(state, run_at);`

// orders takes the body of Purvey's POST /orders and writes five rows for an order of one line: order, line, grant,
// event, job. All are on disk before it answers 201.
type orders struct {
	writer *group
	insert [5]*sql.Stmt
	token  [sha256.Size]byte
	seq    atomic.Int64
}

type orderBody struct {
	Customer struct {
		Email string `json:"email"`
	} `json:"customer"`
	Lines []struct {
		Product string `json:"digital_product_id"`
		Price   int64  `json:"price_cents"`
	} `json:"lines"`
}

func newOrders(file string) (*orders, error) {
	db, err := openDurable(file)
	if err != nil {
		return nil, err
	}
	if _, err := db.Exec(orderTables); err != nil {
		return nil, err
	}
	o := &orders{writer: newGroup(db), token: sha256.Sum256([]byte(Token))}
	for i, text := range []string{
		"insert into orders(id,email,total,currency,source,ext_id,created) values(?,?,?,?,?,?,?)",
		"insert into order_lines(order_id,n,product_id,price) values(?,?,?,?)",
		"insert into grants(id,order_id,product_id,max_downloads,expires) values(?,?,?,?,?)",
		"insert into events(id,kind,payload,at) values(?,?,?,?)",
		"insert into jobs(id,kind,run_at,payload,state) values(?,?,?,?,?)",
	} {
		if o.insert[i], err = db.Prepare(text); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (o *orders) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !authorized(r, o.token) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var body orderBody
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	n := o.seq.Add(1)
	id := fmt.Sprintf("%013x%011d", time.Now().UnixMilli(), n) // ordered by time
	if err := o.writer.run(func(tx *sql.Tx) error { return o.store(tx, id, n, body) }); err != nil {
		w.WriteHeader(http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"data":{"id":"%s","name":"#%d","financial_status":"PAID"}}`, id, n)
}

func (o *orders) store(tx *sql.Tx, id string, n int64, body orderBody) error {
	now := time.Now()
	total := int64(0)
	for _, l := range body.Lines {
		total += l.Price
	}
	if _, err := tx.Stmt(o.insert[0]).Exec(id, body.Customer.Email, total, "USD", "native", strconv.FormatInt(n, 10), now.Unix()); err != nil {
		return err
	}
	for i, l := range body.Lines {
		if _, err := tx.Stmt(o.insert[1]).Exec(id, i, l.Product, l.Price); err != nil {
			return err
		}
		if _, err := tx.Stmt(o.insert[2]).Exec("g"+id+strconv.Itoa(i), id, l.Product, 5, now.Unix()+86400); err != nil {
			return err
		}
	}
	if _, err := tx.Stmt(o.insert[3]).Exec("e"+id, "order.paid", `{"order":"`+id+`"}`, now.Unix()); err != nil {
		return err
	}
	_, err := tx.Stmt(o.insert[4]).Exec("j"+id, "deliver", now.Unix(), `{"order":"`+id+`"}`, 0)
	return err
}

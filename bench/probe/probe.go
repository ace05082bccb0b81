// Package probe holds the bare programs that Purvey is measured against: each does the one thing that cannot be left
// out (the same HTTP, the same token check, the same rows on the same disk) and nothing else. What a probe reaches is
// what the language, the driver and the machine allow; the distance to it is the price of everything a product adds.
//
// Each probe runs as a process of its own and announces its address on standard output.
package probe

import (
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	_ "github.com/mattn/go-sqlite3" // the driver behind database/sql
)

// Token opens every probe.
const Token = "tok_live_0123456789abcdef"

// Main runs the probe that args name.
func Main(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("a probe needs a name: order, validate, file or hooks")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	db := flags.String("db", "", "SQLite file")
	dir := flags.String("dir", "", "folder of files")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	var h http.Handler
	var err error
	switch args[0] {
	case "order":
		h, err = newOrders(*db)
	case "validate":
		h, err = newValidate(*db)
	case "file":
		h = newFiles(*dir)
	case "hooks":
		h, err = newHooks(*db)
	default:
		err = fmt.Errorf("unknown probe %q", args[0])
	}
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "listening on http://%s\n", l.Addr())
	return http.Serve(l, h)
}

// authorized compares the SHA-256 of the bearer token in constant time.
func authorized(r *http.Request, want [sha256.Size]byte) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	have := sha256.Sum256([]byte(token))
	return ok && subtle.ConstantTimeCompare(have[:], want[:]) == 1
}

// openDurable opens the one writing connection: WAL, and an fsync at every commit.
func openDurable(file string) (*sql.DB, error) {
	d, err := sql.Open("sqlite3", "file:"+file+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_busy_timeout=10000&_cache_size=-200000")
	if err != nil {
		return nil, err
	}
	d.SetMaxOpenConns(1)
	return d, nil
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"purvey/internal/store/storetest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"purvey": main})
}

// TestCommands runs the scripts of testdata against the real program, on both
// engines. Beside testscript's own, they use these commands:
//
//	server [-owner] [FLAG…]  start `purvey serve` and wait until it is ready, or
//	                         with -owner for the owner link, too; sets $URL and
//	                         $SETUP, the link's token; writes server.out, server.err
//	[!] term                 send SIGTERM and wait; ! expects a failure
//	http METHOD PATH STATUS [BODY]
//	                         call the server with $TOKEN; the answer is stdout
//	upload FILE              upload it, with $TOKEN
//	let NAME                 set a variable to the last stdout
//	newer-schema             make the database one of a later program
func TestCommands(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			testscript.Run(t, testscript.Params{
				Dir: "testdata",
				Setup: func(e *testscript.Env) error {
					e.Setenv("PURVEY_ADDR", "127.0.0.1:0")
					e.Setenv("PURVEY_DATA", filepath.Join(e.WorkDir, "data"))
					e.Setenv("ENGINE", engine)
					if engine == "postgres" {
						e.Setenv("PURVEY_DATABASE_URL", storetest.Options(t, engine).URL)
						e.Setenv("OTHER_DATABASE_URL", storetest.Options(t, engine).URL)
					}
					e.Values[serverKey{}] = &child{}
					return nil
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"server": startServer, "term": stopServer, "http": callServer, "upload": uploadFile, "let": setVariable, "newer-schema": newerSchema,
				},
				RequireExplicitExec: true,
			})
		})
	}
}

type serverKey struct{}

// child is the running server of one script.
type child struct {
	cmd  *exec.Cmd
	done chan error
	out  *os.File
	read sync.WaitGroup
}

// patience bounds every wait, for machines that do much else.
const patience = time.Minute

func startServer(ts *testscript.TestScript, neg bool, args []string) {
	c := ts.Value(serverKey{}).(*child)
	if neg || c.cmd != nil {
		ts.Fatalf("server: is running, or negated")
	}
	owner := len(args) > 0 && args[0] == "-owner"
	if owner {
		args = args[1:]
	}
	cmd := exec.Command(program(ts), append([]string{"serve"}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{
		"PATH", "HOME", "TMPDIR", "PURVEY_ADDR", "PURVEY_DATA", "PURVEY_DATABASE_URL", "PURVEY_SECRET_KEY", "PURVEY_LOG_LEVEL", "PURVEY_RATE_LIMITS",
		"PURVEY_SMTP_URL", "PURVEY_PUBLIC_URL", "GOCOVERDIR",
	} {
		if v := ts.Getenv(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	stderr, err := os.Create(ts.MkAbs("server.err"))
	ts.Check(err)
	cmd.Stderr = stderr
	c.out, err = os.Create(ts.MkAbs("server.out"))
	ts.Check(err)
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Check(stderr.Close())
	c.cmd, c.done = cmd, make(chan error, 1)
	ts.Defer(func() {
		if c.cmd != nil {
			_ = c.cmd.Process.Kill()
			<-c.done
		}
	})
	lines := make(chan string, 16)
	c.read.Go(func() {
		defer close(lines)
		scan := bufio.NewScanner(stdout)
		for scan.Scan() {
			fmt.Fprintln(c.out, scan.Text())
			select {
			case lines <- scan.Text():
			default: // nobody waits any more
			}
		}
	})
	go func() {
		c.read.Wait()
		c.done <- errors.Join(cmd.Wait(), c.out.Close())
	}()
	deadline := time.After(patience)
	next := func() string {
		select {
		case line, ok := <-lines:
			if ok {
				return line
			}
			ts.Fatalf("the server ended: %s", ts.ReadFile("server.err"))
		case <-deadline:
			ts.Fatalf("the server is not ready: %s", ts.ReadFile("server.err"))
		}
		return ""
	}
	url, ok := strings.CutPrefix(next(), "purvey: listening on ")
	if !ok {
		ts.Fatalf("the server printed something before it was ready")
	}
	ts.Setenv("URL", url)
	if owner {
		token, ok := strings.CutPrefix(next(), "purvey: owner link "+url+"/admin/setup?token=")
		if !ok {
			ts.Fatalf("the server printed no owner link")
		}
		ts.Setenv("SETUP", token)
	}
}

func stopServer(ts *testscript.TestScript, neg bool, _ []string) {
	c := ts.Value(serverKey{}).(*child)
	if c.cmd == nil {
		ts.Fatalf("term: no server is running")
	}
	ts.Check(c.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-c.done:
		c.cmd = nil
		if (err != nil) != neg {
			ts.Fatalf("the server ended with %v: %s", err, ts.ReadFile("server.err"))
		}
	case <-time.After(patience):
		ts.Fatalf("the server does not end")
	}
}

// program finds the command that testscript put on the path.
func program(ts *testscript.TestScript) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, "purvey"); fileExists(path) {
			return path
		}
	}
	ts.Fatalf("purvey is not on the path")
	return ""
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func callServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: http METHOD PATH STATUS [BODY]")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var body io.Reader
	kind := "application/json"
	if len(args) > 3 {
		body = strings.NewReader(args[3])
		if !strings.HasPrefix(args[3], "{") {
			kind = "application/x-www-form-urlencoded"
		}
	}
	req, err := http.NewRequestWithContext(ctx, args[0], ts.Getenv("URL")+args[1], body)
	ts.Check(err)
	if token := ts.Getenv("TOKEN"); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(resp.Body)
	ts.Check(err)
	_, err = ts.Stdout().Write(b.Bytes())
	ts.Check(err)
	if fmt.Sprint(resp.StatusCode) != args[2] {
		ts.Fatalf("%s %s answers %d, want %s: %s", args[0], args[1], resp.StatusCode, args[2], &b)
	}
}

func uploadFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: upload FILE")
	}
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	w, err := m.CreateFormFile("file", args[0])
	ts.Check(err)
	fmt.Fprint(w, ts.ReadFile(args[0]))
	ts.Check(m.Close())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, ts.Getenv("URL")+"/public-api/v1/files", &form)
	ts.Check(err)
	req.Header.Set("Authorization", "Bearer "+ts.Getenv("TOKEN"))
	req.Header.Set("Content-Type", m.FormDataContentType())
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		ts.Fatalf("the upload answers %d", resp.StatusCode)
	}
}

func setVariable(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: let NAME")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

func newerSchema(ts *testscript.TestScript, _ bool, _ []string) {
	driver, dsn := "sqlite", filepath.Join(ts.Getenv("PURVEY_DATA"), "purvey.db")
	if !slices.Contains(sql.Drivers(), driver) {
		driver = "sqlite3"
	}
	if url := ts.Getenv("PURVEY_DATABASE_URL"); url != "" {
		driver, dsn = "pgx", url
	}
	db, err := sql.Open(driver, dsn)
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	ts.Check(err)
}

//go:build linux

package main_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// onSmallDisk starts a server whose data folder is a disk of its own, of so
// many megabytes, and gives it with its token and the path at which this
// process sees the folder. A quarter of the disk is taken by the file ballast.
func onSmallDisk(t *testing.T, megabytes int, env []string) (c caller, p *process, folder string) {
	t.Helper()
	data, token := t.TempDir(), filepath.Join(t.TempDir(), "token")
	const script = `set -e
		mount -t tmpfs -o size="$1"m none "$2"
		head -c "$3" /dev/zero > "$2/ballast"
		"$4" token create --name disk --data "$2" > "$5"
		exec "$4" serve --data "$2" --addr 127.0.0.1:0`
	cmd := exec.Command("sh", "-c", script, "sh", fmt.Sprint(megabytes), data, fmt.Sprint(megabytes<<20/4), purveyBinary(t), token)
	cmd.Env = append(os.Environ(), env...)
	// Mounting needs no more rights than those a namespace of one's own gives.
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	p = startCommand(t, cmd)
	text, err := os.ReadFile(token)
	if err != nil {
		t.Fatal(err)
	}
	return caller{t, p.url, strings.TrimSpace(string(text))}, p, fmt.Sprintf("/proc/%d/root%s", cmd.Process.Pid, data)
}

// TestFullDisk fills the disk, first with files and then with whatever the
// database writes. What cannot be kept is refused in plain words and leaves
// nothing behind; what was kept is read as before; and when there is room again
// the same server goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, env []string) {
		c, p, folder := onSmallDisk(t, 32, append(env, "PURVEY_RATE_LIMITS=off"))
		const api = "/public-api/v1"
		var product struct{ ID string }
		c.data(201, &product, "POST", api+"/digital-products", `{"name":"Drums"}`)

		c.data(201, nil, "POST", api+"/license-keys", keyBatch(0))

		kept := map[string]string{} // id → digest
		full := func(r reply) bool {
			t.Helper()
			if r.status == 507 && (r.code() != "internal_error" || !strings.Contains(r.body, "full") && !strings.Contains(r.body, "room")) {
				t.Errorf("a full disk is explained as %s", r.body)
			}
			return r.status == 507
		}
		for _, size := range []int{4_000_000, 900_000} {
			for i := 0; ; i++ {
				content := string(randomBytes(size))
				body, kind := form(fmt.Sprintf("f-%d-%d.bin", size, i), "application/octet-stream", content)
				r := c.do("POST", api+"/files", body, "Content-Type", kind)
				if full(r) {
					break
				}
				if r.status != 201 || i > 600 {
					t.Fatalf("upload %d of %d bytes: %d %s", i, size, r.status, r.body)
				}
				var f struct{ ID string }
				r.into(t, &f)
				kept[f.ID] = digestOf([]byte(content))
			}
		}
		if r := c.do("POST", api+"/uploads", "", "Tus-Resumable", "1.0.0", "Upload-Length", "4000000"); r.status == 201 {
			location := r.header.Get("Location")
			r = c.do("PATCH", location, string(randomBytes(4_000_000)), "Tus-Resumable", "1.0.0", "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream")
			if r.status != 507 && r.status != 413 {
				t.Errorf("a resumable upload on a full disk: %d %s", r.status, r.body)
			}
		} else if !full(r) && r.status != 413 {
			t.Errorf("a resumable upload on a full disk: %d %s", r.status, r.body)
		}

		// The database fills the rest, where it lies on this disk.
		batches, orders := 1, 0
		var refused string
		for batch := 1; batch < 60; batch++ {
			r := c.do("POST", api+"/license-keys", keyBatch(batch), "Idempotency-Key", fmt.Sprint(batch))
			if full(r) {
				refused = keyBatch(batch)
				break
			}
			if r.status != 201 {
				t.Fatalf("batch %d: %d %s", batch, r.status, r.body)
			}
			if batches++; len(env) > 1 && batches == 3 { // the database is elsewhere
				break
			}
		}
		for i := 0; i < 3000; i++ {
			r := c.do("POST", api+"/orders", orderBody(fmt.Sprintf("o%d@example.org", i), product.ID))
			if full(r) {
				break
			}
			if r.status != 201 {
				t.Fatalf("order %d: %d %s", i, r.status, r.body)
			}
			if orders++; len(env) > 1 && orders == 20 {
				break
			}
		}
		if len(env) == 1 && refused == "" {
			t.Fatal("the disk never became full")
		}
		check := func() {
			t.Helper()
			if r := c.do("GET", "/healthz", ""); r.status != 200 {
				t.Errorf("/healthz: %d %s", r.status, r.body)
			}
			rows, names := 0, map[string]int{}
			walkList(c, api+"/files", func(row object) {
				rows++
				if kept[row["id"].(string)] == "" {
					t.Errorf("file %v was refused and is there", row)
				}
			})
			if rows != len(kept) {
				t.Errorf("%d files are listed, %d were acknowledged", rows, len(kept))
			}
			for id, digest := range kept {
				if r := c.do("GET", api+"/files/"+id+"/content", ""); r.status != 200 || digestOf([]byte(r.body)) != digest {
					t.Errorf("file %s: %d, %d bytes", id, r.status, len(r.body))
				}
			}
			walkList(c, api+"/orders", func(row object) { names[row["name"].(string)]++ })
			if len(names) != orders {
				t.Errorf("%d orders are listed, %d were acknowledged", len(names), orders)
			}
			for batch := range batches + 1 {
				for _, i := range []int{0, 4999} {
					var v struct{ Valid bool }
					c.data(200, &v, "GET", fmt.Sprintf("%s/license-keys/validate?key=DISK-%d-%d", api, batch, i), "")
					if v.Valid != (batch < batches) {
						t.Errorf("key %d of batch %d is valid: %v; %d batches were acknowledged", i, batch, v.Valid, batches)
					}
				}
			}
		}
		check()
		t.Logf("%d files, %d batches, %d orders", len(kept), batches, orders)
		stored := 0
		err := filepath.WalkDir(filepath.Join(folder, "files"), func(_ string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() {
				if i, err := e.Info(); err == nil && i.Size() >= 900_000 {
					stored++
				}
			}
			return err
		})
		if err != nil || stored > len(kept)+1 { // and the resumable upload's first bytes
			t.Errorf("%d pieces of content are stored for %d files, %v", stored, len(kept), err)
		}

		// Room again.
		if err := os.Remove(filepath.Join(folder, "ballast")); err != nil {
			t.Fatal(err)
		}
		content := string(randomBytes(900_000))
		kept[c.upload("after.bin", "application/octet-stream", content)] = digestOf([]byte(content))
		if refused != "" {
			if r := c.do("POST", api+"/license-keys", refused, "Idempotency-Key", fmt.Sprint(batches)); r.status != 201 || r.header.Get("Idempotency-Replayed") != "" {
				t.Errorf("the refused batch again: %d %.300s", r.status, r.body)
			}
			batches++
		}
		c.data(201, nil, "POST", api+"/orders", orderBody("after@example.org", product.ID))
		orders++
		check()
		if s := p.stderr.String(); strings.Contains(s, "panic") {
			t.Errorf("the server's log:\n%.3000s", s)
		}
	})
}

// keyBatch is a body of 5,000 keys.
func keyBatch(n int) string {
	keys := make([]string, 5000)
	for i := range keys {
		keys[i] = fmt.Sprintf("DISK-%d-%d", n, i)
	}
	b, _ := json.Marshal(object{"keys": keys, "tag": "disk"})
	return string(b)
}

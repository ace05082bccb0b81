package peer

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"purvey/bench/process"
)

// nginxConf serves a folder with sendfile from two workers and no log: nginx at its fastest here. tcp_nopush stays
// off: over loopback it waits for delayed acknowledgements.
const nginxConf = `%[1]s
worker_processes 2; daemon off; pid %[2]s/pid; error_log %[2]s/error.log;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; keepalive_requests 100000000; default_type application/octet-stream;
  client_body_temp_path %[2]s/body; proxy_temp_path %[2]s/proxy; fastcgi_temp_path %[2]s/fastcgi;
  uwsgi_temp_path %[2]s/uwsgi; scgi_temp_path %[2]s/scgi;
  server { listen 127.0.0.1:%[3]d; root %[4]s; }
}
`

// StartNginx serves the files of folder; dir is its own.
func StartNginx(ctx context.Context, dir, folder string) (*process.Child, error) {
	program, err := lookup("nginx", "/usr/sbin")
	if err != nil {
		return nil, err
	}
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // the workers must be able to read the folder, wherever it is
	}
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, user, dir, port, folder), 0o644); err != nil {
		return nil, err
	}
	child, err := process.Start("nginx", filepath.Join(dir, "log"), exec.Command(program, "-e", filepath.Join(dir, "error.log"), "-c", conf))
	if err != nil {
		return nil, err
	}
	child.Stop = syscall.SIGTERM
	child.URL = fmt.Sprintf("http://127.0.0.1:%d", port)
	if err := child.Answers(ctx, 5*time.Second, child.URL+"/small.bin"); err != nil {
		return nil, closing(child, err)
	}
	return child, nil
}

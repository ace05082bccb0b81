package config

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
)

// place is an operator's machine: variables and files.
type place struct {
	env   map[string]string
	files map[string]string
}

func (p place) load(args ...string) (Config, []string, error) {
	return Load(args, func(k string) string { return p.env[k] }, func(name string) ([]byte, error) {
		body, ok := p.files[name]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return []byte(body), nil
	})
}

var testKey = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xfb}, 32))

func TestDefaults(t *testing.T) {
	t.Parallel()
	cfg, rest, err := place{}.load()
	if err != nil || len(rest) != 0 {
		t.Fatalf("rest %v, error %v", rest, err)
	}
	if cfg.Addr != "127.0.0.1:8080" || cfg.Data != "./data" || cfg.DatabaseURL != "" || cfg.StorageURL != "" ||
		cfg.PublicURL != "" || cfg.SMTPURL != "" || cfg.SecretKey != nil || cfg.WebhookAllowInsecure ||
		!cfg.RateLimits || cfg.TrustedProxies != nil || cfg.MetricsAddr != "" || cfg.GeoIP != "" || cfg.StampFont != "" ||
		cfg.LogLevel != slog.LevelInfo || cfg.LogFormat != "text" || cfg.UploadMax != 0 {
		t.Errorf("defaults are\n%s", cfg)
	}
	if cfg.MailFrom.Name != "Purvey" || cfg.MailFrom.Address != "purvey@localhost" {
		t.Errorf("sender is %v", cfg.MailFrom)
	}
}

func TestEverySettingFromEverySource(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"PURVEY_ADDR":                   ":0",
		"PURVEY_DATA":                   "/srv/purvey",
		"PURVEY_DATABASE_URL":           "postgres://purvey@db/purvey",
		"PURVEY_STORAGE_URL":            "s3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=eu-west-1",
		"PURVEY_PUBLIC_URL":             "https://shop.example",
		"PURVEY_SMTP_URL":               "smtp://mail.example:587",
		"PURVEY_MAIL_FROM":              "Shop <shop@example.com>",
		"PURVEY_SECRET_KEY":             testKey,
		"PURVEY_WEBHOOK_ALLOW_INSECURE": "true",
		"PURVEY_RATE_LIMITS":            "off",
		"PURVEY_TRUSTED_PROXIES":        "10.0.0.0/8, ::1",
		"PURVEY_METRICS_ADDR":           "127.0.0.1:9100",
		"PURVEY_GEOIP":                  "/srv/geo.mmdb",
		"PURVEY_STAMP_FONT":             "/srv/sans.ttf",
		"PURVEY_LOG_LEVEL":              "debug",
		"PURVEY_LOG_FORMAT":             "json",
		"PURVEY_UPLOAD_MAX":             "1048576",
	}
	var args, lines []string
	files := map[string]string{"key": testKey + "\n"}
	for _, s := range settings() {
		v, ok := values[s.name]
		if !ok {
			t.Fatalf("no value for %s in this test", s.name)
		}
		lines = append(lines, s.name+" = "+v)
		if s.flag == "" {
			args = append(args, "--"+s.fileFlag(), "key")
		} else {
			args = append(args, "--"+s.flag, v)
		}
	}
	files["purvey.conf"] = "# settings\n\n" + strings.Join(lines, "\n") + "\n"

	byFlag, rest, err := place{files: files}.load(args...)
	if err != nil || len(rest) != 0 {
		t.Fatalf("flags: rest %v, error %v", rest, err)
	}
	byEnv, _, err := place{env: values}.load()
	if err != nil {
		t.Fatal(err)
	}
	byFile, _, err := place{files: files}.load("--config", "purvey.conf")
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Addr: ":0", Data: "/srv/purvey", DatabaseURL: values["PURVEY_DATABASE_URL"], StorageURL: values["PURVEY_STORAGE_URL"],
		PublicURL: "https://shop.example", SMTPURL: "smtp://mail.example:587", SecretKey: bytes.Repeat([]byte{0xfb}, 32),
		WebhookAllowInsecure: true, MetricsAddr: "127.0.0.1:9100", GeoIP: "/srv/geo.mmdb", StampFont: "/srv/sans.ttf",
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		LogLevel:       slog.LevelDebug, LogFormat: "json", UploadMax: 1 << 20,
	}
	want.MailFrom.Name, want.MailFrom.Address = "Shop", "shop@example.com"
	for name, got := range map[string]Config{"flags": byFlag, "environment": byEnv, "file": byFile} {
		if fmt.Sprintf("%s %x %s %s", got, got.SecretKey, got.DatabaseURL, got.SMTPURL) !=
			fmt.Sprintf("%s %x %s %s", want, want.SecretKey, want.DatabaseURL, want.SMTPURL) {
			t.Errorf("by %s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestLaterSourceWins(t *testing.T) {
	t.Parallel()
	p := place{
		env:   map[string]string{"PURVEY_ADDR": ":2", "PURVEY_DATA": "env", "PURVEY_METRICS_ADDR": ":3", "PURVEY_CONFIG": "a.conf"},
		files: map[string]string{"a.conf": "PURVEY_ADDR=:1\nPURVEY_DATA=file\nPURVEY_LOG_FORMAT=json\nPURVEY_GEOIP=\n"},
	}
	cfg, _, err := p.load("--addr=:4", "--metrics-addr", "")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Addr != ":4" || cfg.Data != "env" || cfg.LogFormat != "json" || cfg.MetricsAddr != "" {
		t.Errorf("got\n%s", cfg)
	}
	// A stronger source replaces a secret of a weaker one, however each is given.
	p = place{
		env:   map[string]string{"PURVEY_SMTP_URL_FILE": "smtp"},
		files: map[string]string{"a.conf": "PURVEY_SMTP_URL=smtp://weak\n", "smtp": "smtp://u:p@strong\n"},
	}
	cfg, _, err = p.load("--config", "a.conf")
	if err != nil || cfg.SMTPURL != "smtp://u:p@strong" {
		t.Errorf("SMTP URL is %q, error %v", cfg.SMTPURL, err)
	}
}

func TestRestOfTheArguments(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, args, rest, addr, insecure string }{
		{"before and after the command", "--addr :1 token create --name N --data d", "token create --name N", ":1", "false"},
		{"one dash", "serve -addr=:1", "serve", ":1", "false"},
		{"unknown flags stay", "serve --adr :1", "serve --adr :1", "127.0.0.1:8080", "false"},
		{"switch alone", "serve --webhook-allow-insecure backup", "serve backup", "127.0.0.1:8080", "true"},
		{"switch with word", "serve --webhook-allow-insecure false", "serve", "127.0.0.1:8080", "false"},
		{"after two dashes", "a -- --addr :1", "a -- --addr :1", "127.0.0.1:8080", "false"},
		{"a lone dash", "backup -", "backup -", "127.0.0.1:8080", "false"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg, rest, err := place{}.load(strings.Fields(c.args)...)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Join(rest, " ") != c.rest || cfg.Addr != c.addr || fmt.Sprint(cfg.WebhookAllowInsecure) != c.insecure {
				t.Errorf("rest %q, addr %q, insecure %v", rest, cfg.Addr, cfg.WebhookAllowInsecure)
			}
		})
	}
}

func TestErrorsNameTheSettingAndHideSecrets(t *testing.T) {
	t.Parallel()
	const hush = "hunter2"
	cases := []struct {
		name  string
		args  []string
		env   map[string]string
		files map[string]string
		want  []string // each in a line of its own
	}{
		{"address", []string{"--addr", "localhost"}, nil, nil, []string{`PURVEY_ADDR on the command line: "localhost": must be host:port`}},
		{"port", nil, map[string]string{"PURVEY_ADDR": ":99999"}, nil, []string{"PURVEY_ADDR in the environment"}},
		{"metrics address", nil, map[string]string{"PURVEY_METRICS_ADDR": "9100"}, nil, []string{"PURVEY_METRICS_ADDR"}},
		{"empty address", []string{"--addr", ""}, nil, nil, []string{"PURVEY_ADDR on the command line: must not be empty"}},
		{"no value", []string{"--addr"}, nil, nil, []string{"--addr: a value must follow"}},
		{"twice", []string{"--addr", ":1", "--addr", ":2"}, nil, nil, []string{"--addr: given twice"}},
		{"database scheme", nil, map[string]string{"PURVEY_DATABASE_URL": "mysql://u:" + hush + "@h/d"}, nil, []string{"PURVEY_DATABASE_URL in the environment: must begin with postgres://"}},
		{"database no URL", nil, map[string]string{"PURVEY_DATABASE_URL": "postgres://u:" + hush + "@h:x/%"}, nil, []string{"PURVEY_DATABASE_URL in the environment: is not a URL"}},
		{"storage scheme", []string{"--storage-url", "gs://b"}, nil, nil, []string{"PURVEY_STORAGE_URL"}},
		{"storage bucket", []string{"--storage-url", "s3:///p"}, nil, nil, []string{"must name a bucket"}},
		{"storage endpoint", []string{"--storage-url", "s3://b?endpoint=h:9000"}, nil, nil, []string{"its endpoint"}},
		{"public URL with path", []string{"--public-url", "https://h/shop"}, nil, nil, []string{"PURVEY_PUBLIC_URL"}},
		{"public URL scheme", []string{"--public-url", "shop.example"}, nil, nil, []string{"PURVEY_PUBLIC_URL"}},
		{"smtp scheme", nil, map[string]string{"PURVEY_SMTP_URL": "http://u:" + hush + "@h"}, nil, []string{"PURVEY_SMTP_URL"}},
		{"smtp host", nil, map[string]string{"PURVEY_SMTP_URL": "smtp://u:" + hush + "@:25"}, nil, []string{"must name a host"}},
		{"sender", []string{"--mail-from", "nobody"}, nil, nil, []string{"PURVEY_MAIL_FROM"}},
		{"key form", nil, map[string]string{"PURVEY_SECRET_KEY": hush + "!"}, nil, []string{"PURVEY_SECRET_KEY in the environment: is not base64"}},
		{"key length", nil, map[string]string{"PURVEY_SECRET_KEY": "aHVudGVyMg=="}, nil, []string{"must be 32 bytes, is 7"}},
		{"key itself and as file", nil, map[string]string{"PURVEY_SECRET_KEY": testKey, "PURVEY_SECRET_KEY_FILE": "k"}, nil, []string{"PURVEY_SECRET_KEY in the environment: given both itself and as PURVEY_SECRET_KEY_FILE"}},
		{"secret file missing", []string{"--secret-key-file", "gone"}, nil, nil, []string{"PURVEY_SECRET_KEY_FILE on the command line: cannot read the file"}},
		{"secret file empty", []string{"--smtp-url-file", "e"}, nil, map[string]string{"e": "\n"}, []string{"e: the file is empty"}},
		{"secret file large", []string{"--smtp-url-file", "e"}, nil, map[string]string{"e": strings.Repeat("x", maxSecretFile+1)}, []string{"larger than"}},
		{"boolean", nil, map[string]string{"PURVEY_WEBHOOK_ALLOW_INSECURE": "maybe"}, nil, []string{"must be true or false"}},
		{"limits", nil, map[string]string{"PURVEY_RATE_LIMITS": "of"}, nil, []string{"PURVEY_RATE_LIMITS"}},
		{"proxies", nil, map[string]string{"PURVEY_TRUSTED_PROXIES": "10.0.0.0/8,proxy"}, nil, []string{`"proxy" must be a network`}},
		{"level", nil, map[string]string{"PURVEY_LOG_LEVEL": "loud"}, nil, []string{"must be debug, info, warn or error"}},
		{"format", nil, map[string]string{"PURVEY_LOG_FORMAT": "xml"}, nil, []string{"must be text or json"}},
		{"upload", nil, map[string]string{"PURVEY_UPLOAD_MAX": "5GB"}, nil, []string{"whole number of bytes"}},
		{"negative upload", []string{"--upload-max=-1"}, nil, nil, []string{"whole number of bytes"}},
		{"no such file", []string{"--config", "gone"}, nil, nil, []string{"--config: cannot read the file: open gone"}},
		{
			"wrong lines", []string{"--config", "c"}, nil,
			map[string]string{"c": "PURVEY_ADR=:1\n" + hush + "\n" + hush + "==\nPURVEY_ADDR=:1\nPURVEY_ADDR=:2\nPURVEY_SECRET_KEY='" + hush + "\n"},
			[]string{
				"line 1: PURVEY_ADR is no setting", "line 2: must be KEY=VALUE", "line 3: what stands before the = is no setting",
				"line 5: PURVEY_ADDR stands twice", "line 6: PURVEY_SECRET_KEY: the quotes are not closed",
			},
		},
		{"every error is told", []string{"--addr", "x", "--data", "", "--log-level", "y"}, nil, nil, []string{"PURVEY_ADDR", "PURVEY_DATA", "PURVEY_LOG_LEVEL"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg, _, err := place{c.env, c.files}.load(c.args...)
			if err == nil {
				t.Fatalf("no error, settings are\n%s", cfg)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(c.want) {
				t.Fatalf("%d lines, want %d:\n%v", len(lines), len(c.want), err)
			}
			for i, want := range c.want {
				if !strings.Contains(lines[i], want) {
					t.Errorf("line %q does not say %q", lines[i], want)
				}
			}
			for _, secret := range []string{hush, testKey, "aHVudGVyMg"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error holds a secret: %v", err)
				}
			}
		})
	}
}

func TestPrintedFormsHideSecrets(t *testing.T) {
	t.Parallel()
	cfg, _, err := place{env: map[string]string{
		"PURVEY_DATABASE_URL": "postgres://u:hunter2@db.example/shop?sslpassword=hunter2",
		"PURVEY_SMTP_URL":     "smtps://u:hunter2@mail.example",
		"PURVEY_SECRET_KEY":   testKey,
	}}.load()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("settings", "config", cfg)
	slog.New(slog.NewTextHandler(&log, nil)).Info("settings", "config", &cfg)
	encoded, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{log.String(), string(encoded), cfg.String(), fmt.Sprintf("%v %+v %#v", cfg, &cfg, cfg)} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, testKey) || strings.Contains(text, "251 251") {
			t.Errorf("holds a secret: %s", text)
		}
		if !strings.Contains(text, "db.example") || !strings.Contains(text, "127.0.0.1:8080") {
			t.Errorf("lacks what is no secret: %s", text)
		}
	}
}

func TestKeyForms(t *testing.T) {
	t.Parallel()
	for _, v := range []string{testKey, strings.TrimRight(testKey, "="), base64.URLEncoding.EncodeToString(bytes.Repeat([]byte{0xfb}, 32))} {
		cfg, _, err := place{env: map[string]string{"PURVEY_SECRET_KEY": v}}.load()
		if err != nil || !bytes.Equal(cfg.SecretKey, bytes.Repeat([]byte{0xfb}, 32)) {
			t.Errorf("%s: %x, %v", v, cfg.SecretKey, err)
		}
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	cases := []struct{ addr, public, listening, want string }{
		{"127.0.0.1:8080", "", "", "http://127.0.0.1:8080"},
		{":8080", "", "", "http://127.0.0.1:8080"},
		{"0.0.0.0:8080", "", "", "http://127.0.0.1:8080"},
		{"[::]:8080", "", "", "http://127.0.0.1:8080"},
		{"[::1]:8080", "", "", "http://[::1]:8080"},
		{":0", "", "http://127.0.0.1:41234", "http://127.0.0.1:41234"},
		{":0", "HTTPS://Shop.example:8443/", "http://127.0.0.1:41234", "https://shop.example:8443"},
	}
	for _, c := range cases {
		cfg, _, err := place{}.load("--addr", c.addr, "--public-url", c.public)
		if err != nil {
			t.Fatal(err)
		}
		if got := cfg.Origin(c.listening); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestHelpNamesEverySettingOnOneLine(t *testing.T) {
	t.Parallel()
	help := Help()
	for _, s := range settings() {
		flag := s.flag
		if flag == "" {
			flag = s.fileFlag()
		}
		n := 0
		for line := range strings.Lines(help) {
			if strings.HasPrefix(line, "--"+flag) && strings.Contains(line, s.name) && strings.Contains(line, s.meaning) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s stands on %d lines of\n%s", s.name, n, help)
		}
	}
}

func TestLogger(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{"json": `"msg":"loud"`, "text": "msg=loud"} {
		cfg, _, err := place{}.load("--log-format", format, "--log-level", "warn")
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		log := cfg.Logger(&b)
		log.Info("quiet")
		log.Warn("loud")
		if got := b.String(); !strings.Contains(got, want) || strings.Contains(got, "quiet") {
			t.Errorf("%s: %s", format, got)
		}
	}
}

func FuzzParseFile(f *testing.F) {
	for _, seed := range []string{
		"", "PURVEY_ADDR=:1\n", "# c\r\nPURVEY_DATA = \"a b\"\r\n", "PURVEY_DATA='", "PURVEY_SECRET_KEY=x==\nX", "\uFEFFPURVEY_ADDR=1",
	} {
		f.Add([]byte(seed))
	}
	table := settings()
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := parseFile(table, body)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) || strings.TrimSpace(err.Error()) == "" {
				t.Fatalf("odd error %q", err)
			}
			return
		}
		// What was read, written again in quotes, reads the same.
		var b strings.Builder
		for k, v := range got {
			if strings.ContainsAny(v, "\n") {
				t.Fatalf("%s holds a line break: %q", k, v)
			}
			fmt.Fprintf(&b, "%s=\"%s\"\n", k, v)
		}
		again, err := parseFile(table, []byte(b.String()))
		if err != nil {
			t.Fatalf("%q: %v", b.String(), err)
		}
		for k, v := range got {
			if again[k] != v {
				t.Fatalf("%s: %q, again %q", k, v, again[k])
			}
		}
	})
}

// Package config reads the operator's settings into one struct.
//
// A setting can be given in four places; the later one in this list wins:
//
//  1. its default,
//  2. a file of KEY=VALUE lines, named by --config or PURVEY_CONFIG,
//  3. the environment (PURVEY_ADDR),
//  4. a flag (--addr).
//
// Settings that hold a secret can also be read from a file of their own
// (PURVEY_SECRET_KEY_FILE, --secret-key-file), as container and service
// managers hand secrets over. A secret given as a flag could be read by every
// user of the machine, so a program first takes it away with [MoveSecrets]. No
// secret is ever part of an error or of the printed form of a Config.
//
// An empty value in the environment or in the file means "not set"; an empty
// flag (--metrics-addr "") is a value and overrides the others.
package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"strings"
)

// Config is everything an operator can set. Load returns only checked values.
type Config struct {
	// Addr is the listen address, host:port. An empty host means every
	// interface; port 0 lets the system pick one.
	Addr string

	// Data is the data folder: purvey.db, files/ and secret.key live in it.
	Data string

	// DatabaseURL is a postgres:// URL. Empty means SQLite in the data folder.
	// Secret: it may hold a password.
	DatabaseURL string

	// StorageURL is s3://bucket/prefix?endpoint=…&region=…. Empty means files/
	// in the data folder. It holds no credentials; those come from AWS_*.
	StorageURL string

	// PublicURL is the origin written into links and e-mails, without a
	// trailing slash. Empty means the listen address; see Origin.
	PublicURL string

	// SMTPURL is smtp://user:pass@host:587 or smtps://…. Empty means that every
	// message is kept and none leaves. Secret: it may hold a password.
	SMTPURL string

	// MailFrom is the sender of all mail.
	MailFrom mail.Address

	// SecretKey is the root of every derived key: 32 bytes, or nil when the key
	// of the data folder is to be used. Secret.
	SecretKey []byte

	// WebhookAllowInsecure permits http:// and non-public addresses as webhook
	// receivers. For development only.
	WebhookAllowInsecure bool

	// RateLimits is false when every limit of requests is switched off.
	RateLimits bool

	// TrustedProxies are the networks whose X-Forwarded-For and
	// X-Forwarded-Proto headers are believed.
	TrustedProxies []netip.Prefix

	// MetricsAddr is the address of the second listener, for /metrics and
	// /debug/pprof. Empty means off.
	MetricsAddr string

	// GeoIP is the path of a MaxMind country database. Empty means the one that
	// ships in the binary.
	GeoIP string

	// StampFont is the path of a TrueType font of at most 64 MB that draws what
	// the built-in font lacks: it has Latin, Greek and Cyrillic. Empty means
	// that stamps with other letters fail.
	StampFont string

	// LogLevel is the least level that is logged.
	LogLevel slog.Level

	// LogFormat is "text" or "json".
	LogFormat string

	// UploadMax is the largest upload taken, in bytes; 0 means no limit.
	UploadMax int64
}

// Load reads the settings. The flags of this package are taken from anywhere
// in args, in the forms --name value, --name=value and --name alone for
// switches; rest is what remains of args, in order, with everything after a
// "--" untouched. Flags that Load does not know stay in rest, for the command
// to take or to refuse. getenv is asked for variables, readFile for the
// configuration file and for the files of secrets.
//
// The error holds one line per wrong setting, naming the setting and where it
// was given. On an error the Config is not usable.
func Load(args []string, getenv func(string) string, readFile func(string) ([]byte, error)) (cfg Config, rest []string, err error) {
	table := settings()
	flags, rest, errs := takeFlags(table, args)

	path := flags[configFlag]
	if path == "" {
		path = getenv(configVar)
	}
	var file map[string]string
	if path != "" {
		body, err := readFile(path)
		if err != nil {
			errs = append(errs, fmt.Errorf("--%s: cannot read the file: %w", configFlag, err))
		} else if file, err = parseFile(table, body); err != nil {
			errs = append(errs, fmt.Errorf("--%s %s: %w", configFlag, path, err))
		}
	}

	sources := []source{
		{
			where: "on the command line",
			value: func(s setting) (string, bool) { v, ok := flags[s.flag]; return v, ok },
			file:  func(s setting) (string, bool) { v, ok := flags[s.fileFlag()]; return v, ok },
		},
		{
			where: "in the environment",
			value: func(s setting) (string, bool) { v := getenv(s.name); return v, v != "" },
			file:  func(s setting) (string, bool) { v := getenv(s.fileVar()); return v, v != "" },
		},
		{
			where: "in the configuration file",
			value: func(s setting) (string, bool) { v := file[s.name]; return v, v != "" },
			file:  func(s setting) (string, bool) { v := file[s.fileVar()]; return v, v != "" },
		},
	}
	for _, s := range table {
		value, where, err := s.find(sources, readFile)
		if err == nil {
			err = s.apply(&cfg, value, where)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return Config{}, rest, errors.Join(errs...)
	}
	return cfg, rest, nil
}

// Origin is the address that links start with: the public URL if one is set,
// else listening (the URL that the running server reports), else one made of
// the listen address, for commands that run without a server.
func (c Config) Origin(listening string) string {
	switch {
	case c.PublicURL != "":
		return c.PublicURL
	case listening != "":
		return listening
	}
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return "http://" + c.Addr
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Logger makes the server's logger, writing to w.
func (c Config) Logger(w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// LogValue gives the settings without their secrets.
func (c Config) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, s := range settings() {
		attrs = append(attrs, slog.String(strings.ReplaceAll(s.label(), "-", "_"), s.show(c)))
	}
	return slog.GroupValue(attrs...)
}

// String gives the settings without their secrets, one KEY=VALUE a line.
func (c Config) String() string {
	var b strings.Builder
	for _, s := range settings() {
		fmt.Fprintf(&b, "%s=%s\n", s.name, s.show(c))
	}
	return b.String()
}

// GoString is String, so that %#v shows no secret either.
func (c Config) GoString() string { return c.String() }

// MarshalText is String, so that encoders show no secret either.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

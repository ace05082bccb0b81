package config

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
)

const (
	configFlag = "config"
	configVar  = "PURVEY_CONFIG"

	// maxSecretFile bounds what is read as one secret, in bytes.
	maxSecretFile = 64 << 10
)

// setting is one row of the table: everything that is known about a setting.
type setting struct {
	name     string // environment variable and key of the file
	flag     string // flag without dashes; empty when only a file is taken
	def      string // default, in the form the operator would write
	empty    string // what an empty default means, for the help
	meaning  string
	secret   bool // never printed; may be read from a file
	sw       bool // a switch: the flag may stand alone
	required bool // it cannot be off: an empty value is an error

	set  func(*Config, string) error // called with a value that is not empty
	show func(Config) string
}

// source is a place where settings are given.
type source struct {
	where string
	value func(setting) (string, bool) // the value itself
	file  func(setting) (string, bool) // the path of a file that holds it
}

// settings is the table of all settings, in the order of the help.
func settings() []setting {
	return []setting{
		{
			name: "PURVEY_ADDR", flag: "addr", def: "127.0.0.1:8080", required: true,
			meaning: "listen address; :0 picks a port and prints it",
			set:     func(c *Config, v string) error { c.Addr = v; return checkAddr(v) },
			show:    func(c Config) string { return c.Addr },
		},
		{
			name: "PURVEY_DATA", flag: "data", def: "./data", required: true,
			meaning: "data folder: purvey.db, files/, secret.key",
			set:     func(c *Config, v string) error { c.Data = v; return nil },
			show:    func(c Config) string { return c.Data },
		},
		{
			name: "PURVEY_DATABASE_URL", flag: "database-url", empty: "SQLite in the data folder", secret: true,
			meaning: "postgres://user:password@host/database",
			set:     func(c *Config, v string) error { c.DatabaseURL = v; return checkDatabaseURL(v) },
			show:    func(c Config) string { return redactURL(c.DatabaseURL) },
		},
		{
			name: "PURVEY_STORAGE_URL", flag: "storage-url", empty: "files/ in the data folder",
			meaning: "s3://bucket/prefix?endpoint=http://…&region=…; credentials from AWS_*",
			set:     func(c *Config, v string) error { c.StorageURL = v; return checkStorageURL(v) },
			show:    func(c Config) string { return c.StorageURL },
		},
		{
			name: "PURVEY_PUBLIC_URL", flag: "public-url", empty: "http://<addr>",
			meaning: "origin written into links and e-mails",
			set:     func(c *Config, v string) (err error) { c.PublicURL, err = parseOrigin(v); return err },
			show:    func(c Config) string { return c.PublicURL },
		},
		{
			name: "PURVEY_SMTP_URL", flag: "smtp-url", empty: "kept mailbox, no mail leaves", secret: true,
			meaning: "smtp://user:password@host:587, or smtps:// for TLS from the start",
			set:     func(c *Config, v string) error { c.SMTPURL = v; return checkSMTPURL(v) },
			show:    func(c Config) string { return redactURL(c.SMTPURL) },
		},
		{
			name: "PURVEY_MAIL_FROM", flag: "mail-from", def: "Purvey <purvey@localhost>", required: true,
			meaning: "sender of all mail",
			set:     func(c *Config, v string) (err error) { c.MailFrom, err = parseMail(v); return err },
			show:    func(c Config) string { return c.MailFrom.String() },
		},
		{
			name: "PURVEY_SECRET_KEY", flag: "secret-key", empty: "generated in the data folder", secret: true,
			meaning: "32 bytes in base64, the root of every derived key",
			set:     func(c *Config, v string) (err error) { c.SecretKey, err = parseKey(v); return err },
			show:    func(c Config) string { return redact(len(c.SecretKey) > 0) },
		},
		{
			name: "PURVEY_WEBHOOK_ALLOW_INSECURE", flag: "webhook-allow-insecure", def: "false", sw: true, required: true,
			meaning: "permit http:// and non-public addresses as webhook receivers (development only)",
			set:     func(c *Config, v string) (err error) { c.WebhookAllowInsecure, err = parseBool(v); return err },
			show:    func(c Config) string { return strconv.FormatBool(c.WebhookAllowInsecure) },
		},
		{
			name: "PURVEY_RATE_LIMITS", flag: "rate-limits", def: "on", sw: true, required: true,
			meaning: "off switches every limit of requests off",
			set:     func(c *Config, v string) (err error) { c.RateLimits, err = parseBool(v); return err },
			show:    func(c Config) string { return onOff(c.RateLimits) },
		},
		{
			name: "PURVEY_TRUSTED_PROXIES", flag: "trusted-proxies", empty: "none",
			meaning: "networks (10.0.0.0/8,::1) whose X-Forwarded-For and -Proto are believed",
			set:     func(c *Config, v string) (err error) { c.TrustedProxies, err = parsePrefixes(v); return err },
			show:    func(c Config) string { return joinPrefixes(c.TrustedProxies) },
		},
		{
			name: "PURVEY_METRICS_ADDR", flag: "metrics-addr", empty: "off",
			meaning: "second listener, for /metrics and /debug/pprof",
			set:     func(c *Config, v string) error { c.MetricsAddr = v; return checkAddr(v) },
			show:    func(c Config) string { return c.MetricsAddr },
		},
		{
			name: "PURVEY_GEOIP", flag: "geoip", empty: "the database in the binary",
			meaning: "path of a MaxMind country database (.mmdb)",
			set:     func(c *Config, v string) error { c.GeoIP = v; return nil },
			show:    func(c Config) string { return c.GeoIP },
		},
		{
			name: "PURVEY_STAMP_FONT", flag: "stamp-font", empty: "only the built-in font: Latin, Greek, Cyrillic",
			meaning: "path of a TrueType font (.ttf, .ttc; 64 MB) for other letters in stamps",
			set:     func(c *Config, v string) error { c.StampFont = v; return nil },
			show:    func(c Config) string { return c.StampFont },
		},
		{
			name: "PURVEY_LOG_LEVEL", flag: "log-level", def: "info", required: true,
			meaning: "least level that is logged: debug, info, warn or error",
			set:     func(c *Config, v string) (err error) { c.LogLevel, err = parseLevel(v); return err },
			show:    func(c Config) string { return strings.ToLower(c.LogLevel.String()) },
		},
		{
			name: "PURVEY_LOG_FORMAT", flag: "log-format", def: "text", required: true,
			meaning: "text or json",
			set:     func(c *Config, v string) (err error) { c.LogFormat, err = parseFormat(v); return err },
			show:    func(c Config) string { return c.LogFormat },
		},
		{
			name: "PURVEY_UPLOAD_MAX", flag: "upload-max", def: "0", required: true,
			meaning: "largest upload taken, in bytes; 0 means no limit",
			set:     func(c *Config, v string) (err error) { c.UploadMax, err = parseSize(v); return err },
			show:    func(c Config) string { return strconv.FormatInt(c.UploadMax, 10) },
		},
	}
}

func (s setting) label() string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(s.name, "PURVEY_"), "_", "-"))
}

func (s setting) fileVar() string {
	if !s.secret {
		return ""
	}
	return s.name + "_FILE"
}

func (s setting) fileFlag() string {
	if !s.secret {
		return ""
	}
	return s.label() + "-file"
}

// find gives the value of the strongest source that has one, and the name of
// that source, empty for the default.
func (s setting) find(sources []source, readFile func(string) ([]byte, error)) (value, where string, err error) {
	for _, src := range sources {
		value, given := src.value(s)
		path, byFile := "", false
		if s.secret {
			path, byFile = src.file(s)
		}
		switch {
		case given && byFile:
			return "", src.where, fmt.Errorf("%s %s: given both itself and as %s; give one", s.name, src.where, s.fileVar())
		case byFile:
			value, err := readSecret(path, readFile)
			if err != nil {
				return "", src.where, fmt.Errorf("%s %s: %w", s.fileVar(), src.where, err)
			}
			return value, src.where, nil
		case given:
			return value, src.where, nil
		}
	}
	return s.def, "", nil
}

// apply checks value and puts it into cfg. An empty value leaves the setting
// off, where it may be off.
func (s setting) apply(cfg *Config, value, where string) error {
	if value == "" {
		if s.required {
			return fmt.Errorf("%s %s: must not be empty", s.name, where)
		}
		return nil
	}
	err := s.set(cfg, value)
	switch {
	case err == nil:
		return nil
	case s.secret:
		return fmt.Errorf("%s %s: %w", s.name, where, err)
	default:
		return fmt.Errorf("%s %s: %q: %w", s.name, where, value, err)
	}
}

func readSecret(path string, readFile func(string) ([]byte, error)) (string, error) {
	body, err := readFile(path)
	if err != nil {
		return "", fmt.Errorf("cannot read the file: %w", err)
	}
	if len(body) > maxSecretFile {
		return "", fmt.Errorf("%s: larger than %d bytes", path, maxSecretFile)
	}
	v := strings.TrimSpace(string(body))
	if v == "" {
		return "", fmt.Errorf("%s: the file is empty", path)
	}
	return v, nil
}

// takeFlags takes the flags of the table out of args.
func takeFlags(table []setting, args []string) (got map[string]string, rest []string, errs []error) {
	takesValue := map[string]bool{configFlag: true}
	for _, s := range table {
		if s.flag != "" {
			takesValue[s.flag] = !s.sw
		}
		if s.secret {
			takesValue[s.fileFlag()] = true
		}
	}
	got = map[string]string{}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return got, append(rest, args[i:]...), errs
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		wants, known := takesValue[name]
		if !strings.HasPrefix(arg, "-") || !known {
			rest = append(rest, arg)
			continue
		}
		switch {
		case hasValue:
		case wants && i+1 == len(args):
			errs = append(errs, fmt.Errorf("--%s: a value must follow", name))
			continue
		case wants:
			i++
			value = args[i]
		default:
			value = "true"
			if i+1 < len(args) {
				if _, err := parseBool(args[i+1]); err == nil {
					i++
					value = args[i]
				}
			}
		}
		if _, twice := got[name]; twice {
			errs = append(errs, fmt.Errorf("--%s: given twice", name))
		}
		got[name] = value
	}
	return got, rest, errs
}

// Help lists every setting, one a line: flag, variable, default, meaning.
func Help() string {
	var b strings.Builder
	b.WriteString(`Settings, the strongest source last: default, file of KEY=VALUE lines, environment, flag.
A secret given as a flag is moved into the environment at once; better give its variable, or the name of a file that holds it.

`)
	w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "FLAG\tVARIABLE\tDEFAULT\tMEANING")
	fmt.Fprintf(w, "--%s\t%s\t(none)\tfile with settings, one KEY=VALUE a line, KEY being the variable\n", configFlag, configVar)
	for _, s := range settings() {
		def := s.def
		if def == "" {
			def = "(" + s.empty + ")"
		}
		flag, meaning := "--"+s.flag, s.meaning
		if s.flag == "" {
			flag = "--" + s.fileFlag()
		}
		if s.secret {
			meaning += "; from a file: --" + s.fileFlag() + " or " + s.fileVar()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", flag, s.name, def, meaning)
	}
	_ = w.Flush() // b takes everything
	return b.String()
}

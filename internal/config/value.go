package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// The functions here check or parse one value. Their errors say what the
// value must be and never repeat it, since it may be a secret.

// checkAddr wants host:port with a numeric port; the host may be empty.
func checkAddr(v string) error {
	host, port, err := net.SplitHostPort(v)
	if err != nil || strings.ContainsAny(host, " /@") {
		return errors.New("must be host:port, as 127.0.0.1:8080 or :0")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errors.New("the port must be a number from 0 to 65535")
	}
	return nil
}

// parseURL hides the text of url.Parse's errors, which repeats the URL.
func parseURL(v string, schemes ...string) (*url.URL, error) {
	u, err := url.Parse(v)
	if err != nil {
		return nil, errors.New("is not a URL")
	}
	for _, s := range schemes {
		if u.Scheme == s {
			return u, nil
		}
	}
	return nil, fmt.Errorf("must begin with %s://", strings.Join(schemes, ":// or "))
}

func checkDatabaseURL(v string) error {
	_, err := parseURL(v, "postgres", "postgresql")
	return err
}

func checkStorageURL(v string) error {
	u, err := parseURL(v, "s3")
	switch {
	case err != nil:
		return err
	case u.User != nil:
		return errors.New("must hold no credentials; give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case u.Host == "":
		return errors.New("must name a bucket, as s3://bucket/prefix")
	}
	if e := u.Query().Get("endpoint"); e != "" {
		if eu, err := parseURL(e, "http", "https"); err != nil || eu.Host == "" || eu.User != nil {
			return errors.New("its endpoint must be an http:// or https:// URL without credentials")
		}
	}
	return nil
}

func checkSMTPURL(v string) error {
	u, err := parseURL(v, "smtp", "smtps")
	switch {
	case err != nil:
		return err
	case u.Hostname() == "":
		return errors.New("must name a host, as smtp://user:password@host:587")
	case strings.Trim(u.Path, "/") != "":
		return errors.New("must have no path")
	}
	return nil
}

func parseOrigin(v string) (string, error) {
	u, err := parseURL(v, "http", "https")
	switch {
	case err != nil:
		return "", err
	case u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("must be an origin, as https://shop.example, without path or query")
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

func parseMail(v string) (mail.Address, error) {
	a, err := mail.ParseAddress(v)
	if err != nil {
		return mail.Address{}, errors.New("must be a mail address, as Shop <shop@example.com>")
	}
	return *a, nil
}

// parsePrefixes takes networks and single addresses, set apart by commas or
// white space.
func parsePrefixes(v string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, part := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
		p, err := netip.ParsePrefix(part)
		if err != nil {
			a, err := netip.ParseAddr(part)
			if err != nil || a.Zone() != "" {
				return nil, fmt.Errorf("%q must be a network or an address, as 10.0.0.0/8 or ::1", part)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func joinPrefixes(list []netip.Prefix) string {
	parts := make([]string, len(list))
	for i, p := range list {
		parts[i] = p.String()
	}
	return strings.Join(parts, ",")
}

// redactURL gives scheme, host and path, which are no secret.
func redactURL(v string) string {
	u, err := url.Parse(v)
	if v == "" || err != nil {
		return redact(v != "")
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func redact(set bool) string {
	if set {
		return "(set)"
	}
	return ""
}

func onOff(v bool) string {
	if v {
		return "on"
	}
	return "off"
}

func parseFormat(v string) (string, error) {
	v = strings.ToLower(v)
	if v != "text" && v != "json" {
		return "", errors.New("must be text or json")
	}
	return v, nil
}

func parseLevel(v string) (slog.Level, error) {
	switch strings.ToLower(v) {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn", "warning":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, errors.New("must be debug, info, warn or error")
}

func parseSize(v string) (int64, error) {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 {
		return 0, errors.New("must be a whole number of bytes, 0 or more")
	}
	return n, nil
}

func parseBool(v string) (bool, error) {
	switch strings.ToLower(v) {
	case "true", "on", "yes", "1":
		return true, nil
	case "false", "off", "no", "0":
		return false, nil
	}
	return false, errors.New("must be true or false (also on or off)")
}

// parseKey takes base64 in either alphabet, with or without padding.
func parseKey(v string) ([]byte, error) {
	v = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(v, "="))
	key, err := base64.RawStdEncoding.DecodeString(v)
	switch {
	case err != nil:
		return nil, errors.New("is not base64")
	case len(key) != 32:
		return nil, fmt.Errorf("must be 32 bytes, is %d", len(key))
	}
	return key, nil
}

package blob

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"purvey"
)

// Open opens the storage that an operator named. An empty storageURL is the
// folder files in dataDir. Otherwise it is
//
//	s3://bucket/prefix?endpoint=https://host&region=eu-west-1&content_md5=1&path_style=1
//
// where the prefix and all parameters may be left out: endpoint is Amazon's
// for the region, region us-east-1; content_md5=1 sends Content-MD5 to stores
// that ask for it, path_style=1 puts the bucket into the path for every
// endpoint. The credentials are AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and,
// for temporary ones, AWS_SESSION_TOKEN, as env gives them.
//
// The storage is asked whether it is there, so a wrong name or key is an error
// here. Errors never hold a secret nor the URL.
func Open(ctx context.Context, storageURL, dataDir string, env func(string) string) (Bucket, error) {
	if storageURL == "" {
		d, err := OpenDir(filepath.Join(dataDir, "files"))
		if err != nil {
			return nil, err
		}
		return d, nil
	}
	c, err := parseS3(storageURL, env)
	if err != nil {
		return nil, fmt.Errorf("%w: storage URL: %w", purvey.Invalid, err)
	}
	s, err := openS3(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("blob: the bucket %q cannot keep files: %w", c.bucket, err)
	}
	return s, nil
}

// s3Config is what a storage URL and the credentials say.
type s3Config struct {
	host, region, bucket, prefix string
	secure, contentMD5, pathOnly bool
	keyID, secret, session       string
}

func parseS3(storageURL string, env func(string) string) (s3Config, error) {
	u, err := url.Parse(storageURL)
	if err != nil {
		return s3Config{}, errors.New("not a URL")
	}
	switch {
	case u.Scheme != "s3":
		return s3Config{}, errors.New("must be empty or begin with s3://")
	case u.User != nil:
		return s3Config{}, errors.New("must hold no credentials; give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case u.Host == "":
		return s3Config{}, errors.New("must name a bucket, as s3://bucket/prefix")
	case u.Fragment != "":
		return s3Config{}, errors.New("must hold no #")
	}
	c := s3Config{
		host: "s3.amazonaws.com", region: "us-east-1", secure: true,
		bucket: u.Host, prefix: strings.Trim(u.Path, "/"),
		keyID: env("AWS_ACCESS_KEY_ID"), secret: env("AWS_SECRET_ACCESS_KEY"), session: env("AWS_SESSION_TOKEN"),
	}
	if c.prefix != "" {
		if path.Clean(c.prefix) != c.prefix || strings.HasPrefix(c.prefix, "..") {
			return s3Config{}, errors.New("its prefix must have no empty, . or .. part")
		}
		c.prefix += "/"
	}
	if c.keyID == "" || c.secret == "" {
		return s3Config{}, errors.New("needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return s3Config{}, errors.New("its parameters are malformed")
	}
	for name, values := range query {
		if err := c.set(name, values[len(values)-1]); err != nil {
			return s3Config{}, err
		}
	}
	return c, nil
}

// set takes one parameter of the URL.
func (c *s3Config) set(name, value string) (err error) {
	switch name {
	case "endpoint":
		e, err := url.Parse(value)
		if err != nil || e.Scheme != "http" && e.Scheme != "https" || e.Host == "" || e.User != nil || strings.Trim(e.Path, "/") != "" || e.RawQuery != "" {
			return errors.New("its endpoint must be http://host or https://host, with a port or without")
		}
		c.host, c.secure = e.Host, e.Scheme == "https"
	case "region":
		if value != "" {
			c.region = value
		}
	case "content_md5":
		c.contentMD5, err = flag(name, value)
	case "path_style":
		c.pathOnly, err = flag(name, value)
	default:
		err = fmt.Errorf("has an unknown parameter %q", name)
	}
	return err
}

func flag(name, value string) (bool, error) {
	switch value {
	case "1", "true":
		return true, nil
	case "", "0", "false":
		return false, nil
	}
	return false, fmt.Errorf("its %s must be 1 or 0", name)
}

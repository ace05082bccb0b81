// Package region tells in which country an address of the Internet is used.
//
// The answer comes from a database in MaxMind's format. One is built into the
// binary (data/README.md says where it is from); an operator may name another,
// such as GeoLite2 or GeoIP2 Country. No address is sent anywhere.
package region

import (
	_ "embed" // the built-in database
	"fmt"
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"
)

// builtIn stays in the binary's read-only pages: it costs no heap.
//
//go:embed data/country.mmdb
var builtIn []byte

// Database maps addresses to countries. It may be used by several goroutines.
type Database struct{ reader *maxminddb.Reader }

// Open opens the database at the path; "" is the built-in one. The file is
// mapped into memory and must not be cut while it is open: replace it by
// renaming another over it, then restart.
func Open(path string) (*Database, error) {
	var reader *maxminddb.Reader
	var err error
	if path == "" {
		reader, err = maxminddb.OpenBytes(builtIn)
	} else {
		reader, err = maxminddb.Open(path)
	}
	if err != nil {
		return nil, fmt.Errorf("the country database cannot be read: %w", err)
	}
	return &Database{reader}, nil
}

// Close releases the file.
func (d *Database) Close() error { return d.reader.Close() }

// Country gives the ISO 3166-1 alpha-2 code of the country where the address
// is used. ok is false when the database does not know, and for addresses that
// lie nowhere: those that are not Public and those of documentation.
func (d *Database) Country(ip netip.Addr) (code string, ok bool) {
	ip = ip.Unmap().WithZone("")
	if !Public(ip) || within(ip, documentation) {
		return "", false
	}
	result := d.reader.Lookup(ip)
	// MaxMind's own files nest the code, the built-in one does not.
	for _, path := range [][]any{{"country", "iso_code"}, {"country_code"}} {
		var found string
		if err := result.DecodePath(&found, path...); err == nil && isCode(found) {
			return found, true
		}
	}
	return "", false
}

// isCode tells whether s is two capitals that name a country; ZZ and XX are
// used for "unknown".
func isCode(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' && s != "ZZ" && s != "XX"
}

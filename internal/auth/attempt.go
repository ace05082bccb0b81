package auth

import (
	"context"
	"encoding/hex"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"purvey"
	"purvey/internal/store"
)

// ceiling is how many attempts of one bucket are taken in a window that
// slides.
type ceiling struct {
	bucket string
	most   int
	window time.Duration
}

// Limits of what can be guessed. Every attempt counts, for addresses without a
// member too; one that turns out to be right is taken back.
const (
	triesPerAddress = 10 // a quarter of an hour
	triesPerDay     = 50 // by address
	triesPerIP      = 30 // a quarter of an hour
	resetsPerHour   = 3  // by address
	resetsPerIP     = 20 // an hour

	tryWindow = 15 * time.Minute
	keepTries = 24 * time.Hour
)

// attempt counts one against every ceiling and gives its id, or purvey.Limited
// if one is reached: then nothing is counted. The counts are in the database,
// so they are exact however many requests come at once, at any node.
func (s *Service) attempt(ctx context.Context, all ...ceiling) (id string, err error) {
	if !s.windows.on {
		return "", nil
	}
	slices.SortStableFunc(all, func(a, b ceiling) int { return strings.Compare(a.bucket, b.bucket) }) // one order of locks for everybody
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		var buckets []string
		for _, c := range all {
			if !slices.Contains(buckets, c.bucket) {
				if err := tx.Lock(ctx, "attempt "+c.bucket); err != nil {
					return err
				}
				buckets = append(buckets, c.bucket)
			}
			made, over, err := tx.NthAttempt(ctx, c.bucket, c.most, tx.Now().Add(-c.window))
			if err != nil {
				return err
			}
			if over {
				return limited(max(1, int(math.Ceil(made.Add(c.window).Sub(tx.Now()).Seconds()))))
			}
		}
		var err error
		id, err = tx.InsertAttempt(ctx, buckets...)
		return err
	})
	return id, err
}

// bucketOf names a bucket without telling whose it is.
func (s *Service) bucketOf(what, who string) string {
	return what + " " + hex.EncodeToString(s.keys.MAC("attempt", []byte(what), []byte(who))[:16])
}

// network is what counts as one client: an IPv4 address, or the 64 bits of an
// IPv6 address that a household has.
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil || a.Is4() {
		return ip
	}
	p, err := a.Prefix(64)
	if err != nil {
		return ip
	}
	return p.String()
}

// tries are the ceilings of guessing at an account. A device that signed in to
// it before has an own bucket, so that nobody can lock somebody else out.
func (s *Service) tries(email, device, ip string) (account string, all []ceiling) {
	account = s.bucketOf("address", purvey.Fold(email))
	if device != "" {
		account = s.bucketOf("device", device)
	}
	return account, []ceiling{
		{account, triesPerAddress, tryWindow}, {account, triesPerDay, keepTries}, {s.bucketOf("ip", network(ip)), triesPerIP, tryWindow},
	}
}

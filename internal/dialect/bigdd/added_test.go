package bigdd

import (
	"encoding/json"
	"testing"
	"time"

	"purvey"
	"purvey/internal/httpjson"
)

// The answer to a batch is written by hand; it must be what the wire types
// would have given.
func TestAddedKeysAreWrittenAsTheirType(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 5, 12, 0, 0, 7e6, time.UTC)
	plain := purvey.LicenseKey{ID: "a", Key: "K-1", Tag: `a "tag"`, CreatedAt: at, UpdatedAt: at}
	second, odd, held, untagged := plain, plain, plain, plain
	second.ID, second.Key = "b", "K-2"
	odd.Key = "\"é<>&\u2028\n\x01😀\\"
	held.OrderID, held.OrderName = "o", "#1"
	untagged.Tag = ""
	for _, keys := range [][]purvey.LicenseKey{nil, {plain}, {plain, second, odd, second}, {plain, held, untagged, untagged, second}} {
		type reference struct {
			Created int       `json:"created"`
			Skipped int       `json:"skipped"`
			Keys    []keyWire `json:"keys"`
		}
		want := reference{len(keys), 3, []keyWire{}}
		for _, k := range keys {
			want.Keys = append(want.Keys, wireKey(k))
		}
		got := httpjson.Encode(envelope(addedWire{len(keys), 3, keys}))
		if all := httpjson.Encode(struct {
			Data any `json:"data"`
		}{want}); string(got) != string(all) {
			t.Errorf("%s\nis not\n%s", got, all)
		}
		if !json.Valid(got) {
			t.Errorf("%s", got)
		}
	}
}

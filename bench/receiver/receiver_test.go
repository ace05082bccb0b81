package receiver_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"purvey/bench/probe"
	"purvey/bench/receiver"
)

func send(t *testing.T, to, secret, body string, at time.Time) int {
	t.Helper()
	stamp := strconv.FormatInt(at.Unix(), 10)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Webhook-Timestamp", stamp)
	r.Header.Set("X-Webhook-Signature", probe.VendorSignature(secret, stamp, []byte(body)))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// The vector is the one that the contract of the vendor's webhooks gives.
func TestVendorSignature(t *testing.T) {
	t.Parallel()
	got := probe.VendorSignature("whsec_test_8f2a", "1767225600", []byte(`{"id":"evt_1","type":"webhook.test"}`))
	if want := "e14d2a84e45cbfdf770ebfd20f07c4d7e246bdd3e9416d292a2c2e3ddfa73f1a"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

func TestOnlyVerifiedDeliveriesCount(t *testing.T) {
	t.Parallel()
	r, err := receiver.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	side := r.Expect("whsec_c2VjcmV0")
	arrived := side.After(2)
	for _, x := range []struct {
		secret string
		age    time.Duration
		want   int
	}{{"whsec_c2VjcmV0", 0, 204}, {"whsec_b3RoZXI=", 0, 401}, {"whsec_c2VjcmV0", time.Hour, 401}, {"whsec_c2VjcmV0", 0, 204}} {
		if got := send(t, side.URL(), x.secret, "{}", time.Now().Add(-x.age)); got != x.want {
			t.Errorf("secret %s, %v old: %d, not %d", x.secret, x.age, got, x.want)
		}
	}
	<-arrived
	if side.Count() != 2 || side.Awaited() != 0 || side.MeanSize() != 2 || !strings.HasPrefix(side.Fault(), "2 deliveries refused") {
		t.Errorf("count %d, awaited %d, size %d, fault %q", side.Count(), side.Awaited(), side.MeanSize(), side.Fault())
	}
}

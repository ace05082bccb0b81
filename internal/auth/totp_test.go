package auth_test

import (
	"testing"

	"purvey/internal/auth"
)

// The examples of RFC 6238, appendix B, of which six digits are shown.
func TestTOTPVectors(t *testing.T) {
	t.Parallel()
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := auth.TOTPCode([]byte("12345678901234567890"), at/30); got != want[2:] {
			t.Errorf("at %d: %s, want %s", at, got, want[2:])
		}
	}
}

package jwt_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"purvey/internal/jwt"
)

type claims struct {
	Sub string `json:"sub"`
	Exp int64  `json:"exp"`
}

// The token of RFC 7515, appendix A.1, which others made.
func TestVerifyOfTheStandard(t *testing.T) {
	t.Parallel()
	key, err := base64.RawURLEncoding.DecodeString("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
	if err != nil {
		t.Fatal(err)
	}
	token := "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ." +
		"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	var got struct {
		Iss string `json:"iss"`
		Exp int64  `json:"exp"`
	}
	if err := jwt.Verify(key, token, &got); err != nil || got.Iss != "joe" || got.Exp != 1300819380 {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestSignAndRefuse(t *testing.T) {
	t.Parallel()
	key := []byte("a key of both sides")
	token, err := jwt.Sign(key, claims{"user", 60})
	if err != nil {
		t.Fatal(err)
	}
	var got claims
	if err := jwt.Verify(key, token, &got); err != nil || got != (claims{"user", 60}) {
		t.Fatalf("%+v, %v", got, err)
	}
	parts := strings.Split(token, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	for name, bad := range map[string]string{
		"nothing": "", "two parts": parts[0] + "." + parts[1], "no signature": parts[0] + "." + parts[1] + ".", "algorithm none": none + "." + parts[1] + ".",
		"none with the signature": none + "." + parts[1] + "." + parts[2], "other claims": parts[0] + "." + parts[0] + "." + parts[2],
		"padding": token + "=", "long": parts[0] + "." + strings.Repeat("A", jwt.MaxSize) + "." + parts[2],
	} {
		if err := jwt.Verify(key, bad, &got); !errors.Is(err, jwt.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if jwt.Verify([]byte("another"), token, &got) == nil || jwt.Verify(nil, token, &got) == nil {
		t.Error("another key was taken")
	}
	empty, err := jwt.Sign(nil, claims{})
	if err != nil || jwt.Verify(nil, empty, &got) == nil {
		t.Error("an empty key verified something")
	}
	if jwt.Peek(token, &got) != nil || got.Sub != "user" || jwt.Peek("x", &got) == nil {
		t.Error("peek")
	}
}

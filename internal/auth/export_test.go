package auth

// TOTPCode is the code of a step, for tests.
func TOTPCode(secret []byte, step int64) string { return totpCode(secret, step) }

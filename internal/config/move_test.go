package config

import (
	"slices"
	"testing"
)

func TestSecretsLeaveTheCommandLine(t *testing.T) {
	t.Parallel()
	args, env, found := MoveSecrets(
		[]string{"purvey", "serve", "--addr", ":0", "--database-url", "postgres://u:hush@h/d", "--smtp-url=smtp://u:hush@h", "--", "--secret-key", "x"},
		[]string{"HOME=/", "PURVEY_DATABASE_URL=postgres://other", "PURVEY_SMTP_URL_FILE=/x"})
	if !found || !slices.Equal(args, []string{"purvey", "serve", "--addr", ":0", "--", "--secret-key", "x"}) {
		t.Errorf("the arguments are %q", args)
	}
	if !slices.Equal(env, []string{"HOME=/", "PURVEY_DATABASE_URL=postgres://u:hush@h/d", "PURVEY_SMTP_URL=smtp://u:hush@h"}) {
		t.Errorf("the environment is %q", env)
	}
	for _, without := range [][]string{{"purvey", "serve"}, {"purvey", "serve", "--database-url"}, {"purvey", "serve", "--smtp-url-file", "f"}} {
		if _, _, found := MoveSecrets(without, nil); found {
			t.Errorf("a secret was found in %q", without)
		}
	}
}

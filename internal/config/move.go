package config

import (
	"slices"
	"strings"
)

// MoveSecrets takes the secrets out of a program's arguments (its own name
// first) and puts them into its environment, where they count as much as they
// did. found is false when there was none, and nothing is changed.
func MoveSecrets(args, env []string) (newArgs, newEnv []string, found bool) {
	variables := map[string]string{}
	for _, s := range settings() {
		if s.secret && s.flag != "" {
			variables[s.flag] = s.name
		}
	}
	newEnv = slices.Clone(env)
	for i := 0; i < len(args); i++ {
		if args[i] == "--" {
			newArgs = append(newArgs, args[i:]...)
			break
		}
		name, value, given := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(args[i], "-"), "-"), "=")
		variable, secret := variables[name]
		switch {
		case i == 0 || !secret || !strings.HasPrefix(args[i], "-"), !given && i+1 == len(args):
			newArgs = append(newArgs, args[i])
			continue
		case !given:
			i++
			value = args[i]
		}
		found = true
		newEnv = slices.DeleteFunc(newEnv, func(e string) bool {
			return strings.HasPrefix(e, variable+"=") || strings.HasPrefix(e, variable+"_FILE=")
		})
		newEnv = append(newEnv, variable+"="+value)
	}
	if !found {
		return args, env, false
	}
	return newArgs, newEnv, true
}

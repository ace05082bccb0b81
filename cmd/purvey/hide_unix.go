//go:build unix

package main

import (
	"os"
	"syscall"

	"purvey/internal/config"
)

// hideSecrets moves secrets that were given as flags into the environment and
// starts the program anew in the same process: the command line is shown to
// every user of the machine, the environment to none but the operator's.
func hideSecrets() error {
	args, env, found := config.MoveSecrets(os.Args, os.Environ())
	if !found {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(self, args, env)
}

// Command purvey is the whole product in one program: the server that sells
// digital goods, and the commands by which its operator looks after it.
//
//	purvey serve
//	purvey token create --name "my shop's server"
//
// Every command reads the same settings (purvey help config) and works on the
// same database, whether the server is running or not. The exit code is 0, or
// 1 when the command failed and stderr says why, or 2 when it was called
// wrongly.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"purvey"
	"purvey/internal/config"
	"purvey/internal/stamp"

	_ "time/tzdata" // time zones on machines that have no database of them
)

// version is set by the linker.
var version = "dev"

func main() {
	if err := hideSecrets(); err != nil {
		fmt.Fprintf(os.Stderr, "purvey: a secret on the command line could not be hidden: %v\n", err)
		os.Exit(1)
	}
	if os.Getenv("GOGC") == "" {
		// What a server keeps is small beside what requests throw away: collecting
		// half as often costs some megabytes and saves a tenth of the work.
		debug.SetGCPercent(200)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	p := &process{args: os.Args[1:], stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, env: os.Getenv}
	code := p.run(ctx)
	stop()
	os.Exit(code)
}

// process is what a command has of the world.
type process struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(string) string
	now            func() time.Time // of the database; nil is the machine's
}

// command is one of the program's commands.
type command struct {
	name    string
	summary string
	run     func(p *process, ctx context.Context, cfg config.Config, args []string) error
}

func commands() []command {
	return []command{
		{"serve", "migrate the database, then serve", (*process).serve},
		{"token", "create, list and revoke API tokens", (*process).token},
		{"shop", "create, list, disable and enable shops", (*process).shop},
		{"admin", "create an owner, list members, help who cannot sign in", (*process).admin},
		{"demo", "serve a throw-away shop and sell one order through the whole path (--once: then end)", (*process).demo},
		{"doctor", "check configuration, database, storage, mail, clock and files", (*process).doctor},
	}
}

// usageError is a command called wrongly.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func wrong(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// errReported is the error of a command that has said what failed itself.
var errReported = errors.New("reported")

func (p *process) run(ctx context.Context) int {
	err := p.dispatch(ctx)
	var use usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return 1
	case errors.As(err, &use):
		fmt.Fprintf(p.stderr, "purvey: %s\nRun `purvey help` for the commands.\n", use.text)
		return 2
	}
	var many settingsError
	if errors.As(err, &many) {
		for line := range strings.SplitSeq(many.Error(), "\n") {
			fmt.Fprintf(p.stderr, "purvey: %s\n", line)
		}
		return 1
	}
	fmt.Fprintf(p.stderr, "purvey: %s\n", explain(err))
	return 1
}

// settingsError holds a line for each wrong setting.
type settingsError struct{ error }

// explain gives an error in the words that are meant for people, in one line.
func explain(err error) string {
	var e *purvey.Error
	if errors.As(err, &e) && e.Detail != "" {
		var lines []string
		for _, f := range e.Fields {
			lines = append(lines, f.Name+" "+f.Message)
		}
		if len(lines) > 0 {
			return strings.Join(lines, "; ")
		}
		return e.Detail
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

func (p *process) dispatch(ctx context.Context) error {
	if len(p.args) == 0 {
		return wrong("a command is missing")
	}
	switch p.args[0] {
	case "help", "-h", "-help", "--help":
		return p.help(p.args[1:])
	case "version", "-version", "--version":
		fmt.Fprintln(p.stdout, "purvey", version)
		return nil
	case "stamp-worker": // a child of the server, which hands it one file
		if code := stamp.WorkerMain(p.stdin, p.stdout, p.args[1:]); code != 0 {
			return errReported
		}
		return nil
	}
	cfg, rest, err := config.Load(p.args, p.env, os.ReadFile)
	if err != nil {
		return settingsError{err}
	}
	if len(rest) == 0 {
		return wrong("a command is missing")
	}
	for _, c := range commands() {
		if c.name == rest[0] {
			if c.name != "serve" && c.name != "demo" {
				ctx = purvey.WithActor(ctx, purvey.Actor{Type: purvey.ActorSystem, Name: "command line"})
			}
			return c.run(p, ctx, cfg, rest[1:])
		}
	}
	return wrong("there is no command %q", rest[0])
}

func (p *process) help(args []string) error {
	if len(args) > 0 && args[0] == "config" {
		fmt.Fprint(p.stdout, config.Help())
		return nil
	}
	if len(args) > 0 {
		return wrong("there is no help on %q", args[0])
	}
	fmt.Fprint(p.stdout, `Purvey sells digital goods: order, e-mail, download, webhook.

Usage: purvey COMMAND [--SETTING VALUE …]

`)
	for _, c := range commands() {
		fmt.Fprintf(p.stdout, "  %-9s %s\n", c.name, c.summary)
	}
	fmt.Fprint(p.stdout, `  help      show this; "help config" lists every setting
  version   show the version

  purvey token create --name NAME [--shop SLUG] [--role admin|member] [--mode live|sandbox]
  purvey token list [--shop SLUG]
  purvey token revoke ID
  purvey shop create SLUG [--name NAME]
  purvey shop list | disable SLUG | enable SLUG
  purvey demo [--once] [--orders N] [--downloads M]
                                      (N orders and M downloads of a made-up year; or
                                      PURVEY_DEMO_ORDERS and PURVEY_DEMO_DOWNLOADS)
  purvey admin create --email EMAIL           (an owner; the password is read from stdin)
  purvey admin reset-password --email EMAIL   (the new one is read from stdin; ends all sessions)
  purvey admin list | disable-totp --email EMAIL | sign-out --email EMAIL
  purvey doctor [--quick]             (quick: files are not read again)
`)
	return nil
}

// parse reads the flags of a command, which may stand before and behind its
// other arguments, and gives those. want says how many there must be and what
// they are.
func parse(set *flag.FlagSet, args []string, want ...string) ([]string, error) {
	set.SetOutput(io.Discard)
	var rest []string
	for {
		if err := set.Parse(args); err != nil {
			return nil, wrong("%s: %v", set.Name(), err)
		}
		if set.NArg() == 0 {
			break
		}
		// Parse stops at the first argument that is no flag; behind it may be more.
		rest, args = append(rest, set.Arg(0)), set.Args()[1:]
	}
	switch {
	case len(rest) < len(want):
		return nil, wrong("%s: %s is missing", set.Name(), want[len(rest)])
	case len(rest) > len(want):
		return nil, wrong("%s: %q is too much", set.Name(), rest[len(want)])
	}
	return rest, nil
}

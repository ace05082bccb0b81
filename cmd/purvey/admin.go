package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"purvey"
	"purvey/internal/auth"
	"purvey/internal/config"
)

// token makes, lists and revokes API tokens.
func (p *process) token(ctx context.Context, cfg config.Config, args []string) error {
	verb, args := split(args)
	set := flag.NewFlagSet("token "+verb, flag.ContinueOnError)
	slug := set.String("shop", purvey.DefaultShop, "")
	switch verb {
	case "create":
		name := set.String("name", "", "")
		role := set.String("role", string(purvey.Admin), "")
		mode := set.String("mode", string(purvey.Live), "")
		if _, err := parse(set, args); err != nil {
			return err
		}
		if strings.TrimSpace(*name) == "" {
			return wrong("token create: --name is missing")
		}
		return p.with(ctx, cfg, func(n *node) error {
			shop, err := n.shop(ctx, *slug)
			if err != nil {
				return err
			}
			_, text, err := n.auth.CreateToken(ctx, shop.ID, auth.TokenRequest{Name: *name, Role: purvey.Role(*role), Mode: purvey.Mode(*mode)})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(p.stdout, text)
			return err
		})
	case "list":
		if _, err := parse(set, args); err != nil {
			return err
		}
		return p.with(ctx, cfg, func(n *node) error { return p.listTokens(ctx, n, *slug) })
	case "revoke":
		set = flag.NewFlagSet("token revoke", flag.ContinueOnError)
		id, err := parse(set, args, "the token's id")
		if err != nil {
			return err
		}
		return p.with(ctx, cfg, func(n *node) error { return n.auth.RevokeAnywhere(ctx, id[0]) })
	}
	return wrong("token: must be create, list or revoke")
}

func (p *process) listTokens(ctx context.Context, n *node, slug string) error {
	shop, err := n.shop(ctx, slug)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tROLE\tMODE\tENDS\tCREATED\tLAST USED")
	page := purvey.Page{Limit: purvey.MaxListLimit, Sort: purvey.SortOldest}
	for {
		l, err := n.auth.Tokens(ctx, shop.ID, page)
		if err != nil {
			return err
		}
		for _, t := range l.Items {
			used := "never"
			if !t.LastUsedAt.IsZero() {
				used = t.LastUsedAt.Format(time.RFC3339)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t…%s\t%s\t%s\n", t.ID, oneLine(t.Name), t.Role, t.Mode, t.Last4, t.CreatedAt.Format(time.RFC3339), used)
			page.AfterID = t.ID
		}
		if !l.HasMore {
			return w.Flush()
		}
	}
}

// shop makes, lists, closes and opens shops.
func (p *process) shop(ctx context.Context, cfg config.Config, args []string) error {
	verb, args := split(args)
	set := flag.NewFlagSet("shop "+verb, flag.ContinueOnError)
	switch verb {
	case "create":
		name := set.String("name", "", "")
		slug, err := parse(set, args, "the shop's slug")
		if err != nil {
			return err
		}
		return p.with(ctx, cfg, func(n *node) error {
			_, err := n.shops.Create(ctx, slug[0], *name)
			return err
		})
	case "list":
		if _, err := parse(set, args); err != nil {
			return err
		}
		return p.with(ctx, cfg, func(n *node) error {
			all, err := n.shops.All(ctx)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(p.stdout, 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "SLUG\tNAME\tSTATE\tCREATED")
			for _, s := range all {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Slug, oneLine(s.Name), s.State, s.CreatedAt.Format(time.RFC3339))
			}
			return w.Flush()
		})
	case "disable", "enable":
		slug, err := parse(set, args, "the shop's slug")
		if err != nil {
			return err
		}
		return p.with(ctx, cfg, func(n *node) error {
			if _, err := n.shop(ctx, slug[0]); err != nil {
				return err
			}
			if verb == "disable" {
				return n.shops.Disable(ctx, slug[0])
			}
			return n.shops.Enable(ctx, slug[0])
		})
	}
	return wrong("shop: must be create, list, disable or enable")
}

// maxPassword bounds the line that a password is read from, in bytes.
const maxPassword = 4096

// admin makes an owner, and helps people who cannot sign in.
func (p *process) admin(ctx context.Context, cfg config.Config, args []string) error {
	verb, args := split(args)
	set := flag.NewFlagSet("admin "+verb, flag.ContinueOnError)
	if verb == "list" {
		if _, err := parse(set, args); err != nil {
			return err
		}
		return p.with(ctx, cfg, func(n *node) error { return p.listMembers(ctx, n) })
	}
	var run func(*node, string, string) error // with the address and the password
	switch verb {
	case "create":
		run = func(n *node, email, password string) error { return n.auth.CreateOwner(ctx, email, password) }
	case "reset-password":
		run = func(n *node, email, password string) error { return n.auth.SetPassword(ctx, email, password) }
	case "disable-totp":
		run = func(n *node, email, _ string) error { return n.auth.DisableTOTP(ctx, email) }
	case "sign-out":
		run = func(n *node, email, _ string) error { return n.auth.SignOutMember(ctx, email) }
	default:
		return wrong("admin: must be create, list, reset-password, disable-totp or sign-out")
	}
	email := set.String("email", "", "")
	if _, err := parse(set, args); err != nil {
		return err
	}
	if *email == "" {
		return wrong("admin %s: --email is missing", verb)
	}
	password := ""
	if verb == "create" || verb == "reset-password" {
		var err error
		if password, err = p.readPassword(verb, *email); err != nil {
			return err
		}
	}
	return p.with(ctx, cfg, func(n *node) error {
		err := run(n, *email, password)
		if errors.Is(err, purvey.NotFound) {
			return fmt.Errorf("there is no member %q", *email)
		}
		return err
	})
}

// readPassword reads a password from the first line of stdin.
func (p *process) readPassword(verb, email string) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(p.stdin, maxPassword)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("the password cannot be read from stdin: %w", err)
	}
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		return "", fmt.Errorf("the password is read from stdin, as in: purvey admin %s --email %s < password-file", verb, email)
	}
	return password, nil
}

// listMembers shows who may sign in to the back office of which shops.
func (p *process) listMembers(ctx context.Context, n *node) error {
	people, err := n.auth.People(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "EMAIL\tNAME\tSHOPS\tTOTP\tLAST SEEN")
	for _, m := range people {
		var shops []string
		for _, s := range m.Shops {
			shops = append(shops, fmt.Sprintf("%s (%s)", s.Slug, s.Role))
		}
		totp, seen := "no", "never"
		if m.TOTP {
			totp = "yes"
		}
		if !m.LastSeenAt.IsZero() {
			seen = m.LastSeenAt.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", oneLine(m.Email), oneLine(m.Name), strings.Join(shops, ", "), totp, seen)
	}
	return w.Flush()
}

// shop finds a shop, naming the one that is not there.
func (n *node) shop(ctx context.Context, slug string) (purvey.Shop, error) {
	s, err := n.shops.BySlug(ctx, slug)
	if errors.Is(err, purvey.NotFound) {
		return s, fmt.Errorf("there is no shop %q", slug)
	}
	return s, err
}

// with runs fn on an open node.
func (p *process) with(ctx context.Context, cfg config.Config, fn func(*node) error) error {
	n, err := p.open(ctx, cfg)
	if err != nil {
		return err
	}
	if err := fn(n); err != nil {
		_ = n.close() // the first error says more
		return err
	}
	return n.close()
}

// split takes the verb off a command's arguments.
func split(args []string) (verb string, rest []string) {
	if len(args) == 0 {
		return "", nil
	}
	return args[0], args[1:]
}

// oneLine keeps a name from breaking the table or driving the terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

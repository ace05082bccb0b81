package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"purvey"
	"purvey/internal/store"
)

// Team lists the people of a shop, invited and disabled ones too.
func (s *Service) Team(ctx context.Context, shopID string, p purvey.Page) (purvey.Listed[purvey.Teammate], error) {
	return s.db.Team(ctx, shopID, p)
}

// MemberRequest says who is wanted in a shop.
type MemberRequest struct {
	Email string
	Name  string // of an account that is made; "" they say it themselves
	Role  purvey.Role
}

// invitesPerHour bounds the mails that a shop sends to strangers.
const invitesPerHour = 50

// mayManage refuses who may not change people of the role.
func mayManage(by purvey.Caller, roles ...purvey.Role) error {
	if by.TokenID != "" && by.Mode == purvey.Sandbox {
		return purvey.Errorf(purvey.Denied, "a sandbox token changes no members")
	}
	for _, r := range roles {
		if r == purvey.Owner && !by.Owner {
			return purvey.Because(purvey.Denied, purvey.ReasonRole, "only an owner, signed in, makes, changes and removes owners")
		}
	}
	return nil
}

// Invite makes a person somebody who is invited to the caller's shop and gives
// the link, good for seven days and once, which is mailed to them, too.
// Inviting again gives a new link in place of the old one. Errors:
// purvey.Invalid, purvey.Denied, purvey.Limited, and purvey.Conflict for who is
// a member.
func (s *Service) Invite(ctx context.Context, by purvey.Caller, r MemberRequest, origin string) (t purvey.Teammate, link string, err error) {
	r.Name = strings.TrimSpace(r.Name)
	var c purvey.Checker
	c.Require(purvey.ValidEmail(r.Email), "email", "must be an e-mail address")
	c.Require(purvey.ValidMemberRole(r.Role), "role", "must be owner, admin or member")
	checkName(&c, r.Name)
	if err := c.Err(); err != nil {
		return t, "", err
	}
	if err := mayManage(by, r.Role); err != nil {
		return t, "", err
	}
	secret := purvey.Secret(40)
	link = origin + "/admin/invitation/" + secret
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		ctx := tx.With(ctx)
		if _, err := s.attempt(ctx, ceiling{s.bucketOf("invite", by.ShopID), invitesPerHour, time.Hour}); err != nil {
			return err
		}
		if err := lockTeam(ctx, tx, by.ShopID); err != nil {
			return err
		}
		m := store.Member{Email: r.Email, Name: r.Name, State: memberActive}
		made, err := tx.InsertMember(ctx, &m)
		if err != nil {
			return err
		}
		if !made {
			if m, err = tx.MemberByEmail(ctx, r.Email); err != nil {
				return err
			}
		}
		was, err := tx.Teammate(ctx, by.ShopID, m.ID)
		switch {
		case err == nil && was.State != purvey.MemberInvited:
			return purvey.Because(purvey.Conflict, purvey.ReasonDuplicate, "this person is a member already")
		case err == nil:
			if err := mayManage(by, was.Role); err != nil {
				return err
			}
		case !errors.Is(err, purvey.NotFound):
			return err
		}
		if err := tx.InviteMember(ctx, m.ID, by.ShopID, r.Role); err != nil {
			return err
		}
		if err := tx.DeleteInvitations(ctx, m.ID, by.ShopID); err != nil {
			return err
		}
		err = tx.InsertMemberLink(ctx, store.MemberLink{
			Hash: purvey.HashToken(secret), Kind: store.LinkInvitation, MemberID: m.ID, ShopID: by.ShopID, ExpiresAt: tx.Now().Add(purvey.InvitationLife),
		})
		if err != nil {
			return err
		}
		if err := tx.InsertMessage(ctx, s.memberMail(by.Shop, purvey.MailInvitation, m, link)); err != nil {
			return err
		}
		if t, err = tx.Teammate(ctx, by.ShopID, m.ID); err != nil {
			return err
		}
		return tx.Audit(ctx, purvey.AuditEntry{ShopID: by.ShopID, Action: "member.invited", Object: objectOf(t.Account), After: fieldsOf(t)})
	})
	return t, link, err
}

// lockTeam serialises changes to the people of a shop, so that of two owners
// who remove each other one stays.
func lockTeam(ctx context.Context, tx *store.Tx, shopID string) error {
	return tx.Lock(ctx, "team "+shopID)
}

// lockAccount serialises invitations of one person to several shops: the first
// that is accepted sets the password, the others ask for it.
func lockAccount(ctx context.Context, tx *store.Tx, memberID string) error {
	return tx.Lock(ctx, "account "+memberID)
}

// fieldsOf is a person in a shop as the audit log tells of them.
func fieldsOf(t purvey.Teammate) purvey.AuditFields {
	return purvey.AuditFields{"email": t.Email, "role": t.Role, "state": t.State}
}

// MemberPatch is what is to change of a person in a shop; nil stays.
type MemberPatch struct {
	Role  *purvey.Role
	State *purvey.MemberState
}

// ChangeMember changes a person's role or state in the caller's shop; it counts
// from their next request on. Errors: purvey.Invalid, purvey.NotFound,
// purvey.Denied, and purvey.Conflict for the last owner and for the state of
// who has not accepted yet.
func (s *Service) ChangeMember(ctx context.Context, by purvey.Caller, id string, p MemberPatch) (t purvey.Teammate, err error) {
	var c purvey.Checker
	c.Require(p.Role == nil || purvey.ValidMemberRole(*p.Role), "role", "must be owner, admin or member")
	c.Require(p.State == nil || *p.State == purvey.MemberActive || *p.State == purvey.MemberDisabled, "state", "must be active or disabled")
	if err := c.Err(); err != nil {
		return t, err
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := lockTeam(ctx, tx, by.ShopID); err != nil {
			return err
		}
		was, err := tx.Teammate(ctx, by.ShopID, id)
		if err != nil {
			return err
		}
		t = was
		if p.Role != nil {
			t.Role = *p.Role
		}
		if p.State != nil {
			t.State = *p.State
		}
		if err := mayManage(by, was.Role, t.Role); err != nil {
			return err
		}
		if was.State == purvey.MemberInvited && t.State != was.State {
			return purvey.Errorf(purvey.Conflict, "this person has not accepted the invitation yet")
		}
		if t.Role != purvey.Owner || t.State != purvey.MemberActive {
			if err := keepAnOwner(ctx, tx, by.ShopID, was); err != nil {
				return err
			}
		}
		if err := tx.SetMembership(ctx, id, by.ShopID, t.Role, t.State); err != nil {
			return err
		}
		return tx.Audit(ctx, purvey.AuditEntry{
			ShopID: by.ShopID, Action: "member.updated", Object: objectOf(t.Account), Before: fieldsOf(was), After: fieldsOf(t),
		})
	})
	return t, err
}

// keepAnOwner refuses to lose the last owner of a shop.
func keepAnOwner(ctx context.Context, tx *store.Tx, shopID string, was purvey.Teammate) error {
	if was.Role != purvey.Owner || was.State != purvey.MemberActive {
		return nil
	}
	if n, err := tx.OtherOwners(ctx, shopID, was.ID); err != nil || n > 0 {
		return err
	}
	return purvey.Errorf(purvey.Conflict, "the shop would have no owner")
}

// RemoveMember takes a person, or an invitation, out of the caller's shop; it
// counts from their next request on. An account that is in no shop any more
// goes with everything that signs it in. Errors: purvey.NotFound,
// purvey.Denied, and purvey.Conflict for the last owner.
func (s *Service) RemoveMember(ctx context.Context, by purvey.Caller, id string) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := lockTeam(ctx, tx, by.ShopID); err != nil {
			return err
		}
		was, err := tx.Teammate(ctx, by.ShopID, id)
		if err != nil {
			return err
		}
		if err := mayManage(by, was.Role); err != nil {
			return err
		}
		if err := keepAnOwner(ctx, tx, by.ShopID, was); err != nil {
			return err
		}
		if err := errors.Join(tx.DeleteMembership(ctx, id, by.ShopID), tx.DeleteInvitations(ctx, id, by.ShopID)); err != nil {
			return err
		}
		if n, err := tx.MembershipCount(ctx, id); err != nil {
			return err
		} else if n == 0 {
			if err := tx.DeleteMember(ctx, id); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, purvey.AuditEntry{ShopID: by.ShopID, Action: "member.removed", Object: objectOf(was.Account), Before: fieldsOf(was)})
	})
}

// Invitation is what an invitation's link tells whoever opens it.
type Invitation struct {
	Email    string
	ShopName string
	Role     purvey.Role
	Account  bool // the address has an account: its password is asked for

	member store.Member
	shopID string
}

// Invitation looks at an invitation by the secret of its link; purvey.NotFound
// when it does nothing, whatever the reason.
func (s *Service) Invitation(ctx context.Context, secret string) (Invitation, error) {
	return invitation(ctx, s.db.Queries, secret, s.db.Now())
}

func invitation(ctx context.Context, q store.Queries, secret string, now time.Time) (out Invitation, err error) {
	link, err := q.MemberLink(ctx, store.LinkInvitation, purvey.HashToken(secret), now)
	if err != nil {
		return out, noInvitation(err)
	}
	t, err := q.Teammate(ctx, link.ShopID, link.MemberID)
	if err != nil {
		return out, noInvitation(err)
	}
	if out.member, err = q.Member(ctx, link.MemberID); err != nil {
		return out, noInvitation(err)
	}
	shop, err := q.Shop(ctx, link.ShopID)
	if err != nil {
		return out, noInvitation(err)
	}
	if t.State != purvey.MemberInvited {
		return out, purvey.Missing("invitation")
	}
	out.Email, out.ShopName, out.Role, out.Account, out.shopID = t.Email, shop.Name, t.Role, out.member.Password != "", shop.ID
	return out, nil
}

func noInvitation(err error) error {
	if errors.Is(err, purvey.NotFound) {
		return purvey.Missing("invitation")
	}
	return err
}

// Accept makes who was invited a member and signs them in, as SignInMember
// does. A new account gets the name and the password. Where the address has an
// account, the password, and the code if one is asked for, must be that
// account's: the link alone, which whoever invited has too, must not open it.
// in.Email is not looked at. Errors: purvey.NotFound, and those of SignInMember.
func (s *Service) Accept(ctx context.Context, secret, name string, in MemberSignIn) (m Member, text, device string, err error) {
	is, err := s.Invitation(ctx, secret)
	if err != nil {
		return m, "", "", err
	}
	in.Email = is.Email
	if is.Account {
		return s.signInMember(ctx, in, func(ctx context.Context, tx *store.Tx) error {
			if err := lockAccount(ctx, tx, is.member.ID); err != nil {
				return err
			}
			now, err := invitation(ctx, tx.Queries, secret, tx.Now())
			if err != nil {
				return err
			}
			return join(ctx, tx, secret, now)
		})
	}
	name = strings.TrimSpace(name)
	var c purvey.Checker
	checkName(&c, name)
	checkPassword(&c, "password", in.Password)
	if err := c.Err(); err != nil {
		return m, "", "", err
	}
	hash, err := s.hash(ctx, in.Password)
	if err != nil {
		return m, "", "", err
	}
	text = purvey.Secret(40)
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := lockAccount(ctx, tx, is.member.ID); err != nil {
			return err
		}
		now, err := invitation(ctx, tx.Queries, secret, tx.Now())
		if err != nil {
			return err
		}
		if now.Account { // another invitation was accepted meanwhile
			return purvey.Errorf(purvey.Conflict, "this address has an account by now: use its password")
		}
		if name != "" {
			if err := tx.SetMemberName(ctx, now.member.ID, name); err != nil {
				return err
			}
		}
		if err := setPassword(ctx, tx, now.member.ID, hash, ""); err != nil {
			return err
		}
		if err := join(ctx, tx, secret, now); err != nil {
			return err
		}
		is, err := tx.Member(ctx, now.member.ID)
		if err != nil {
			return err
		}
		m = Member{Account: is.Account()}
		if m.Shops, err = tx.Memberships(ctx, is.ID); err != nil {
			return err
		}
		m.Session, err = begin(ctx, tx, is.ID, text, in.IP, in.UserAgent)
		return err
	})
	if err != nil {
		return Member{}, "", "", err
	}
	return m, text, s.keys.Token(purposeMemberDevice, []byte(m.ID)), nil
}

// join makes who was invited a member.
func join(ctx context.Context, tx *store.Tx, secret string, is Invitation) error {
	if err := lockTeam(ctx, tx, is.shopID); err != nil {
		return err
	}
	if err := tx.UseMemberLink(ctx, purvey.HashToken(secret)); err != nil {
		return noInvitation(err)
	}
	if err := tx.SetMembership(ctx, is.member.ID, is.shopID, is.Role, purvey.MemberActive); err != nil {
		return err
	}
	t, err := tx.Teammate(ctx, is.shopID, is.member.ID)
	if err != nil {
		return err
	}
	actor := purvey.ActorOf(ctx)
	actor.Type, actor.ID, actor.Name = purvey.ActorMember, t.ID, t.DisplayName()
	return tx.Audit(purvey.WithActor(ctx, actor), purvey.AuditEntry{
		ShopID: is.shopID, Action: "member.joined", Object: objectOf(t.Account),
		Before: purvey.AuditFields{"state": purvey.MemberInvited}, After: purvey.AuditFields{"state": purvey.MemberActive},
	})
}

package purvey

import "time"

// Owner is the role, beside admin and member, that only a person can have: an
// admin who may also make, change and remove owners.
const Owner Role = "owner"

// ValidMemberRole tells whether a person can have the role in a shop.
func ValidMemberRole(r Role) bool { return r == Owner || r == Admin || r == Member }

// MemberState tells whether a person may act in a shop.
type MemberState string

// The states of a person in a shop.
const (
	MemberActive   MemberState = "active"
	MemberInvited  MemberState = "invited"  // has a link that makes them active
	MemberDisabled MemberState = "disabled" // is refused from the next request on
)

// How long what signs a person in is good.
const (
	MemberSessionIdle = 7 * 24 * time.Hour  // without use; each use begins it anew
	MemberCookieLife  = 30 * 24 * time.Hour // in the browser, which is told again whenever the back office opens
	InvitationLife    = 7 * 24 * time.Hour
	PasswordResetLife = time.Hour
)

// Account is a person who may sign in to the back office. One account serves
// every shop that the person is a member of.
type Account struct {
	ID         string
	Email      string // folded
	Name       string
	TOTP       bool // a code is asked for beside the password
	CreatedAt  time.Time
	LastSeenAt time.Time // zero: never; exact to a minute
}

// DisplayName is how others are told who it is.
func (a Account) DisplayName() string {
	if a.Name != "" {
		return a.Name
	}
	return a.Email
}

// Membership is what a person is in one shop.
type Membership struct {
	ShopID      string
	Slug        string
	Name        string // the shop's
	Currency    string // of the shop's settings, as the two below
	Timezone    string
	Locale      string
	ShopState   ShopState
	ShopUpdated time.Time
	Role        Role
}

// Teammate is a person as the others of a shop see them.
type Teammate struct {
	Account
	Role  Role
	State MemberState
}

// MemberSession is a browser in which a person is signed in.
type MemberSession struct {
	ID         string
	MemberID   string
	IP         string // when it was begun
	UserAgent  string
	CreatedAt  time.Time
	LastSeenAt time.Time // exact to a minute
}

// ExpiresAt is when the session ends unless it is used before.
func (s MemberSession) ExpiresAt() time.Time { return s.LastSeenAt.Add(MemberSessionIdle) }

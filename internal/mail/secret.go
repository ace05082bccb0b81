package mail

import (
	"context"
	"strings"

	"purvey"
)

// hide takes the secret out of the link of a mail to a person of the back
// office, for everybody but an owner: whoever may read the shop's mail could
// else set that person's password.
func hide(ctx context.Context, m *purvey.Message) {
	if m.Kind != purvey.MailPasswordReset && m.Kind != purvey.MailInvitation || purvey.ActorOf(ctx).Owner {
		return
	}
	link := m.Data.PageURL
	if secret := link[strings.LastIndexAny(link, "/=")+1:]; secret != "" {
		m.Text, m.HTML = strings.ReplaceAll(m.Text, secret, "…"), strings.ReplaceAll(m.HTML, secret, "…")
		m.Data.PageURL = strings.ReplaceAll(link, secret, "…")
	}
}

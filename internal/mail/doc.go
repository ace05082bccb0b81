// Package mail turns messages into e-mail: it renders them in the reader's
// language as text and HTML, hands them to an SMTP server, and records what
// became of them. Deciding that a message is due is not its business: that
// happened in the transaction which stored it.
//
// Without a server every message is kept: stored, shown to the merchant, sent
// to nobody.
package mail

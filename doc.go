// Package purvey is the vocabulary of a server that sells digital goods, from
// the order to the download. It holds the nouns, their states and the rules
// that need neither storage nor network; everything else imports it, and it
// imports the standard library alone.
//
// A [Shop] owns everything. Its catalogue is shared by both modes: a [Product]
// has [Version]s, a Version has [File]s, and a File names bytes by their
// digest. Orders belong to one [Mode], live or sandbox: an [Order] has
// [Line]s, and each Line is the entitlement of one customer to one product's
// goods. What a Line allows at a given moment is a pure function of a [Right]
// and the time.
//
// Goods reach a customer as a licence key ([LicenseKey]) or as bytes. One
// copy of one file is a [Download]; an allowance counts copies, never
// requests. A [Link] hands files to people without an order.
//
// What happened is an [Event], written in the transaction that made it true.
// Events become [WebhookDelivery]s to a merchant's [Endpoint]s, and mails to
// customers are [Message]s. Work that must happen later is a [Job], enqueued
// in the same transaction.
//
// Four vendors' dialects and the native API speak of these nouns in their own
// words; docs/glossary.md is the dictionary.
package purvey

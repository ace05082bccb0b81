// Package delivery brings a line's goods to its customer as bytes.
//
// It owns one sentence: may this person have these bytes now, and what does
// it cost them? The first half is a pure function of the vocabulary
// (purvey.Right.Check); this package adds where the question comes from, the
// counting, and the bytes.
//
// A question comes with a signed text and is answered without the database
// when the text is forged: the page token of an order, the URL of a share
// link, or a grant, a short-lived permission for one file or archive. Each
// names a holder, the order line or link whose allowance is used.
//
// What is counted is copies, never requests. A copy begins, durably, before
// its first byte is sent (begin in copy.go). From then on every request for
// the same file, version and holder belongs to it, until all bytes were sent,
// or twice their number, or a week has passed. Open copies are kept in memory:
// requests in flight reserve the bytes they are about to send from the copy's
// budget, and a background flush writes what was sent to the database every
// second and reads there what other processes sent.
//
// An archive is a file that does not exist: an Item whose bytes are partly
// headers made up on the way and partly stored files, each of which is counted
// as a copy of its own. Single files are Items of one piece, so both are sent,
// resumed and counted by the same code (transfer.go).
package delivery

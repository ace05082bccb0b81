// Package stamp puts a visible line of text, such as the name of the buyer, on
// every page of a PDF, or a licence page into an EPUB, and never touches the
// original.
//
// A PDF is stamped by an incremental update: the file is copied as it is and a
// few kilobytes are appended, namely the text with its font once, the changed
// page objects, and a cross-reference section that points back to the old one.
// Hyperlinks, forms, outlines, encryption and permission bits stay what they
// were. A file that opens without a password is stamped whatever its bits say:
// the seller, not the reader, has it stamped.
//
// The reader that this needs is strict. If the cross-reference sections of a
// file are damaged, its objects are searched for instead, and the update gets
// a complete section. What is damaged otherwise is rewritten by pdfcpu first.
//
// Files come from outside and may be hostile, so a server does not call PDF or
// EPUB itself. A Runner starts its own program again with a hidden subcommand,
// WorkerMain, under a limit of memory and time; a crash there is a verdict on
// the file (ErrBroken) and nothing more.
//
// The errors ErrEncrypted, ErrBroken, ErrTooLarge and ErrGlyphs are verdicts:
// the same file and text will be refused again. Any other error is trouble
// with the machine and worth another try.
package stamp

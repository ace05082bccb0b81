// Package stamp puts a visible line of text, such as the name of the buyer, on
// every page of a PDF, or a licence page into an EPUB, and never touches the
// original.
//
// A PDF is stamped by an incremental update: the file is copied as it is and a
// few kilobytes are appended, namely the text with its font once, the changed
// page objects, and a cross-reference section that points back to the old one.
// Hyperlinks, forms, outlines, encryption and permission bits stay what they
// were. The reader that this needs is strict. A file it does not take is first
// rewritten by pdfcpu, which repairs damaged files, and stamped then.
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

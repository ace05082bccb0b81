package stamp

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/validate"
)

// rewritten lets pdfcpu repair the file in, and stamps what comes out.
func rewritten(in string, w *os.File, t *text, o Options) error {
	repaired, err := os.CreateTemp(filepath.Dir(w.Name()), ".stamp-*")
	if err != nil {
		return err
	}
	defer os.Remove(repaired.Name())
	err = rewrite(in, repaired)
	if e := repaired.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return asIs(repaired.Name(), w, t, o)
}

// rewrite reads the whole file, repairs what it can and writes it anew. It is
// not used on encrypted files: pdfcpu 0.15 has written some of them with
// contents that no longer decrypt.
func rewrite(in string, out *os.File) error { return rewritePages(in, out, nil) }

// rewritePages is rewrite; with pages, of these alone.
func rewritePages(in string, out *os.File, pages []int) (err error) {
	r, err := os.Open(in)
	if err != nil {
		return err
	}
	defer r.Close()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: panic: %v", ErrBroken, p)
		}
	}()
	// A literal, since pdfcpu's own default writes a folder into the home
	// directory, and its package api costs every start of the program 18 ms.
	conf := &model.Configuration{
		Reader15:         true,
		ValidationMode:   model.ValidationRelaxed,
		Eol:              types.EolLF,
		WriteXRefStream:  true,
		EncryptUsingAES:  true,
		EncryptKeyLength: 256,
		Permissions:      model.PermissionsPrint,
		Offline:          true,
		Limits:           model.DefaultResourceLimits(),
		Cmd:              model.ADDWATERMARKS,
	}
	ctx, err := pdfcpu.Read(r, conf)
	if errors.Is(err, pdfcpu.ErrWrongPassword) || errors.Is(err, pdfcpu.ErrOwnerPasswordRequired) {
		return fmt.Errorf("%w: %v", ErrEncrypted, err)
	}
	if err != nil {
		return fmt.Errorf("%w: %v", ErrBroken, err)
	}
	if ctx.E != nil {
		return fmt.Errorf("%w: encrypted and damaged", ErrBroken)
	}
	if err := validate.XRefTable(ctx); err != nil {
		return fmt.Errorf("%w: %v", ErrBroken, err)
	}
	if len(pages) > 0 {
		if err := ctx.EnsurePageCount(); err != nil {
			return fmt.Errorf("%w: %v", ErrBroken, err)
		}
		if ctx, err = pdfcpu.ExtractPages(ctx, pages, false); err != nil {
			return fmt.Errorf("%w: %v", ErrBroken, err)
		}
	}
	ctx.Write.Writer = bufio.NewWriter(out)
	err = pdfcpu.WriteContext(ctx)
	if e := ctx.Write.Flush(); e != nil { // the disk, not the file
		return e
	}
	if err != nil {
		return fmt.Errorf("%w: %v", ErrBroken, err)
	}
	return nil
}

package delivery

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"purvey"
	"purvey/internal/stamp"
)

// StampPreview says how a file is to be stamped for a look at it.
type StampPreview struct {
	Text     string  // may hold {email}, {name}, {order}, {date}; "" the shop's own
	Position string  // "" the shop's own
	Size     float64 // points; 0 the shop's own
}

// previewMost bounds the files of which a preview is made, in bytes.
const previewMost = 256 << 20

// PreviewStamp gives the first page of a PDF of the shop, stamped for a reader
// who does not exist. Nothing is kept of it. Errors: NotFound; Conflict for a
// file that is no PDF, cannot be stamped or is larger than 256 MiB; Invalid for
// text, position or size that cannot be drawn.
func (s *Service) PreviewStamp(ctx context.Context, shop purvey.Shop, fileID string, p StampPreview) ([]byte, error) {
	f, err := s.db.File(ctx, shop.ID, fileID)
	switch {
	case err != nil:
		return nil, err
	case !isPDF(f):
		return nil, purvey.Errorf(purvey.Conflict, "the file is no PDF, and is delivered as it is")
	case !f.Uploaded:
		return nil, purvey.Because(purvey.Conflict, purvey.ReasonNotAvailable, "the file is not uploaded yet")
	case f.Size > previewMost:
		return nil, purvey.Errorf(purvey.Conflict, "the file is too large for a preview")
	case s.stamping.runner == nil:
		return nil, &purvey.Error{Kind: purvey.Unavailable, Detail: "this server has nothing to stamp with"}
	}
	o, err := s.stamping.previewed(shop, p).Check()
	if err != nil {
		return nil, err
	}
	content, err := s.stamping.preview(ctx, f, o)
	if err != nil {
		// Its bytes may have gone with it while the page was being made.
		if _, gone := s.db.File(ctx, shop.ID, fileID); errors.Is(gone, purvey.NotFound) {
			return nil, gone
		}
	}
	if stamp.Refused(err) {
		return nil, &purvey.Error{Kind: purvey.Conflict, Reason: purvey.ReasonStampImpossible, Detail: "the file cannot be stamped: " + verdict(err), Cause: err}
	}
	return content, err
}

// previewed are the looks of a preview.
func (st *stamping) previewed(shop purvey.Shop, p StampPreview) stamp.Options {
	policies := shop.Settings.Policies
	for _, own := range []string{policies.StampText, defaultStamp} {
		if p.Text == "" {
			p.Text = own
		}
	}
	if p.Position == "" {
		p.Position = policies.StampPosition
	}
	if p.Size == 0 {
		p.Size = float64(policies.StampSize)
	}
	fields := stamp.Fields{Email: "reader@example.com", Name: "Ada Reader", Order: "#1001", Date: localDate(st.s.db.Now(), shop.Settings.Shop.Timezone)}
	return stamp.Options{Text: stamp.Plain(stamp.Expand(p.Text, fields)), Position: stamp.Position(p.Position), Size: p.Size, FontFile: st.font}
}

// preview has a child process make it.
func (st *stamping) preview(ctx context.Context, f purvey.File, o stamp.Options) ([]byte, error) {
	select {
	case st.turn <- struct{}{}:
		defer func() { <-st.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	dir, err := os.MkdirTemp("", "purvey-preview-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	in, err := st.local(ctx, f.Digest, filepath.Join(dir, "in"))
	if err != nil {
		return nil, err
	}
	out := filepath.Join(dir, "out")
	if err := st.runner.Run(ctx, stamp.Job{Kind: stamp.KindPreview, In: in, Out: out, Options: o}); err != nil {
		return nil, fmt.Errorf("preview of file %s: %w", f.ID, err)
	}
	return os.ReadFile(out)
}

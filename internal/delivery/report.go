package delivery

import (
	"context"
	"time"

	"purvey"
	"purvey/internal/store"
)

// ReportFilter narrows a report; see [store.ReportFilter].
type ReportFilter = store.ReportFilter

// Session is one row of a report: one copy of one file.
type Session struct {
	store.ReportRow
	State string // as purvey.Download.State says
}

// reportPiece is how many rows are in memory at a time.
const reportPiece = 500

// Report calls each for every copy of a mode that was begun in a period, the
// earliest first, with what was sent until this moment. It stops at the first
// error of each and gives it. However many there are, a few hundred are in
// memory at a time, and no transaction is kept open.
func (s *Service) Report(ctx context.Context, scope purvey.Scope, f ReportFilter, each func(Session) error) error {
	if err := s.Flush(ctx); err != nil {
		return err
	}
	now := s.db.Now()
	f.Before = earlier(f.Before, now.Add(time.Microsecond)) // what begins meanwhile is not in it
	for after := (purvey.Download{}); ; {
		rows, err := s.db.ReportRows(ctx, scope, f, after, reportPiece)
		if err != nil {
			return err
		}
		for i, row := range rows {
			if i == reportPiece {
				break // one more than asked for tells that more follow
			}
			if err := each(Session{row, row.Download.State(now)}); err != nil {
				return err
			}
			after = row.Download
		}
		if len(rows) <= reportPiece {
			return nil
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

package continuata

import (
	"encoding/csv"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"purvey"
	"purvey/internal/delivery"
)

// reportColumns is the first line of a report.
var reportColumns = []string{
	"sessionId", "productId", "productName", "version", "purchaseId", "customerEmail", "customerName", "status",
	"startedAt", "completedAt", "bytesDownloaded", "bytesTotal",
}

// Sessions that began outside of these days are in no report.
const firstDay, lastDay = "1970-01-01", "9999-12-31"

// reportQuery is what a report is asked for.
type reportQuery struct {
	from, to string // days in UTC, both inclusive
	filter   delivery.ReportFilter
	status   string
	limit    int // rows; 0 is no limit
}

func readReportQuery(q url.Values) (reportQuery, error) {
	out := reportQuery{from: firstDay, to: lastDay, status: q.Get("status")}
	var bad purvey.Checker
	if q.Has("from") {
		out.from = q.Get("from")
	}
	if q.Has("to") {
		out.to = q.Get("to")
	}
	from, ferr := time.Parse(time.DateOnly, out.from)
	bad.Require(ferr == nil && from.Year() >= 1, "from", "must be a day such as 2026-04-01")
	to, terr := time.Parse(time.DateOnly, out.to)
	bad.Require(terr == nil && to.Year() >= 1, "to", "must be a day such as 2026-04-30")
	bad.Require(ferr != nil || terr != nil || !from.After(to), "from", "must not be after to")
	if q.Has("limit") {
		n, err := strconv.ParseUint(q.Get("limit"), 10, 31)
		bad.Require(err == nil && n >= 1, "limit", "must be a whole number from 1 up")
		out.limit = int(n)
	}
	out.filter = delivery.ReportFilter{From: from, Before: to.AddDate(0, 0, 1), ProductSlug: q.Get("productId")}
	return out, bad.Err()
}

// empty tells that no session can match.
func (q reportQuery) empty() bool {
	states := []string{"", purvey.DownloadStarted, purvey.DownloadInProgress, purvey.DownloadCompleted, purvey.DownloadFailed}
	return !slices.Contains(states, q.status) || !sound(q.filter.ProductSlug)
}

// errEnough ends a report at its limit.
var errEnough = errors.New("enough")

// report serves CONT-03.
func (a *api) report(w http.ResponseWriter, r *request) error {
	q, err := readReportQuery(r.URL.Query())
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	begun := false
	begin := func() error {
		if begun {
			return nil
		}
		begun = true
		h := w.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="downloads-`+q.from+`-`+q.to+`.csv"`)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "private, no-store")
		return out.Write(reportColumns)
	}
	rows := 0
	each := func(s delivery.Session) error {
		if q.status != "" && q.status != s.State {
			return nil
		}
		if err := begin(); err != nil {
			return err
		}
		if err := out.Write(cellsOf(s)); err != nil {
			return err
		}
		if rows++; rows == q.limit {
			return errEnough
		}
		return nil
	}
	if !q.empty() {
		err = a.Delivery.Report(r.Context(), r.scope(), q.filter, each)
	}
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err != nil && !begun {
		return err
	}
	if err == nil {
		err = begin()
	}
	out.Flush()
	if err != nil || out.Error() != nil {
		panic(http.ErrAbortHandler) // a part must not be taken for the whole
	}
	return nil
}

// cellsOf writes a session as a line. Goods that came by a share link have no
// product; tokens without a purchase have no customer.
func cellsOf(s delivery.Session) []string {
	d := s.Download
	completed := ""
	if !d.CompletedAt.IsZero() {
		completed = wireTime(d.CompletedAt)
	}
	c := purvey.Customer{Firstname: s.Firstname, Lastname: s.Lastname}
	cells := []string{
		d.ID, s.ProductSlug, s.ProductName, s.Version, d.LineID, s.Email, c.FullName(), s.State, wireTime(d.CreatedAt), completed,
		strconv.FormatInt(d.Sent, 10), strconv.FormatInt(d.Size, 10),
	}
	for i, cell := range cells {
		cells[i] = defused(cell)
	}
	return cells
}

// defused puts an apostrophe before what a spreadsheet would run as a formula.
func defused(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

package purvey

import (
	"math"
	"sort"
	"time"
)

// What a copy came through.
const (
	ViaOrder   = "order"   // an order line's page
	ViaLink    = "link"    // a share link
	ViaMint    = "mint"    // a Continuata token without a purchase
	ViaReading = "reading" // the online viewer; recorded, never counted
)

// States of a download, in Continuata's words.
const (
	DownloadStarted    = "started"
	DownloadInProgress = "in_progress"
	DownloadCompleted  = "completed"
	DownloadFailed     = "failed"
)

// Bounds of one copy.
const (
	CopyIdle    = 7 * 24 * time.Hour // without a request, a copy is over
	CopyResume  = time.Hour          // a complete copy may be finished this long
	ReadingIdle = 30 * time.Minute   // without a request, a reading is over
)

// Download is one copy of one file: every request that serves its bytes
// belongs to it until it is over. It is what allowances and statistics count.
type Download struct {
	ID          string    `json:",omitzero"`
	ShopID      string    `json:",omitzero"`
	Mode        Mode      `json:",omitzero"`
	Via         string    `json:",omitzero"`
	OrderID     string    `json:",omitzero"`
	LineID      string    `json:",omitzero"`
	LinkID      string    `json:",omitzero"`
	MintID      string    `json:",omitzero"`
	ProductID   string    `json:",omitzero"`
	VersionID   string    `json:",omitzero"`
	FileID      string    `json:",omitzero"`
	FileName    string    `json:",omitzero"`
	FileType    string    `json:",omitzero"`
	Number      int       `json:",omitzero"` // first copy of the file for its holder is 1
	Size        int64     `json:",omitzero"` // bytes of the file
	Sent        int64     `json:",omitzero"` // bytes sent in all, repeats included
	Covered     Ranges    `json:",omitzero"`
	Redownload  bool      `json:",omitzero"` // the order had fetched this file before
	Counted     bool      `json:",omitzero"` // a first download of an order
	Billable    bool      `json:",omitzero"` // counted, of a paid order that was not imported
	IP          string    `json:",omitzero"`
	UserAgent   string    `json:",omitzero"`
	CreatedAt   time.Time `json:",omitzero"`
	LastAt      time.Time `json:",omitzero"`
	CompletedAt time.Time `json:",omitzero"` // every byte was sent; zero: not yet
}

// Budget is how many bytes the copy may still send: twice the size in all.
// Who reads turns pages back and forth as often as they like.
func (d Download) Budget() int64 {
	if d.Via == ViaReading {
		return math.MaxInt64 / 2
	}
	b := 2*d.Size - d.Sent
	if d.Size == 0 && d.Sent == 0 {
		return 1
	}
	return max(b, 0)
}

// Takes tells whether a request at the time, whose lowest wanted byte is
// from, still belongs to this copy. If not, the next request begins a new one
// or is refused.
func (d Download) Takes(now time.Time, from int64) bool {
	switch {
	case d.Via == ViaReading:
		return now.Sub(d.LastAt) < ReadingIdle
	case now.Sub(d.LastAt) >= CopyIdle:
		return false
	case d.Budget() <= 0:
		return false
	case !d.CompletedAt.IsZero():
		return from > 0 && now.Sub(d.CompletedAt) < CopyResume
	default:
		return true
	}
}

// State is the download's state in Continuata's words.
func (d Download) State(now time.Time) string {
	switch {
	case !d.CompletedAt.IsZero():
		return DownloadCompleted
	case now.Sub(d.LastAt) >= CopyIdle || d.Budget() <= 0:
		return DownloadFailed
	case d.Sent == 0:
		return DownloadStarted
	default:
		return DownloadInProgress
	}
}

// Range is a run of bytes, from inclusive, to exclusive.
type Range struct{ From, To int64 }

// Ranges is a set of bytes: runs in order, apart from each other.
type Ranges []Range

// Add gives the set with the run put in. It may reuse the receiver's memory.
func (rs Ranges) Add(from, to int64) Ranges {
	if to <= from {
		return rs
	}
	i := sort.Search(len(rs), func(i int) bool { return rs[i].To >= from })
	j := i
	for j < len(rs) && rs[j].From <= to {
		from, to = min(from, rs[j].From), max(to, rs[j].To)
		j++
	}
	if i == j {
		rs = append(rs, Range{})
		copy(rs[i+1:], rs[i:])
		rs[i] = Range{from, to}
		return rs
	}
	rs[i] = Range{from, to}
	return append(rs[:i+1], rs[j:]...)
}

// Bytes is how many bytes the set holds.
func (rs Ranges) Bytes() int64 {
	var n int64
	for _, r := range rs {
		n += r.To - r.From
	}
	return n
}

// DownloadStats are a mode's figures over a period:
// Total ≥ Counted ≥ Billable ≥ 0.
type DownloadStats struct {
	From, To  time.Time
	Total     int64
	Counted   int64
	Billable  int64
	Bandwidth int64 // bytes really sent
	TopFiles  []FileStats
}

// FileStats are one file's figures.
type FileStats struct {
	File      File
	Downloads int64
	Bandwidth int64
}

package purvey

import "time"

// Sort is the order of a list. The default is newest first.
type Sort string

// The sorts every list knows. Ties on time break by id in the same direction.
const (
	SortNewest      Sort = "-id"
	SortOldest      Sort = "id"
	SortCreated     Sort = "created_at"
	SortCreatedDown Sort = "-created_at"
)

// Page asks for one piece of a list by key, so that rows added meanwhile
// neither repeat nor hide a row.
type Page struct {
	Limit   int
	Sort    Sort
	AfterID string    // last id of the piece before; "" the beginning
	AfterAt time.Time // its creation time; only for sorts by time
}

// Descending tells whether later rows come first.
func (p Page) Descending() bool {
	return p.Sort == SortNewest || p.Sort == SortCreatedDown || p.Sort == ""
}

// ByTime tells whether the list is sorted by creation time.
func (p Page) ByTime() bool { return p.Sort == SortCreated || p.Sort == SortCreatedDown }

// Listed is one piece of a list and whether more follows.
type Listed[T any] struct {
	Items   []T
	HasMore bool
}

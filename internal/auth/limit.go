package auth

import (
	"container/list"
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"purvey"
)

// sessionBudget is that of a person: a screen of the back office makes a dozen
// requests when it opens, and somebody in a hurry opens many.
var sessionBudget = Budget{PerMinute: 1200, Burst: 600}

// Budget is how many requests a token may make in one dialect.
type Budget struct {
	PerMinute int // steady rate; also what X-RateLimit-Limit tells
	Burst     int // how many may come at once
}

// budgetOf gives each dialect's budget; a dialect without one is not limited.
func budgetOf(dialect string) (Budget, bool) {
	switch dialect {
	case "bigdd":
		return Budget{300, 60}, true
	case "continuata":
		return Budget{120, 120}, true
	case "hlconnect":
		return Budget{600, 600}, true
	case "publicala":
		return Budget{100, 100}, true
	}
	return Budget{}, false
}

// maxBudgets bounds the budgets kept in memory; the one unused for longest
// goes first, and is full when it is made again.
const maxBudgets = 20_000

// Rate is what a caller may be told of a budget. The zero Rate says that there
// is no limit.
type Rate struct {
	Limit      int       // requests a minute
	Remaining  int       // requests that would be taken at this moment
	Reset      time.Time // when the whole burst is there again
	RetryAfter int       // seconds until the next is taken; 0 unless Limited
}

// Limited tells whether a limit is in force.
func (r Rate) Limited() bool { return r.Limit > 0 }

// Limit takes one request from the caller's budget in the dialect. When there
// is none left the error is purvey.Limited, with the seconds to wait.
func (s *Service) Limit(_ context.Context, caller purvey.Caller, dialect string) (Rate, error) {
	b, ok := budgetOf(dialect)
	if !ok || !s.budgets.on {
		return Rate{}, nil
	}
	if caller.SessionID != "" {
		return s.budgets.take("session "+caller.SessionID, sessionBudget, s.db.Now())
	}
	return s.budgets.take(dialect+" "+caller.TokenID, b, s.db.Now())
}

type budgets struct {
	on  bool
	mu  sync.Mutex
	all *lru[*rate.Limiter]
}

func newBudgets(on bool) *budgets { return &budgets{on: on, all: newLRU[*rate.Limiter](maxBudgets)} }

func (b *budgets) take(key string, budget Budget, now time.Time) (Rate, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, ok := b.all.get(key)
	if !ok {
		l = rate.NewLimiter(rate.Limit(float64(budget.PerMinute)/60), budget.Burst)
		b.all.put(key, l)
	}
	taken := l.AllowN(now, 1)
	left := l.TokensAt(now)
	perSecond := float64(budget.PerMinute) / 60
	r := Rate{
		Limit: budget.PerMinute, Remaining: max(0, int(left+1e-9)),
		Reset: now.Add(seconds((float64(budget.Burst) - left) / perSecond)),
	}
	if taken {
		return r, nil
	}
	r.RetryAfter = max(1, int(math.Ceil((1-left)/perSecond)))
	return r, limited(r.RetryAfter)
}

func limited(wait int) error {
	return &purvey.Error{Kind: purvey.Limited, Detail: "too many requests", RetryAfter: wait}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Reserve counts one act, such as an upload, against at most max of its key
// within the window, which slides. Over that the error is purvey.Limited.
// cancel takes the act back, for one that was refused after all; calling it
// more than once does no more. Counts live in memory, one for each node.
func (s *Service) Reserve(key string, max int, window time.Duration) (cancel func(), err error) {
	if !s.windows.on || max <= 0 {
		return func() {}, nil
	}
	return s.windows.reserve(key, max, window, s.db.Now())
}

type windows struct {
	on  bool
	mu  sync.Mutex
	all *lru[*acts]
}

// acts are the times of what counts, oldest first.
type acts struct{ at []*time.Time }

func newWindows(on bool) *windows { return &windows{on: on, all: newLRU[*acts](maxBudgets)} }

func (w *windows) reserve(key string, limit int, window time.Duration, now time.Time) (func(), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a, ok := w.all.get(key)
	if !ok {
		a = &acts{}
		w.all.put(key, a)
	}
	for len(a.at) > 0 && now.Sub(*a.at[0]) >= window {
		a.at = a.at[1:]
	}
	if len(a.at) >= limit {
		wait := a.at[len(a.at)-limit].Add(window).Sub(now)
		return nil, limited(max(1, int(math.Ceil(wait.Seconds()))))
	}
	at := &now
	a.at = append(a.at, at)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for i, x := range a.at {
			if x == at {
				a.at = append(a.at[:i:i], a.at[i+1:]...)
				return
			}
		}
	}, nil
}

// lru is a bounded map that forgets what was unused for longest. It is not
// safe for several goroutines.
type lru[V any] struct {
	max   int
	order *list.List // most recent first; of entry[V]
	at    map[string]*list.Element
}

type entry[V any] struct {
	key   string
	value V
}

func newLRU[V any](max int) *lru[V] {
	return &lru[V]{max: max, order: list.New(), at: map[string]*list.Element{}}
}

func (l *lru[V]) get(key string) (v V, ok bool) {
	e, ok := l.at[key]
	if !ok {
		return v, false
	}
	l.order.MoveToFront(e)
	return e.Value.(entry[V]).value, true
}

func (l *lru[V]) put(key string, v V) {
	if e, ok := l.at[key]; ok {
		e.Value = entry[V]{key, v}
		l.order.MoveToFront(e)
		return
	}
	l.at[key] = l.order.PushFront(entry[V]{key, v})
	if l.order.Len() > l.max {
		last := l.order.Back()
		delete(l.at, last.Value.(entry[V]).key)
		l.order.Remove(last)
	}
}

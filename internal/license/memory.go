package license

import (
	"strings"
	"sync"

	"purvey"
	"purvey/internal/store"
)

// memory keeps the verdicts of keys asked for lately: programs ask for the
// same key at every start, and in bursts. A verdict is good while no licence
// key has been written to, by whomever. Only keys that exist are kept, so that
// guessing at keys drives out none.
//
// It has two halves. When the young one is full it becomes the old one, whose
// verdicts are forgotten unless they were asked for again.
type memory struct {
	mu         sync.Mutex
	young, old map[question]verdict
}

type question struct {
	shop string
	mode purvey.Mode
	text string
}

type verdict struct {
	purvey.KeyVerdict
	at store.Moment
}

// Bounds of the memory: the keys of a half, and the bytes of a key. Together
// some 15 MB at most.
const (
	maxRemembered      = 32_000
	maxRememberedBytes = 64
)

func newMemory() *memory { return &memory{young: map[question]verdict{}} }

func (m *memory) get(q question, now store.Moment) (purvey.KeyVerdict, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.young[q]
	if !ok {
		if v, ok = m.old[q]; ok && v.at.SameKeys(now) {
			m.keep(q, v)
		}
	}
	return v.KeyVerdict, ok && v.at.SameKeys(now)
}

func (m *memory) put(q question, v purvey.KeyVerdict, at store.Moment) {
	if len(q.text) > maxRememberedBytes {
		return
	}
	q.text = strings.Clone(q.text) // it may be a part of a whole request
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(q, verdict{v, at})
}

func (m *memory) keep(q question, v verdict) {
	if len(m.young) >= maxRemembered {
		m.young, m.old = make(map[question]verdict, maxRemembered), m.young
	}
	m.young[q] = v
}

package store

import (
	"iter"
	"strconv"
	"strings"

	"purvey"
)

// where builds the conditions of a list query. Each ? of a condition becomes
// the next numbered placeholder.
type where struct {
	text strings.Builder
	args []any
}

func newWhere(first string, args ...any) *where {
	w := &where{args: args}
	w.text.WriteString(first)
	return w
}

func (w *where) and(condition string, args ...any) {
	w.text.WriteString(" AND ")
	for _, piece := range strings.SplitAfter(condition, "?") {
		if rest, ok := strings.CutSuffix(piece, "?"); ok {
			w.args = append(w.args, args[0])
			args = args[1:]
			w.text.WriteString(rest + "$" + strconv.Itoa(len(w.args)))
			continue
		}
		w.text.WriteString(piece)
	}
}

// in narrows a column to any of the values; none narrows nothing.
func (w *where) in(column string, values []string) {
	if len(values) == 0 {
		return
	}
	set, args := inList(len(w.args)+1, values)
	w.text.WriteString(" AND " + column + " IN " + set)
	w.args = append(w.args, args...)
}

// exists narrows to rows for which the sub-select, whose last column is
// compared with the values, finds something.
func (w *where) exists(sub string, values []string) {
	if len(values) == 0 {
		return
	}
	set, args := inList(len(w.args)+1, values)
	w.text.WriteString(" AND EXISTS (" + sub + " IN " + set + ")")
	w.args = append(w.args, args...)
}

// list ends the statement as one piece of a keyset list: one row more than
// asked, so that HasMore is known.
func (w *where) list(sel, table string, p purvey.Page) (string, []any) {
	id, created := table+".id", table+".created_at"
	op, dir := ">", ""
	if p.Descending() {
		op, dir = "<", " DESC"
	}
	order := id + dir
	if p.ByTime() {
		order = created + dir + ", " + id + dir
	}
	switch {
	case p.AfterID == "":
	case p.ByTime():
		w.and("("+created+", "+id+") "+op+" (?, ?)", micros(p.AfterAt), p.AfterID)
	default:
		w.and(id+" "+op+" ?", p.AfterID)
	}
	w.args = append(w.args, p.Limit+1)
	return sel + " WHERE " + w.text.String() + " ORDER BY " + order + " LIMIT $" + strconv.Itoa(len(w.args)), w.args
}

// listed cuts the extra row off.
func listed[T any](items []T, p purvey.Page) purvey.Listed[T] {
	if len(items) > p.Limit {
		return purvey.Listed[T]{Items: items[:p.Limit], HasMore: true}
	}
	return purvey.Listed[T]{Items: items}
}

// inList writes ($n, $n+1, …) and the arguments for it. The last value is
// repeated up to a power of two, so that few different texts are prepared.
func inList(first int, values []string) (string, []any) {
	var b strings.Builder
	n := 1
	for n < len(values) {
		n *= 2
	}
	args := make([]any, n)
	b.WriteByte('(')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("$" + strconv.Itoa(first+i))
		args[i] = values[min(i, len(values)-1)]
	}
	b.WriteByte(')')
	return b.String(), args
}

// chunks cuts a list of ids so that no statement has too many placeholders.
func chunks(ids []string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for len(ids) > 0 {
			n := min(len(ids), 500)
			if !yield(ids[:n]) {
				return
			}
			ids = ids[n:]
		}
	}
}

// likePattern finds a text anywhere in a folded column.
func likePattern(s string) string { return "%" + escapeLike(purvey.Fold(s)) + "%" }

// asciiPattern finds a text anywhere in a column that SQL lowers.
func asciiPattern(s string) string {
	lowered := []byte(s)
	for i, c := range lowered {
		if c >= 'A' && c <= 'Z' {
			lowered[i] = c + 'a' - 'A'
		}
	}
	return "%" + escapeLike(string(lowered)) + "%"
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// prefixed scans leading columns before those of a noun's own scan function.
type prefixed struct {
	s    scanner
	lead any
}

// Scan implements scanner.
func (p prefixed) Scan(dest ...any) error { return p.s.Scan(append([]any{p.lead}, dest...)...) }

package buyer

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"

	"purvey"
	"purvey/internal/delivery"
	"purvey/internal/middleware"
)

// bytesPolicy is the content policy of goods: should a browser show them in
// spite of everything, they may do nothing.
const bytesPolicy = "default-src 'none'; sandbox"

// sendItem answers a GET or HEAD with the bytes of an Item: whole, in part, or
// not at all, as the request's conditions say. Only an answer that holds bytes
// begins a copy. An error it gives was not answered yet.
func (h *handlers) sendItem(w http.ResponseWriter, r *http.Request, it *delivery.Item) error {
	p := evaluate(r, it.ETag, it.Modified, it.Size)
	switch p.status {
	case http.StatusNotModified, http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable:
		describe(w.Header(), it)
		w.Header().Del("Content-Type")
		w.Header().Del("Content-Disposition")
		if p.status == http.StatusRequestedRangeNotSatisfiable {
			w.Header().Set("Content-Range", "bytes */"+strconv.FormatInt(it.Size, 10))
		}
		w.WriteHeader(p.status)
		return nil
	}
	if r.Method == http.MethodHead {
		if err := h.Delivery.Check(r.Context(), it); err != nil {
			return err
		}
		describe(w.Header(), it)
		w.Header().Set("Content-Length", strconv.FormatInt(it.Size, 10))
		w.WriteHeader(http.StatusOK)
		return nil
	}
	body, err := h.Delivery.Begin(r.Context(), it, p.lowest(), client(r))
	if err != nil {
		return err
	}
	describe(w.Header(), it)
	connection := middleware.Connection(r.Context())
	connection.Pace(p.length() <= paceMost)
	err = send(w, r, it, p, body)
	lost := int64(0)
	if err != nil || r.Context().Err() != nil {
		lost = connection.Unsent()
	}
	body.Close(lost)
	if err != nil {
		h.logCut(r, it, err)
		// The length was promised; only a cut connection tells that it was not kept.
		panic(http.ErrAbortHandler)
	}
	return nil
}

// paceMost is the longest answer that is paced. In a longer one a client that
// leaves early is noticed anyway, and pacing costs processor time.
const paceMost = 8 << 20

// describe sets the headers that every answer about an Item has.
func describe(h http.Header, it *delivery.Item) {
	h.Set("Content-Type", delivery.ContentType(it.Type))
	h.Set("Content-Disposition", delivery.Disposition(it.Name))
	h.Set("Content-Security-Policy", bytesPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cache-Control", "private, no-cache, no-transform")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Accept-Ranges", "bytes")
	h.Set("ETag", it.ETag)
	if !it.Modified.IsZero() {
		h.Set("Last-Modified", it.Modified.UTC().Format(http.TimeFormat))
	}
}

// send writes what the plan says.
func send(w http.ResponseWriter, r *http.Request, it *delivery.Item, p plan, body *delivery.Body) error {
	ctx := r.Context()
	if len(p.spans) > 1 {
		return sendParts(w, r, it, p, body)
	}
	s := p.spans[0]
	if p.status == http.StatusPartialContent {
		w.Header().Set("Content-Range", s.contentRange(it.Size))
	}
	w.Header().Set("Content-Length", strconv.FormatInt(s.to-s.from, 10))
	w.WriteHeader(p.status)
	return body.Send(ctx, w, s.from, s.to)
}

// sendParts answers several ranges as multipart/byteranges.
func sendParts(w http.ResponseWriter, r *http.Request, it *delivery.Item, p plan, body *delivery.Body) error {
	boundary := rand.Text()
	heads := make([]string, len(p.spans))
	end := "\r\n--" + boundary + "--\r\n"
	length := int64(len(end))
	for i, s := range p.spans {
		lead := "\r\n"
		if i == 0 {
			lead = ""
		}
		heads[i] = lead + "--" + boundary + "\r\nContent-Range: " + s.contentRange(it.Size) + "\r\nContent-Type: " + textproto.TrimString(delivery.ContentType(it.Type)) + "\r\n\r\n"
		length += int64(len(heads[i])) + s.to - s.from
	}
	w.Header().Set("Content-Type", "multipart/byteranges; boundary="+boundary)
	w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	w.WriteHeader(http.StatusPartialContent)
	for i, s := range p.spans {
		if _, err := io.WriteString(w, heads[i]); err != nil {
			return err
		}
		if err := body.Send(r.Context(), w, s.from, s.to); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, end)
	return err
}

// logCut notes why an answer ended early, unless the client just went away.
func (h *handlers) logCut(r *http.Request, it *delivery.Item, err error) {
	if r.Context().Err() != nil {
		return
	}
	var known *purvey.Error
	switch {
	case errors.Is(err, delivery.ErrBudget):
		h.Log.InfoContext(r.Context(), "a transfer was ended: its copy has been sent twice over", "file", it.Name)
	case errors.As(err, &known):
		h.Log.ErrorContext(r.Context(), "a transfer was cut", "file", it.Name, "error", fmt.Sprint(err))
	default:
		h.Log.DebugContext(r.Context(), "a transfer was cut", "file", it.Name, "error", fmt.Sprint(err))
	}
}

// client says who asks.
func client(r *http.Request) delivery.Client {
	c := delivery.Client{UserAgent: r.UserAgent()}
	if a := middleware.ClientAddr(r.Context()); a.IsValid() {
		c.IP = a.String()
	}
	return c
}

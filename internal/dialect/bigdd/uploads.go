package bigdd

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"purvey"
	"purvey/internal/catalog"
)

// The tus protocol 1.0.0 for resumable uploads of any size, with the
// extensions below. An upload that is whole becomes a File, whose id stands in
// the header Purvey-File-Id of the answer that made it and of all later ones.
const (
	tusVersion    = "1.0.0"
	tusExtensions = "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination"
	tusChecksums  = "sha1,sha256,md5"
	tusBody       = "application/offset+octet-stream"
	uploadsPath   = "/public-api/v1/uploads"

	// statusChecksum is the protocol's own: the chunk is not what was meant.
	statusChecksum = 460
	// uploadIdle is how long the next bytes of a body may take. Then what came
	// is kept and the upload is free for another request.
	uploadIdle = 60 * time.Second
	// maxMetadata bounds the header Upload-Metadata, in bytes.
	maxMetadata = 8 << 10
)

func (a *api) routesUploads() {
	a.tus("OPTIONS "+uploadsPath, a.tusOptions)
	a.tus("POST "+uploadsPath, a.tusCreate)
	a.tus("OPTIONS "+uploadsPath+"/{id}", a.tusOptions)
	a.tus("HEAD "+uploadsPath+"/{id}", a.tusHead)
	a.tus("PATCH "+uploadsPath+"/{id}", a.tusPatch)
	a.tus("DELETE "+uploadsPath+"/{id}", a.tusDelete)
	a.tus("POST "+uploadsPath+"/{id}", a.tusOverridden)
}

// tus adds a call of the protocol.
func (a *api) tus(pattern string, h handler) {
	a.raw(pattern, anyRole, func(w http.ResponseWriter, r *request) error {
		w.Header().Set("Tus-Resumable", tusVersion)
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodOptions && r.Header.Get("Tus-Resumable") != tusVersion {
			w.Header().Set("Tus-Version", tusVersion)
			writeError(w, http.StatusPreconditionFailed, "validation_error", "the header Tus-Resumable must be "+tusVersion, nil)
			return nil
		}
		err := h(w, r)
		switch {
		case errors.Is(err, catalog.ErrChecksum):
			writeError(w, statusChecksum, "validation_error", "the bytes do not have the checksum; nothing of them was kept", nil)
			return nil
		case errors.Is(err, purvey.Gone):
			writeError(w, http.StatusGone, "not_found", "the upload has ended: begin a new one", nil)
			return nil
		}
		return err
	})
}

// tusOverridden is for clients that can send no other method than POST.
func (a *api) tusOverridden(w http.ResponseWriter, r *request) error {
	switch r.Header.Get("X-HTTP-Method-Override") {
	case http.MethodPatch:
		return a.tusPatch(w, r)
	case http.MethodHead:
		return a.tusHead(w, r)
	case http.MethodDelete:
		return a.tusDelete(w, r)
	}
	w.Header().Set("Allow", "OPTIONS, HEAD, PATCH, DELETE")
	writeError(w, http.StatusMethodNotAllowed, "method_not_allowed", "an upload takes OPTIONS, HEAD, PATCH, DELETE", nil)
	return nil
}

func (a *api) tusOptions(w http.ResponseWriter, _ *request) error {
	h := w.Header()
	h.Set("Tus-Version", tusVersion)
	h.Set("Tus-Extension", tusExtensions)
	h.Set("Tus-Checksum-Algorithm", tusChecksums)
	if n := a.Catalog.UploadMax(); n > 0 {
		h.Set("Tus-Max-Size", strconv.FormatInt(n, 10))
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) tusCreate(w http.ResponseWriter, r *request) error {
	n, err := newUpload(r.Header)
	if err != nil {
		return err
	}
	withBody := r.Header.Get("Content-Type") == tusBody
	var c catalog.Chunk
	if withBody {
		if c, err = chunkOf(w, r); err != nil {
			return err
		}
		if n.Length != catalog.Unknown && c.Size > n.Length {
			return purvey.Errorf(purvey.TooLarge, "there are more bytes than the upload's length")
		}
	}
	u, err := a.Catalog.CreateUpload(r.Context(), r.Caller.ShopID, n)
	if err != nil {
		return err
	}
	if withBody && !u.Done() {
		id := u.ID
		if u, err = a.Catalog.AppendUpload(r.Context(), r.Caller.ShopID, id, c); err != nil {
			// The client knows no address at which it could go on. What a failure
			// leaves here is swept when the upload's time is over.
			_ = a.Catalog.TerminateUpload(context.WithoutCancel(r.Context()), r.Caller.ShopID, id)
			return err
		}
	}
	// A path alone stays right behind every proxy.
	w.Header().Set("Location", uploadsPath+"/"+u.ID)
	tusState(w.Header(), u)
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (a *api) tusHead(w http.ResponseWriter, r *request) error {
	u, err := a.Catalog.Upload(r.Context(), r.Caller.ShopID, r.PathValue("id"))
	if err != nil {
		return err
	}
	h := w.Header()
	if u.Length == catalog.Unknown {
		h.Set("Upload-Defer-Length", "1")
	} else {
		h.Set("Upload-Length", strconv.FormatInt(u.Length, 10))
	}
	if u.Metadata != "" {
		h.Set("Upload-Metadata", u.Metadata)
	}
	tusState(h, u)
	w.WriteHeader(http.StatusOK)
	return nil
}

func (a *api) tusPatch(w http.ResponseWriter, r *request) error {
	if r.Header.Get("Content-Type") != tusBody {
		return purvey.Errorf(purvey.Unsupported, "the Content-Type must be %s", tusBody)
	}
	c, err := chunkOf(w, r)
	if err != nil {
		return err
	}
	var ok bool
	if c.Offset, ok = size(r.Header.Get("Upload-Offset")); !ok {
		return purvey.BadField("Upload-Offset", "must be a number of bytes")
	}
	if text := r.Header.Get("Upload-Length"); text != "" {
		if c.Length, ok = size(text); !ok {
			return purvey.BadField("Upload-Length", "must be a number of bytes")
		}
	}
	u, err := a.Catalog.AppendUpload(r.Context(), r.Caller.ShopID, r.PathValue("id"), c)
	if err != nil {
		return err
	}
	tusState(w.Header(), u)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) tusDelete(w http.ResponseWriter, r *request) error {
	if err := a.Catalog.TerminateUpload(r.Context(), r.Caller.ShopID, r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// tusState tells how far an upload is.
func tusState(h http.Header, u catalog.Upload) {
	h.Set("Upload-Offset", strconv.FormatInt(u.Offset, 10))
	if u.Done() {
		h.Set("Purvey-File-Id", u.FileID)
		return
	}
	h.Set("Upload-Expires", u.ExpiresAt.UTC().Format(http.TimeFormat))
}

// newUpload reads the headers that describe an upload.
func newUpload(h http.Header) (catalog.NewUpload, error) {
	n := catalog.NewUpload{Length: catalog.Unknown, Metadata: h.Get("Upload-Metadata")}
	length, deferred := h.Get("Upload-Length"), h.Get("Upload-Defer-Length")
	switch {
	case length != "" && deferred != "":
		return n, purvey.BadField("Upload-Length", "must not stand beside Upload-Defer-Length")
	case deferred != "" && deferred != "1":
		return n, purvey.BadField("Upload-Defer-Length", "must be 1")
	case length == "" && deferred == "":
		return n, purvey.BadField("Upload-Length", "is required: a number of bytes")
	case length != "":
		var ok bool
		if n.Length, ok = size(length); !ok {
			return n, purvey.BadField("Upload-Length", "must be a number of bytes")
		}
	}
	metadata, ok := readMetadata(n.Metadata)
	if !ok {
		return n, purvey.BadField("Upload-Metadata", "must be keys and base64 values, at most %d bytes", maxMetadata)
	}
	n.Name = first(metadata["filename"], metadata["name"])
	n.Type = first(metadata["filetype"], metadata["type"])
	return n, nil
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// readMetadata reads the pairs of a key and a value in base64, of which the
// value may be left out.
func readMetadata(text string) (map[string]string, bool) {
	out := map[string]string{}
	if text == "" {
		return out, true
	}
	if len(text) > maxMetadata {
		return nil, false
	}
	for pair := range strings.SplitSeq(text, ",") {
		key, encoded, _ := strings.Cut(strings.TrimSpace(pair), " ")
		value, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if _, twice := out[key]; key == "" || twice || err != nil {
			return nil, false
		}
		out[key] = string(value)
	}
	return out, true
}

// chunkOf reads what a request with a body says of it.
func chunkOf(w http.ResponseWriter, r *request) (catalog.Chunk, error) {
	c := catalog.Chunk{Length: catalog.Unknown, Size: r.ContentLength}
	c.Body = &patient{body: r.Request.Body, deadline: http.NewResponseController(w).SetReadDeadline}
	text := r.Header.Get("Upload-Checksum")
	if text == "" {
		return c, nil
	}
	algorithm, encoded, _ := strings.Cut(text, " ")
	want, err := base64.StdEncoding.DecodeString(encoded)
	c.Sum, c.Want = checksum(algorithm), want
	if c.Sum == nil {
		return c, purvey.BadField("Upload-Checksum", "must be of %s", strings.ReplaceAll(tusChecksums, ",", ", "))
	}
	if err != nil || len(want) != c.Sum.Size() {
		return c, purvey.BadField("Upload-Checksum", "must be the name of an algorithm and its value in base64")
	}
	return c, nil
}

// checksum gives the algorithm that a client has named, or nil. They guard
// against accidents, not attacks, so the weak ones are fit.
func checksum(name string) hash.Hash {
	switch name {
	case "sha1":
		return sha1.New()
	case "sha256":
		return sha256.New()
	case "md5":
		return md5.New()
	}
	return nil
}

// patient reads a body and gives up when it stands still for uploadIdle.
type patient struct {
	body     io.Reader
	deadline func(time.Time) error
	set      time.Time
}

func (p *patient) Read(b []byte) (int, error) {
	// A server that can't set deadlines, as in tests, has none.
	if now := time.Now(); now.Sub(p.set) > uploadIdle/10 {
		p.set = now
		_ = p.deadline(now.Add(uploadIdle))
	}
	n, err := p.body.Read(b)
	if err != nil {
		_ = p.deadline(time.Time{})
	}
	if err != nil && err != io.EOF {
		err = &purvey.Error{Kind: purvey.Invalid, Detail: "the body ended early; what came is kept, unless it has a checksum", Cause: err}
	}
	return n, err
}

// size reads a number of bytes.
func size(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0 && text[0] != '+' && text[0] != '-'
}
